import cv2
import numpy as np

from preprocessing.steps.thumbnails import gray_thumbnails


def test_a_thumbnail_is_the_mean_of_its_area() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 30, 24), dtype=np.uint8)
    means = frames.reshape(2, 10, 3, 8, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(gray_thumbnails(frames, (10, 8)), means, atol=1e-4)
    assert np.array_equal(gray_thumbnails(frames, None), frames)


def test_colour_is_red_green_blue() -> None:
    frames = np.zeros((1, 20, 20, 3), dtype=np.uint8)
    frames[..., 0] = 255
    assert np.all(gray_thumbnails(frames, (4, 4)) == 76)  # .299 * 255
    assert np.array_equal(gray_thumbnails(frames, None)[0], cv2.cvtColor(frames[0], cv2.COLOR_RGB2GRAY))
