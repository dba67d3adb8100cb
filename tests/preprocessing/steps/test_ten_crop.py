import numpy as np
import pytest

from preprocessing.steps.ten_crop import centre_crop, ten_crop


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)


def test_crops_lie_in_the_papers_order(image: np.ndarray) -> None:
    crops = ten_crop(image)
    assert crops.shape == (10, 1, 42, 42) and crops.dtype == np.uint8
    for i, (x, y) in enumerate([(0, 0), (6, 0), (0, 6), (6, 6), (3, 3)]):
        expected = np.array([[image[y + row, x + column] for column in range(42)] for row in range(42)])
        assert np.array_equal(crops[i, 0], expected) and np.array_equal(crops[i + 5, 0], np.fliplr(expected))


def test_the_centre_is_the_fifth(image: np.ndarray) -> None:
    assert centre_crop(image).shape == (1, 42, 42) and np.array_equal(centre_crop(image), ten_crop(image)[4])


def test_rgb_repeats_gray(image: np.ndarray) -> None:
    rgb = ten_crop(image, colour="rgb")
    assert rgb.shape == (10, 3, 42, 42) and all(np.array_equal(rgb[:, [c]], ten_crop(image)) for c in range(3))
    assert np.array_equal(centre_crop(image, colour="rgb"), rgb[4])


@pytest.mark.parametrize("shape", [(48, 47), (48, 48, 3), (96, 96)])
def test_other_images_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="gray, 48x48, uint8, but got"):
        ten_crop(np.zeros(shape, dtype=np.uint8))
    with pytest.raises(ValueError, match="but got float64"):
        centre_crop(np.zeros((48, 48)))


def test_other_colours_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="but got 'bgr'"):
        ten_crop(image, colour="bgr")  # type: ignore[arg-type]
