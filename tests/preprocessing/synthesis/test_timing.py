import numpy as np
import pytest

from preprocessing.patches import Patch
from preprocessing.synthesis.plan import PlannedClip
from preprocessing.synthesis.sheet_errors import planted
from preprocessing.synthesis.timing import Lengths, in_sequence, timed
from preprocessing.synthesize import make_settings

LENGTHS = Lengths(mean=20.0, sd=5.0, shortest=9, longest=36)
CLIPS = [PlannedClip(corpus="casme", subject="sub01", filename=f"a_{n}", emotion="tense") for n in range(3)]


def patch(field: str, new: int, old: str | None = None) -> Patch:
    return Patch(row=1, num_rows=3, field=field, new=str(new), old=old, source="made up")  # type: ignore[arg-type]


def test_drawn_lengths_keep_their_limits_and_the_apex_lies_inside() -> None:
    rng = np.random.default_rng(0)
    drawn = [LENGTHS.draw(rng, 0) for _ in range(500)]
    assert min(length for length, _ in drawn) >= 9 and max(length for length, _ in drawn) <= 36
    assert all(0 < apex < length - 1 for length, apex in drawn) and abs(np.mean([length for length, _ in drawn]) - 20) < 1
    assert {LENGTHS.draw(rng, 3) for _ in range(20)} == {(3, 1)}


@pytest.mark.parametrize(
    "fixed", [{"onset": 100, "apex": 120, "offset": 149}, {"apex": 15, "offset": 54}, {"apex": 53}, {"offset": 40}, {"onset": 1, "apex": 1}]
)
def test_numbers_of_corrections_are_the_truth(fixed: dict[str, int]) -> None:
    patches = [patch(field, new) for field, new in fixed.items()]
    before, clip, after = timed(CLIPS, LENGTHS, make_settings("casme"), first=lambda clip: (200, 300), patches=patches)
    assert 1 <= clip.onset < clip.apex <= clip.offset and before.onset >= 200 <= after.onset
    assert all(getattr(clip, field) == new for field, new in fixed.items() if fixed != {"onset": 1, "apex": 1} or field == "onset")
    shortened = timed(CLIPS, LENGTHS, make_settings("casme", max_frames=5), first=lambda clip: (200, 300), patches=patches)[1]
    assert shortened.num_frames <= 5


def test_errors_are_planted_where_the_truth_agrees_with_their_correction() -> None:
    patches = [patch("apex", 120), patch("offset", 149, old="400"), patch("onset", 7)]
    clips = [
        PlannedClip(corpus="casme", subject="sub01", filename=str(n), emotion="tense", onset=100, apex=120, offset=149) for n in range(3)
    ]
    assert planted(clips, patches, errors=False) == clips
    wrong = planted(clips, patches, errors=True)
    assert (wrong[1].cell("onset"), wrong[1].cell("apex"), wrong[1].cell("offset")) == (100, 169, 400) and [wrong[0], wrong[2]] == [
        clips[0],
        clips[2],
    ]
    assert "apex as 169" in wrong[1].quirk
    (missing,) = planted(
        clips[1:2], [Patch(subject="sub01", filename="1", field="apex", new="120", old="/", source="made up")], errors=False
    )
    assert missing.cell("apex") == "/"


def test_clips_of_a_video_do_not_overlap() -> None:
    videos = [
        PlannedClip(corpus="casme3", subject="a", filename=str(n), emotion="sad", video="v", onset=5, apex=8, offset=12) for n in range(3)
    ]
    moved = in_sequence(videos, gap=10)
    assert [(clip.onset, clip.apex, clip.offset) for clip in moved] == [(5, 8, 12), (22, 25, 29), (39, 42, 46)]
