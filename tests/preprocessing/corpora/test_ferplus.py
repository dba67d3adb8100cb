import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from preprocessing.corpora import ferplus
from preprocessing.counts import check, published_counts
from tests.preprocessing.corpora.made_up import write_frames
from tests.preprocessing.corpora.test_fer2013 import IMAGE, write_table

HEADER = ["Usage", "Image name", *ferplus.EMOTIONS, "unknown", "NF"]


def write_votes(root: Path, rows: Sequence[tuple[str, Sequence[int]]], *, with_table: bool = True) -> Path:
    """Rows are (usage, ten counts: the eight emotions, unknown, NF)."""
    root.mkdir(exist_ok=True)
    with (root / "fer2013new.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows([usage, f"fer{at:07d}.png" if counts[9] < 10 else "", *counts] for at, (usage, counts) in enumerate(rows))
    if with_table:
        write_table(root / "fer2013.csv", [(0, IMAGE, usage) for usage, _ in rows])
    return root


def votes(**counts: int) -> list[int]:
    return [counts.get(name, 0) for name in HEADER[2:]]


@pytest.mark.parametrize(
    ("counts", "strict", "half"),
    [
        (votes(fear=6, anger=4), True, True),
        (votes(fear=5, anger=5), False, True),  # a tie goes to the first
        (votes(fear=5, anger=4, unknown=1), True, True),  # 5 of 9 known votes
        (votes(fear=6, anger=3, NF=1), False, True),
        (votes(fear=6, anger=3), False, True),  # one row of the official table has nine votes
        (votes(fear=4, anger=3, sadness=3), False, False),
        (votes(unknown=10), False, False),
        (votes(NF=10), False, False),
    ],
)
def test_rules(tmp_path: Path, counts: list[int], strict: bool, half: bool) -> None:
    root = write_votes(tmp_path, [("Training", counts)])
    assert (bool(ferplus.read(root)), bool(ferplus.read(root, rule="half"))) == (strict, half)
    for clip in ferplus.read(root, rule="half"):
        assert clip.emotion == ("anger" if counts == votes(fear=5, anger=5) else "fear") and len(clip.frames) == 1


@pytest.mark.parametrize("rule", ["strict", "half"])
def test_full_size_has_the_published_counts(tmp_path: Path, rule: str) -> None:
    task = "ferplus" if rule == "strict" else "ferplus_half"
    published = published_counts(task, "ferplus_8")
    rows = [
        (subject.split("/")[1], votes(**{emotion: 6, "unknown": 4}))
        for subject, numbers in published["subjects"].items()
        for emotion, count in zip(published["classes"], numbers, strict=True)
        for _ in range(count)
    ]
    root = write_votes(tmp_path, rows, with_table=False)
    (root / "data/FER2013Train").mkdir(parents=True)
    survey = ferplus.survey(root, rule=rule)
    assert check(task, "ferplus_8", survey.clips).official
    sizes = {split: sum(clip.split == split for clip in survey.clips) for split in ("train", "test", "validation")}
    assert sizes == dict(zip(sizes, (23974, 3069, 3024) if rule == "strict" else (26186, 3320, 3280), strict=True))


def test_images_may_be_files_in_microsofts_layout(tmp_path: Path) -> None:
    rows = [("Training", votes(fear=10)), ("PublicTest", votes(anger=10)), ("PublicTest", votes(disgust=10))]
    root = write_votes(tmp_path, rows, with_table=False)
    write_frames(root / "data/FER2013Train", ("fer0000000.png",))
    write_frames(root / "data/FER2013Valid", ("fer0000001.png",))
    survey = ferplus.survey(root)
    assert {clip.filename: len(clip.frames) for clip in survey.clips} == {"fer0000000": 1, "fer0000001": 1, "fer0000002": 0}
    assert [problem.where for problem in survey.of_kind("image")] == ["ferplus/PublicTest/fer0000002"]


def test_wrong_tables_are_refused(tmp_path: Path) -> None:
    root = write_votes(tmp_path, [("Training", votes(fear=10))])
    write_table(root / "fer2013.csv", [(0, IMAGE, "Training")] * 2)
    with pytest.raises(ValueError, match="must have the same rows, but got 1 and 2"):
        ferplus.read(root)
    with pytest.raises(ValueError, match="must be one of strict, half"):
        ferplus.read(root, rule="nope")
    (root / "fer2013new.csv").write_text(",".join(HEADER) + "\nTraining,../../etc/passwd" + ",1" * 10 + "\n")
    with pytest.raises(ValueError, match="a plain image name, but got 'Training' and '../../etc/passwd'"):
        ferplus.read(root)
    (root / "fer2013new.csv").write_text(",".join(HEADER) + "\nTraining,fer0000000.png,x" + ",1" * 9 + "\n")
    with pytest.raises(ValueError, match="votes must be 0 to 10, but got 'x' at line 2 of"):
        ferplus.read(root)
    (root / "fer2013new.csv").write_text("a,b\n")
    with pytest.raises(ValueError, match="must have columns"):
        ferplus.read(root)
    with pytest.raises(ValueError, match="--root DIR"):
        ferplus.read(None)


def test_clips_carry_the_shares_of_their_votes(tmp_path: Path) -> None:
    """p = votes / (10 - unknown) over the eight emotions; NF votes count in the divisor only (SHCNN's code)."""
    root = write_votes(tmp_path, [("Training", votes(fear=6, anger=3, unknown=1)), ("Training", votes(fear=6, anger=3, NF=1))])
    with_unknown, with_nf = ferplus.read(root, rule="half")
    assert [name for name, _ in with_unknown.label_distribution] == list(ferplus.EMOTIONS)
    assert {name: p for name, p in with_unknown.label_distribution if p} == {"fear": 6 / 9, "anger": 3 / 9}
    assert {name: p for name, p in with_nf.label_distribution if p} == {"fear": 0.6, "anger": 0.3}
    assert hash(with_nf), "a clip stays hashable"
