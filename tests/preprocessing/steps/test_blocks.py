import numpy as np
import pytest

from preprocessing.steps.blocks import edges, histograms


@pytest.mark.parametrize("shape", [(6, 10, 8), (5, 11, 7)])  # even and uneven
def test_histograms_are_those_of_the_blocks_cut_out(shape: tuple[int, int, int]) -> None:
    codes = np.random.default_rng(0).integers(0, 6, shape)
    weights = np.random.default_rng(1).random(shape)
    (t, y, x), found = (edges(n, k) for n, k in zip(shape, (2, 3, 4), strict=True)), histograms(codes, 6, (3, 4, 2))
    weighted = histograms(codes, 6, (3, 4, 2), weights)
    row = 0
    for i in range(2):
        for j in range(3):
            for k in range(4):
                at = (slice(t[i], t[i + 1]), slice(y[j], y[j + 1]), slice(x[k], x[k + 1]))
                counts = np.array([(codes[at] == code).sum() for code in range(6)])
                sums = np.array([weights[at][codes[at] == code].sum() for code in range(6)])
                np.testing.assert_allclose(found[row], counts / counts.sum(), rtol=1e-6)
                np.testing.assert_allclose(weighted[row], sums / sums.sum(), rtol=1e-6)
                row += 1
    assert found.shape == (row, 6) and found.dtype == np.float32


def test_blocks_differ_in_size_by_one_and_cover_the_side() -> None:
    assert edges(11, 4).tolist() == [0, 2, 5, 8, 11] and edges(8, 8).tolist() == list(range(9))


def test_a_block_that_counts_nothing_is_zero() -> None:
    weights = np.ones((1, 2, 2))
    weights[0, 0] = 0
    assert histograms(np.zeros((1, 2, 2), int), 2, (2, 1, 1), weights).tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize("count", [0, 6])
def test_more_blocks_than_pixels_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 5 blocks.*but got {count}"):
        edges(5, count)
