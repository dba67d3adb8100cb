"""Every known sheet error on a sheet that contains it: the doctor lists its correction, the correction is made, and it can be left out."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from preprocessing import corpora, doctor
from preprocessing.patches import Exchange, Patch
from tests.preprocessing.corpora.made_up import Video, write_casme, write_casme2, write_frames, write_samm, write_xlsx

SIZES = {"casme": 189, "casme2": 256, "casme3": 860, "fourdme": 267, "mmew": 300, "samm": 159}


def write_casme3(root: Path, videos: Sequence[Video]) -> Path:
    header = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]
    rows = [[f"spNO.{v.subject}", v.filename, str(v.onset), str(v.apex), str(v.offset), "4", "VII", v.emotion] for v in videos]
    write_xlsx(root / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", [header, *rows], title="label")
    for v in videos:
        write_frames(root / "part_A" / f"spNo.{v.subject}" / v.filename / "color", (f"{n}.jpg" for n in v.on_disk))
    return root


def write_mmew(root: Path, videos: Sequence[Video]) -> Path:
    header = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion", "remarks"]
    rows = [[f"S{v.subject:02d}", v.filename, v.onset, v.apex, v.offset, "4", v.emotion, None] for v in videos]
    write_xlsx(root / "MMEW_Micro_Exp.xlsx", [header, *rows])
    for v in videos:
        write_frames(root / "Micro_Expression" / v.emotion / v.filename, (f"{n}.jpg" for n in v.on_disk))
    return root


def write_fourdme(root: Path, videos: Sequence[Video]) -> Path:
    header = ["sub_ID", "fold", "fold_name", "Onset", "Apex", "Offset", "AUs", "Emotion", "AU1"]
    rows = [[v.subject, 1, v.filename, v.onset, v.apex, v.offset, f"AU{v.subject}", v.emotion, 0] for v in videos]
    write_xlsx(root / "4DME_Labelling_Micro_release v1.xlsx", [header, *rows])
    for v in videos:
        write_frames(root / "gray_micro" / str(v.subject) / v.filename, (f"{n}.png" for n in v.on_disk))
    return root


WRITERS: dict[str, Callable[[Path, list[Video]], Path]] = {
    "casme": write_casme, "casme2": write_casme2, "casme3": write_casme3, "mmew": write_mmew, "samm": write_samm,
}  # fmt: skip


def with_errors(corpus: str) -> tuple[list[Video], dict[str, int]]:
    """A sheet of the official length whose rows have every known error, frames as after the correction; correction -> its row.

    Wrong values that are not published are made up: beyond the frames on disk, or out of order.
    """
    patches = corpora.load(corpus).PATCHES
    spare = iter(set(range(SIZES[corpus])) - {patch.row for patch in patches})
    places: dict[tuple[str, str], int] = {}
    rows = {p.name: p.row if p.row is not None else places.setdefault((p.subject, p.filename), next(spare)) for p in patches}
    videos = [Video(1 + at % 20, f"made_up_{at:03d}", "disgust", numbers=()) for at in range(SIZES[corpus])]  # empty folders: less to write
    for at in set(rows.values()):
        videos[at] = wrong(at, [patch for patch in patches if rows[patch.name] == at], videos[at])
    return videos, rows


def wrong(at: int, patches: list[Patch], video: Video) -> Video:
    right: dict[str, int] = {patch.field: int(patch.new) for patch in patches if patch.number is not None}
    if right:
        onset, offset = right.get("onset", max(1, min(right.values()) - 3)), right.get("offset", max(right.values()) + 3)
        video = Video(video.subject, video.filename, video.emotion, onset, right.get("apex", onset + 1), offset, range(onset, offset + 1))
        made_up: dict[str, Any] = {"onset": 0 if onset == 1 else 1, "apex": offset + 40, "offset": offset + 60}
        for patch in patches:
            setattr(video, patch.field, made_up[patch.field] if patch.old is None else int(patch.old) if patch.old.isdigit() else patch.old)
    for patch in patches:
        if patch.row is None:
            video.subject, video.filename = int(re.sub(r"\D", "", patch.subject)), patch.filename
    return video


def report(capsys: pytest.CaptureFixture[str], corpus: str, root: Path, *options: str) -> dict[str, Any]:
    arguments = [part for option in options for part in ("--option", option)]
    doctor.main([corpus, "--root", str(root), "--no-images", "--json", *arguments])
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("corpus", WRITERS)
def test_every_known_error_is_found_corrected_listed_and_left_on_request(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos, rows = with_errors(corpus)
    root = WRITERS[corpus](tmp_path, videos)
    patches = {patch.name: patch for patch in corpora.load(corpus).PATCHES}
    corrected = report(capsys, corpus, root)
    assert {name for name, told in corrected["corrections"].items() if told.startswith("applied to ")} == set(patches)
    assert not any(p["kind"] in ("apex", "range", "missing frames") for p in corrected["problems"])
    clips = {clip.filename: clip for clip in corpora.load(corpus).read(root)}
    names = {name: name_of(corpus, videos[at]) for name, at in rows.items()}
    for name, patch in patches.items():
        value = getattr(clips[names[name]], patch.field)
        assert str(value) == patch.new, (name, value)
        assert f"-> {patch.new} ({patch.source})" in corrected["corrections"][name]

    untouched = report(capsys, corpus, root, "patches=false")
    assert set(untouched["corrections"].values()) == {"switched off"}
    caught = " ".join(f"{p['where']} " for p in untouched["problems"] if p["kind"] in ("apex", "no apex", "range", "missing frames"))
    assert not [name for name, patch in patches.items() if patch.number is not None and f"/{names[name]} " not in caught]

    left = sorted(patches)[::2]
    some = report(capsys, corpus, root, f"skip_patches={','.join(left)}")["corrections"]
    assert sorted(name for name, told in some.items() if told == "switched off") == left
    assert all(told.startswith("applied to ") for name, told in some.items() if name not in left)


def name_of(corpus: str, video: Video) -> str:
    return f"{video.filename}_{video.onset}" if corpus == "casme3" else video.filename


def test_interchanged_labels_of_4dme_are_exchanged_listed_and_left_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    videos = [Video(1 + at % 40, f"made_up_{at:03d}", ("Negative", "Surprise")[at % 2], numbers=()) for at in range(SIZES["fourdme"])]
    root = write_fourdme(tmp_path, videos)
    (exchange,) = corpora.load("fourdme").PATCHES
    assert isinstance(exchange, Exchange)
    outcome = report(capsys, "fourdme", root)["corrections"][exchange.name]
    assert outcome.startswith("applied to 25/made_up_144 and 26/made_up_145: emotion, action_units interchanged (github.com/")
    labels = {clip.filename: (clip.subject, clip.emotion, clip.action_units) for clip in corpora.load("fourdme").read(root)}
    assert labels["made_up_144"] == ("25", "Surprise", "AU26") and labels["made_up_145"] == ("26", "Negative", "AU25")
    assert labels["made_up_143"] == ("24", "Surprise", "AU24")
    for option in ("patches=false", f"skip_patches={exchange.name}"):
        assert report(capsys, "fourdme", root, option)["corrections"] == {exchange.name: "switched off"}
    left = {clip.filename: clip.emotion for clip in corpora.load("fourdme").read(root, patches=False)}
    assert (left["made_up_144"], left["made_up_145"]) == ("Negative", "Surprise")


def test_corrections_by_row_are_for_the_sheet_of_189_rows_of_casme(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    videos, _ = with_errors("casme")
    told = report(capsys, "casme", write_casme(tmp_path, [*videos, *[Video(1, f"more_{at}", "tense") for at in range(4)]]))
    assert told["facts"]["variant"].startswith("193 rows: published counts") and not any(p["kind"] == "sheet" for p in told["problems"])
    assert set(told["corrections"].values()) == {"no such row in this sheet"}
    assert {p["where"] for p in told["problems"] if p["kind"] == "missing frames"} >= {
        f"casme/sub01/made_up_{at:03d} (row {at})" for at in (40, 140)
    }
