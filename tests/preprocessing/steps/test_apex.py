import cv2
import numpy as np
import pytest

from preprocessing.steps.apex import spot


def face(height: int = 120, width: int = 96) -> np.ndarray:
    """A smooth gray image with structure of a few pixels."""
    noise = np.random.default_rng(0).standard_normal((height, width))
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    return 128 + 60 * smooth / np.abs(smooth).max()


def moving(amplitudes: np.ndarray, centre: tuple[float, float] = (0.3, 0.3)) -> np.ndarray:
    """Frames in which one region of the face moves down by so many pixels."""
    image = face()
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    reach = np.exp(-((x / image.shape[1] - centre[0]) ** 2 + (y / image.shape[0] - centre[1]) ** 2) / (2 * 0.12**2))
    warped = [cv2.remap(image, x, (y - a * reach).astype(np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT) for a in amplitudes]
    return np.rint(warped).astype(np.uint8)


def bell(num_frames: int, apex: int, width: float = 5.0) -> np.ndarray:
    return np.exp(-0.5 * ((np.arange(num_frames) - apex) / width) ** 2) - np.exp(-0.5 * (apex / width) ** 2)


@pytest.mark.parametrize("size", [(10, 8), None])
@pytest.mark.parametrize("apex", [14, 22, 30])
def test_the_apex_of_a_bell_is_found(apex: int, size: tuple[int, int] | None) -> None:
    frames = moving(4 * bell(50, apex))
    assert abs(spot(frames, size=size) - apex) <= 1
    assert spot(np.repeat(frames[..., None], 3, axis=3), size=size) == spot(frames, size=size)


def test_motion_outside_the_window_does_not_count() -> None:
    frames = moving(3 * bell(50, 20))
    frames[45:] = 255 - frames[45:]  # far more than the motion
    assert abs(spot(frames) - 20) <= 1
    assert spot(frames, window=(0, 1)) >= 45


@pytest.mark.parametrize(("num_frames", "first", "last"), [(10, 1, 6), (50, 9, 34), (33, 5, 23), (3, 0, 2), (1, 0, 0)])
def test_the_window_is_the_released_codes(num_frames: int, first: int, last: int) -> None:
    """floor(.2 K) to ceil(.7 K) counted from 1: every frame but one is the first again, and only a frame inside is found."""
    found = []
    for t in range(1, num_frames):
        frames = np.repeat(face()[None], num_frames, axis=0).astype(np.uint8)
        frames[t, :30] = 0
        found += [t] if spot(frames) == t and t != num_frames // 2 else []
    expected = [t for t in range(max(first, 1), last + 1) if t != num_frames // 2]
    assert found == expected


@pytest.mark.parametrize("num_frames", [1, 2, 7, 50])
def test_without_motion_the_apex_is_the_middle(num_frames: int) -> None:
    assert spot(np.repeat(face()[None], num_frames, axis=0).astype(np.uint8)) == num_frames // 2


def test_bad_frames_and_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="but got float64"):
        spot(np.zeros((3, 20, 20)))
    with pytest.raises(ValueError, match=r"but got uint8 \(0, 20, 20\)"):
        spot(np.zeros((0, 20, 20), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"but got \(0.7, 0.2\)"):
        spot(np.zeros((3, 20, 20), dtype=np.uint8), window=(0.7, 0.2))
