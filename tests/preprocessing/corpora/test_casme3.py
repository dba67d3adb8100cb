from pathlib import Path

from preprocessing.corpora import casme3
from preprocessing.counts import check, published_counts
from tests.preprocessing.corpora.made_up import write_frames, write_xlsx

HEADER = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]


def write(root: Path, rows: list[tuple[str, str, str, str, str, str]], frames: dict[str, range]) -> Path:
    """Rows are (subject, video, onset, apex, offset, emotion), frames by folder."""
    table = [[*row[:5], "4", "VII", row[5]] for row in rows]
    write_xlsx(root / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", [HEADER, *table], title="label")
    for folder, numbers in frames.items():
        write_frames(root / "part_A" / folder / "color", (f"{n}.jpg" for n in numbers))
    return root


def test_a_video_holds_several_clips_and_case_does_not_matter(tmp_path: Path) -> None:
    rows = [("spNO.1", "a", "5", "6", "8", "sad"), ("spNO.1", "a", "20", "21", "22", "Others"), ("spNo.2", "J", "1", "2", "2", "happy")]
    survey = casme3.survey(write(tmp_path, rows, {"spNO.1/a": range(1, 30), "spNo.2/j": range(1, 5), "spNo.2/k": range(1, 3)}))
    assert [(clip.key, len(clip.frames)) for clip in survey.checked()] == [
        ("casme3/spNO.1/a_20", 3),
        ("casme3/spNO.1/a_5", 4),
        ("casme3/spNO.2/J_1", 2),
    ]
    assert [problem.where for problem in survey.of_kind("unlabelled folder")] == ["spNo.2/k"]
    found = check("casme3", "casme3_7", survey.clips).classes
    assert {name: count for name, count in found.items() if count} == {"others": 1, "sadness": 1, "happiness": 1}


def test_full_size_has_the_published_classes_and_corrections_reach_their_rows(tmp_path: Path) -> None:
    spelled = {"sadness": "sad", "happiness": "happy"}
    counts = published_counts("casme3", "casme3_7")["classes"]
    emotions = [spelled.get(emotion, emotion) for emotion, count in counts.items() for _ in range(count)]
    rows = [(f"spNO.{1 + at % 90}", f"v{at}", "5", "6", "8", emotion) for at, emotion in enumerate(emotions)]
    rows[796] = (rows[796][0], "v796", "1840", "1841", "0", rows[796][5])
    root = write(tmp_path, rows, {f"{rows[796][0]}/v796": range(1838, 1850), "spNO.1/v0": range(1, 9)})
    survey = casme3.survey(root)
    assert check("casme3", "casme3_7", survey.clips).official
    clip = next(clip for clip in survey.clips if clip.filename.startswith("v796"))
    assert clip.offset == 1845 and len(clip.frames) == 6
    assert casme3.survey(root, patches=False).of_kind("range")
