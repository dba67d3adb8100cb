import numpy as np
import pytest
from scipy import ndimage

from preprocessing.steps.strcn_mask import SIZE, clip_energy, mask, released_mask, select


def energies(num_clips: int = 4, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.random(SIZE) * rng.uniform(1, 50) for _ in range(num_clips)]


def test_energy_sums_the_difference_from_the_first_frame() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (7, 128, 96), dtype=np.uint8)
    small = frames.reshape(7, 64, 2, 48, 2).astype(np.float64).mean(axis=(2, 4))
    expected = sum(np.abs(small[t] - small[0]) for t in range(1, 7))
    np.testing.assert_allclose(clip_energy(frames), expected, rtol=1e-5)
    rgb = np.repeat(frames[..., None], 3, axis=3)
    assert np.array_equal(clip_energy(rgb), clip_energy(frames))


def test_the_mask_is_what_lies_strictly_above_the_70th_percentile() -> None:
    total = np.sum(energies(), axis=0)
    chosen = mask(energies())
    assert chosen.sum() == 922 and np.array_equal(chosen, total > np.percentile(total, 70))
    assert np.array_equal(chosen, total > np.percentile(total, 70, method="hazen"))  # Matlab's


@pytest.mark.parametrize(("percent", "count"), [(25.0, 768), (30.0, 922), (100.0, 3072)])
def test_number_of_pixels(percent: float, count: int) -> None:
    assert mask(energies(), percent=percent).sum() == count


def test_ties_do_not_change_the_number_of_pixels() -> None:
    tied = np.ones(SIZE)
    tied[40, 10:20] = 5
    chosen = mask([tied])
    assert chosen.sum() == 922 and chosen[40, 10:20].all() and chosen[:19].all()


def test_clips_are_weighted_by_their_energy_in_the_paper_and_equally_in_the_code() -> None:
    strong, weak = np.zeros(SIZE), np.zeros(SIZE)
    strong[:32] = 100 + energies(1)[0][:32] / 50
    weak[32:] = 1 + energies(1, seed=1)[0][32:] / 1000
    assert mask([strong, weak, weak])[:32].sum() == 922
    assert released_mask([strong, weak, weak])[32:].any() and not released_mask([strong, weak, weak])[:32].any()


def test_the_released_mask_is_opened_with_a_disk() -> None:
    smooth = [ndimage.gaussian_filter(energy, 2) for energy in energies()]
    mean = np.mean([energy / energy.max() for energy in smooth], axis=0)
    above = mean >= np.sort(mean, axis=None)[2304]  # Matlab's 75th percentile lies halfway between ranks 2304 and 2305
    padded = np.pad(above, 1, constant_values=True)  # Matlab's erosion takes what lies outside as set
    eroded = ndimage.binary_erosion(padded, ndimage.generate_binary_structure(2, 1), border_value=1)[1:-1, 1:-1]
    expected = ndimage.binary_dilation(eroded, ndimage.generate_binary_structure(2, 1))
    assert 0 < expected.sum() < above.sum() == 768
    assert np.array_equal(released_mask(smooth), expected)


def test_pixels_come_column_by_column() -> None:
    frames = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    chosen = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]], dtype=bool)
    assert select(frames, chosen)[0].tolist() == [0, 4, 5, 2, 10, 11]  # Matlab: frame(mask)
    assert select(frames, chosen, order="row")[0].tolist() == [0, 2, 4, 5, 10, 11]
    colour = np.stack([frames, frames + 100, frames + 200], axis=-1)
    assert select(colour, chosen).shape == (2, 6, 3) and np.array_equal(select(colour, chosen)[..., 1], select(frames, chosen) + 100)


def test_no_motion_and_other_sizes_are_refused() -> None:
    for make in (mask, released_mask):
        with pytest.raises(ValueError, match="in which something moves, but got 2 clip"):
            make([np.zeros(SIZE), np.zeros(SIZE)])
        with pytest.raises(ValueError, match="but got 0 clip"):
            make([])
    with pytest.raises(ValueError, match="at most 100 percent .* but got 0"):
        mask(energies(), percent=0)
    with pytest.raises(ValueError, match="keep a pixel, but got none of 768"):
        released_mask([np.indices(SIZE).sum(axis=0) % 4 == 0] * 2)  # diagonals, one pixel wide
    with pytest.raises(ValueError, match=r"but got \(10, 10\) and \(64, 48\)"):
        select(np.zeros((3, 10, 10)), mask(energies()))
    with pytest.raises(ValueError, match="but got 'columns'"):
        select(np.zeros((3, *SIZE)), mask(energies()), order="columns")  # type: ignore[arg-type]
