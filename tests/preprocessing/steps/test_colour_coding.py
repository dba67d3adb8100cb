import colorsys

import cv2
import numpy as np
import pytest

from preprocessing.steps.colour_coding import MagNorm, encode


def flow_of(num_frames: int = 3, shape: tuple[int, int] = (16, 12)) -> np.ndarray:
    flow = np.random.default_rng(0).normal(size=(num_frames, 2, *shape)).astype(np.float32)
    return flow * np.arange(1, num_frames + 1, dtype=np.float32)[:, None, None, None]


def test_hsv_is_the_published_chain() -> None:
    """As OpenCV's optical flow tutorial has it, frame by frame; float into uint8 truncates."""
    flow = flow_of()
    for (u, v), image in zip(flow, encode(flow), strict=True):
        magnitude, angle = cv2.cartToPolar(u, v)
        hsv = np.zeros((*u.shape, 3), dtype=np.uint8)
        hsv[..., 0] = angle * 180 / np.pi / 2
        hsv[..., 1] = 255
        hsv[..., 2] = cv2.normalize(magnitude, None, 0, 255, cv2.NORM_MINMAX)
        assert image.dtype == np.uint8 and np.array_equal(image, cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).transpose(2, 0, 1))


@pytest.mark.parametrize("mag_norm", ["frame_minmax", "clip_minmax"])
def test_hsv_is_the_definition(mag_norm: MagNorm) -> None:
    """Independent of OpenCV, within its hue steps of 2 degrees and grey levels."""
    flow = flow_of()
    magnitude = np.hypot(flow[:, 0], flow[:, 1])
    axes = (1, 2) if mag_norm == "frame_minmax" else None
    low, high = magnitude.min(axis=axes, keepdims=True), magnitude.max(axis=axes, keepdims=True)
    value = (magnitude - low) / (high - low)
    hue = np.arctan2(flow[:, 1], flow[:, 0]) % (2 * np.pi) / (2 * np.pi)
    expected = np.moveaxis(np.vectorize(colorsys.hsv_to_rgb)(hue, 1.0, value), 0, 1)
    assert np.abs(encode(flow, mag_norm=mag_norm) / 255 - expected).max() < 0.045  # 2.3 of 60 degrees, one grey level


@pytest.mark.parametrize(("uv", "rgb"), [((1, 0), (255, 0, 0)), ((-0.5, 0.8660254), (0, 255, 0)), ((-0.5, -0.8660254), (0, 0, 255))])
@pytest.mark.parametrize("color", ["hsv", "hsi"])
def test_directions_have_their_colours(uv: tuple[float, float], rgb: tuple[int, int, int], color: str) -> None:
    flow = np.zeros((1, 2, 4, 4), dtype=np.float32)
    flow[0, :, 1, 2] = uv
    image = encode(flow, color=color)[0]  # type: ignore[arg-type]
    assert np.abs(image[:, 1, 2].astype(int) - rgb).max() <= 9 and image.sum(axis=0).max() == image[:, 1, 2].sum()
    assert not np.delete(image.reshape(3, -1), 6, axis=1).any()


def test_the_clips_own_span_keeps_frames_comparable() -> None:
    flow = np.zeros((2, 2, 4, 4), dtype=np.float32)
    flow[0, 0, 0, 0], flow[1, 0, 0, 0] = 1, 2
    assert encode(flow)[:, 0, 0, 0].tolist() == [255, 255]
    assert encode(flow, mag_norm="clip_minmax")[:, 0, 0, 0].tolist() == [127, 255]
    assert encode(flow, mag_norm="none")[:, 0, 0, 0].tolist() == [1, 2]
    assert encode(1000 * flow, mag_norm="none")[:, 0, 0, 0].tolist() == [255, 255]


def test_intensity_is_the_mean_of_the_channels() -> None:
    flow = 20 * flow_of(1)
    flow *= 60 / np.hypot(flow[0, 0], flow[0, 1]).max()  # up to 60: no primary beyond 255
    image = encode(flow, mag_norm="none", color="hsi")[0].astype(np.float64)
    np.testing.assert_allclose(image.mean(axis=0), np.hypot(flow[0, 0], flow[0, 1]), atol=0.5)
    assert not image.min(axis=0).any()  # full saturation
    alpha, beta = image[0] - (image[1] + image[2]) / 2, np.sqrt(3) / 2 * (image[1] - image[2])
    strong = image.sum(axis=0) > 60
    circular = (np.arctan2(beta, alpha) - np.arctan2(flow[0, 1], flow[0, 0]) + np.pi) % (2 * np.pi) - np.pi
    assert strong.sum() > 20 and np.abs(circular[strong]).max() < 0.12  # the hexagon's hue leaves the circle's by at most 1.1 degrees


@pytest.mark.parametrize("mag_norm", ["frame_minmax", "clip_minmax", "none"])
@pytest.mark.parametrize("color", ["hsv", "hsi"])
def test_no_flow_is_black(mag_norm: MagNorm, color: str) -> None:
    image = encode(np.zeros((2, 2, 5, 6), dtype=np.float32), mag_norm=mag_norm, color=color)  # type: ignore[arg-type]
    assert image.shape == (2, 3, 5, 6) and not image.any()


def test_bad_flow_and_options_are_refused() -> None:
    for bad in (np.zeros((2, 5, 6)), np.zeros((1, 3, 5, 6)), np.full((1, 2, 5, 6), np.nan)):
        with pytest.raises(ValueError, match=r"finite and \(T, 2, H, W\), but got"):
            encode(bad)
    with pytest.raises(ValueError, match="but got 'hsl'"):
        encode(flow_of(), color="hsl")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="but got 'minmax'"):
        encode(flow_of(), mag_norm="minmax")  # type: ignore[arg-type]
