import numpy as np
import pytest

from preprocessing.steps.interpolation import linear, tim


def clip(num_frames: int, shape: tuple[int, ...] = (6, 5, 3)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (num_frames, *shape), dtype=np.uint8)


def published_tim(frames: np.ndarray, num_frames: int) -> np.ndarray:
    """TIM step by step: mean, singular vectors, eigenvectors of the path graph, the transform between them, and its inverse."""
    n = len(frames)
    x = frames.reshape(n, -1).T.astype(np.float64)  # pixels x frames
    mean = x.mean(axis=1, keepdims=True)
    u, s, vt = np.linalg.svd(x - mean, full_matrices=False)
    u, q = u[:, : n - 1], np.diag(s[: n - 1]) @ vt[: n - 1]
    adjacency = np.eye(n, k=1) + np.eye(n, k=-1)
    _, vectors = np.linalg.eigh(np.diag(adjacency.sum(axis=0)) - adjacency)
    w = np.linalg.solve(q @ q.T, q @ vectors[:, 1:])
    k = np.arange(1, n)
    phase = np.pi * (n - k) / (2 * n)
    scale = (q[:, 0] @ w) / np.sin(np.pi * k / n + phase)  # the curve's unknown amplitude and sign, from frame 1
    times = np.linspace(1 / n, 1, num_frames)
    curve = scale[:, None] * np.sin(np.pi * k[:, None] * times + phase[:, None])
    return (u @ np.linalg.solve(w.T, curve) + mean).T.reshape(num_frames, *frames.shape[1:])


@pytest.mark.parametrize(("num_given", "num_wanted"), [(2, 20), (7, 20), (20, 20), (33, 20), (141, 30), (9, 1)])
def test_linear_interpolates_each_pixel(num_given: int, num_wanted: int) -> None:
    frames = clip(num_given)
    pixels = frames.reshape(num_given, -1)
    positions = np.linspace(0, num_given - 1, num_wanted)
    expected = np.stack([np.interp(positions, np.arange(num_given), pixel) for pixel in pixels.T], axis=1)
    out = linear(frames, num_wanted)
    assert out.dtype == np.float32 and out.shape == (num_wanted, *frames.shape[1:])
    np.testing.assert_allclose(out.reshape(num_wanted, -1), expected, atol=2e-5)


@pytest.mark.parametrize(("num_given", "num_wanted"), [(2, 7), (9, 20), (20, 10), (36, 30), (12, 1)])
def test_tim_is_the_published_chain(num_given: int, num_wanted: int) -> None:
    frames = clip(num_given, (12, 10))
    np.testing.assert_allclose(tim(frames, num_wanted), published_tim(frames, num_wanted), atol=1e-3)


@pytest.mark.parametrize("num_frames", [2, 9, 40])
def test_tim_at_the_given_positions_gives_the_frames(num_frames: int) -> None:
    frames = clip(num_frames).astype(np.float32) / 255
    np.testing.assert_allclose(tim(frames, num_frames), frames, atol=1e-6)
    assert np.array_equal(tim(clip(num_frames), num_frames, rounded=True), clip(num_frames))


@pytest.mark.parametrize("interpolate", [linear, tim])
@pytest.mark.parametrize("num_given", [1, 2, 12])
def test_a_constant_clip_stays(interpolate: object, num_given: int) -> None:
    frames = np.repeat(clip(1), num_given, axis=0)
    assert callable(interpolate)
    np.testing.assert_allclose(interpolate(frames, 20), np.repeat(clip(1), 20, axis=0), atol=1e-4)


@pytest.mark.parametrize("interpolate", [linear, tim])
def test_first_and_last_frame_are_kept(interpolate: object) -> None:
    assert callable(interpolate)
    out = interpolate(clip(11), 20)
    np.testing.assert_allclose(out[[0, -1]], clip(11)[[0, -1]], atol=1e-4)


def test_tim_does_not_depend_on_how_pixels_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tim(clip(9), 20)
    monkeypatch.setattr("preprocessing.steps.interpolation._BLOCK", 7)
    np.testing.assert_allclose(tim(clip(9), 20), whole, atol=1e-5)


def test_rounded_is_the_nearest_grey_level() -> None:
    frames = np.array([[10], [20], [255]], dtype=np.uint8)
    assert linear(frames, 5, rounded=True).tolist() == [[10], [15], [20], [138], [255]]  # 137.5 to the even neighbour
    assert linear(frames, 5, rounded=True).dtype == np.uint8
    overshoot = tim(np.array([[0], [255], [255], [0]], dtype=np.uint8), 7)
    assert overshoot.max() > 255 and tim(np.array([[0], [255], [255], [0]], dtype=np.uint8), 7, rounded=True).max() == 255


@pytest.mark.parametrize("interpolate", [linear, tim])
def test_nothing_to_interpolate_is_refused(interpolate: object) -> None:
    assert callable(interpolate)
    with pytest.raises(ValueError, match="but got 0 and 20"):
        interpolate(clip(0), 20)
    with pytest.raises(ValueError, match="but got 5 and 0"):
        interpolate(clip(5), 0)
    with pytest.raises(ValueError, match="but got float64"):
        interpolate(np.zeros((5, 3)), 4, rounded=True)
