import numpy as np
import pytest
from skimage.feature import local_binary_pattern

from preprocessing.steps.lbp import binned, circle, lbp, patterns


def images(num_frames: int = 2, height: int = 40, width: int = 50) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (num_frames, height, width), dtype=np.uint8)


def in_image(frames: np.ndarray, radius: int, neighbours: int) -> np.ndarray:
    return patterns(frames, circle((0, 0, radius), (0, radius, 0), neighbours), (0, radius, radius))


@pytest.mark.parametrize(("radius", "neighbours"), [(1, 8), (2, 8), (3, 8), (2, 4), (3, 16)])
def test_codes_in_the_image_are_those_of_scikit_image(radius: int, neighbours: int) -> None:
    frames = images()
    theirs = np.stack([local_binary_pattern(frame, neighbours, radius, "default") for frame in frames])[:, radius:-radius, radius:-radius]
    assert (in_image(frames, radius, neighbours) == theirs).mean() > 0.9995  # they round positions to five digits


@pytest.mark.parametrize("neighbours", [4, 8, 12])
def test_uniform_bins_are_those_of_scikit_image(neighbours: int) -> None:
    frames = images(1)
    codes, num_bins = binned(in_image(frames, 1, neighbours), neighbours, True)
    theirs = local_binary_pattern(frames[0], neighbours, 1, "nri_uniform")[1:-1, 1:-1].astype(int)
    assert num_bins == neighbours * (neighbours - 1) + 3
    pairs = {pair for pair in zip(codes.ravel().tolist(), theirs.ravel().tolist(), strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})  # one to one, whatever their order


def test_a_flat_image_has_equal_neighbours_only() -> None:
    for grey in range(0, 256, 5):
        assert (in_image(np.full((1, 9, 9), grey, np.uint8), 3, 8) == 255).all()


def test_a_ramp_is_brighter_on_one_side() -> None:
    ramp = np.tile(np.arange(20, dtype=np.uint8), (1, 20, 1))
    bright = [p for p in range(8) if np.cos(2 * np.pi * p / 8) > -1e-9]  # right, above and below
    assert set(in_image(ramp, 2, 8).ravel().tolist()) == {sum(1 << p for p in bright)}


def test_the_histogram_counts_every_frame_per_block() -> None:
    frames = images(3)
    codes, num_bins = binned(in_image(frames, 1, 8), 8, True)
    top_left = np.bincount(codes[:, :19, :24].ravel(), minlength=num_bins)
    found = lbp(frames, radius=1, neighbours=8, grid=(2, 2, 1))
    assert found.shape == (4 * 59,)
    np.testing.assert_allclose(found[:59], top_left / top_left.sum(), rtol=1e-6)
    assert lbp(frames, radius=1, neighbours=8, grid=(1, 1, 1), uniform=False).shape == (256,)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"more than \(0, 8, 8\).*but got \(1, 8, 50\)"):
        lbp(images(1, 8), radius=4, neighbours=8, grid=(1, 1, 1))
    with pytest.raises(ValueError, match="4 to 16 neighbours, but got 17"):
        lbp(images(1), radius=1, neighbours=17, grid=(1, 1, 1))
