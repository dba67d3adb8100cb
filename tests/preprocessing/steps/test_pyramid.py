import numpy as np
import pytest

from preprocessing.steps.pyramid import expand, num_levels, reduce, scale_bands
from tests.preprocessing.steps.reference_pyramid import build, collapse, expansion, reduction

SIZES = [(40, 32), (41, 33), (45, 32), (12, 10), (10, 11), (23, 57)]


def image_of(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).random((height, width))


@pytest.mark.parametrize("size", SIZES)
def test_reduce_is_the_references(size: tuple[int, int]) -> None:
    image = image_of(*size)
    np.testing.assert_allclose(reduce(image), reduction(size[0]) @ image @ reduction(size[1]).T, atol=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_expand_is_the_references(size: tuple[int, int]) -> None:
    small = image_of((size[0] + 1) // 2, (size[1] + 1) // 2)
    np.testing.assert_allclose(expand(small, *size), expansion(size[0]) @ small @ expansion(size[1]).T, atol=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_bands_are_scaled_one_by_one(size: tuple[int, int]) -> None:
    image, gains = image_of(*size), [0.0, 2.25, 6.5, 8.0]
    bands = [gain * band for gain, band in zip(gains, build(image, 4), strict=True)]
    np.testing.assert_allclose(scale_bands(image.astype(np.float32), gains), collapse(bands), atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_channels_are_scaled_alike(size: tuple[int, int]) -> None:
    image = np.stack([image_of(*size), 2 * image_of(*size), -image_of(*size)], axis=-1)
    scaled = scale_bands(image, [0.0, 2.0, 3.0])
    np.testing.assert_allclose(scaled[..., 1], scale_bands(2 * image_of(*size), [0.0, 2.0, 3.0]), atol=1e-12)
    np.testing.assert_allclose(scaled[..., 2], -scaled[..., 0], atol=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_gains_of_one_give_the_image_back(size: tuple[int, int]) -> None:
    image = image_of(*size).astype(np.float32)
    np.testing.assert_allclose(scale_bands(image, [1.0] * num_levels(*size)), image, atol=1e-6)


@pytest.mark.parametrize(("size", "levels"), [((280, 230), 7), ((300, 245), 7), ((5, 5), 2), ((4, 100), 1), ((9, 9), 2), ((10, 10), 3)])
def test_number_of_levels(size: tuple[int, int], levels: int) -> None:
    assert num_levels(*size) == levels
