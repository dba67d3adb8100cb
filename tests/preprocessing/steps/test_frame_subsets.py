import numpy as np
import pytest

from preprocessing.steps.frame_subsets import copies, kept_frames


def test_there_are_fifty_copies_of_fifty_names() -> None:
    made = copies()
    assert len(made) == len({copy.suffix for copy in made}) == 50
    assert made[0].suffix == "@a05p100" and made[1].suffix == "@a05p90" and made[-1].suffix == "@a14p60"
    assert {copy.alpha for copy in made} == set(range(5, 15)) and {copy.percent for copy in made} == {60, 70, 80, 90, 100}
    assert [copy.suffix for copy in copies((8,), (100, 60))] == ["@a08p100", "@a08p60"]


@pytest.mark.parametrize("percent", [100, 90, 80, 70, 60])
@pytest.mark.parametrize("num_frames", [1, 2, 9, 67, 141])
def test_order_first_frame_and_share_are_kept(num_frames: int, percent: int) -> None:
    kept = kept_frames(num_frames, percent, seed=0, key="casme2/sub01/EP01")
    assert kept[0] == 0 and kept[-1] < num_frames and (np.diff(kept) > 0).all()
    assert len(kept) == max(1, int(np.floor(num_frames * percent / 100 + 1e-9)))
    if percent == 100:
        assert kept.tolist() == list(range(num_frames))


def test_a_subset_is_a_function_of_seed_clip_and_share() -> None:
    def subset(seed: int = 0, key: str = "casme2/sub01/EP01", percent: int = 70) -> tuple[int, ...]:
        return tuple(kept_frames(60, percent, seed=seed, key=key))

    assert subset() == subset()
    assert len({subset(), subset(seed=1), subset(key="casme2/sub01/EP02"), subset(percent=71)}) == 4


def test_a_known_subset_stays_the_same() -> None:
    """Copies built today and next year, on any machine, keep the same frames."""
    assert kept_frames(10, 60, seed=0, key="casme2/sub01/EP01").tolist() == [0, 1, 2, 6, 7, 9]


def test_every_later_frame_is_dropped_equally_often() -> None:
    counts = np.zeros(20)
    for clip in range(2000):
        counts[kept_frames(20, 60, seed=0, key=f"casme2/sub01/{clip}")] += 1
    assert counts[0] == 2000
    expected = 2000 * 11 / 19
    assert np.abs(counts[1:] - expected).max() < 5 * np.sqrt(2000 * (11 / 19) * (8 / 19))  # five standard deviations


@pytest.mark.parametrize(("num_frames", "percent"), [(0, 90), (5, 0), (5, 101)])
def test_impossible_subsets_name_the_clip(num_frames: int, percent: int) -> None:
    with pytest.raises(ValueError, match="for 'casme2/sub01/EP01'"):
        kept_frames(num_frames, percent, seed=0, key="casme2/sub01/EP01")
