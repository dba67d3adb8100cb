import contextlib
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from preprocessing import doctor
from tests.preprocessing.corpora.made_up import (
    Video,
    casme2_rows,
    full_size,
    write_casme2,
    write_samm,
    write_smic,
    write_xlsx,
)

REPOSITORY = Path(__file__).resolve().parents[2]
VIDEOS = [Video(1, "a_1", "disgust"), Video(1, "b_2", "others", onset=90, apex=95, offset=101), Video(2, "a_1", "happiness")]
SHEET = "CASME2-coding-20140508.xlsx"
FOLDER = "CASME2_RAW_selected/CASME2_RAW_selected"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, standard output and standard error of the entry point."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = doctor.main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


def found(run: Run, *arguments: object) -> dict[str, list[str]]:
    """Kind of problem -> ``where: what`` of each."""
    problems = json.loads(run(*arguments, "--json")[1])["problems"]
    return {kind: [f"{p['where']}: {p['what']}" for p in problems if p["kind"] == kind] for kind in {p["kind"] for p in problems}}


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in root.rglob("*")}


def test_a_sound_corpus_ends_with_the_command_that_builds_it(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("casme2", "--root", write_casme2(tmp_path, VIDEOS), "--option", f"sheet={SHEET}")
    assert code == 0 and "problems that lose clips" not in out
    assert f"sheet                {SHEET}" in out and "nested archive" in out and "18 images: 18 of 8x8" in out
    assert out.splitlines()[-1] == f"next: python -m preprocessing.build casme2 --root {tmp_path} --option sheet={SHEET} --home ~/losotune"


def test_it_changes_nothing(run: Run, tmp_path: Path) -> None:
    write_casme2(tmp_path, [*VIDEOS, Video(3, "holes", "fear", offset=14, numbers=(10, 12, 14)), Video(4, "EP12_01f", "disgust", apex="/")])
    (tmp_path / FOLDER / "sub01/a_1/img10.jpg").write_bytes(b"")
    before = snapshot(tmp_path)
    assert run("casme2", "--root", tmp_path)[0] == 1 and run("casme2", "--root", tmp_path, "--json", "--no-images")[0] == 0
    assert snapshot(tmp_path) == before


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def text_file(path: Path) -> None:
    path.write_text("this is no image")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "told"),
    [(truncated, "truncated or damaged JPEG"), (emptied, "0 bytes"), (text_file, "16 bytes that begin with b'this is '")],
)
def test_images_that_cannot_be_read_are_named_and_lose_their_clip(
    run: Run, tmp_path: Path, damage: Callable[[Path], None], told: str
) -> None:
    image = write_casme2(tmp_path, VIDEOS) / FOLDER / "sub01/b_2/img94.jpg"
    damage(image)
    (problem,) = found(run, "casme2", "--root", tmp_path)["image"]
    assert problem.startswith("casme2/sub01/b_2: 1 of 12 images cannot be read: ") and told in problem and str(image) in problem
    code, out, _ = run("casme2", "--root", tmp_path)
    assert code == 1 and "3 labelled, 2 usable" in out and "next: repair what loses clips and look again, or build without them" in out
    assert run("casme2", "--root", tmp_path, "--no-images")[0] == 0, "it was told not to look"


def test_images_of_several_sizes_and_equal_openings_are_named(run: Run, tmp_path: Path) -> None:
    import cv2
    import numpy as np

    root = write_casme2(tmp_path, [*VIDEOS, Video(5, "other", "fear")])
    cv2.imwrite(str(root / FOLDER / "sub01/b_2/img95.jpg"), np.zeros((6, 10), np.uint8))
    cv2.imwrite(str(root / FOLDER / "sub05/other/img10.jpg"), np.zeros((8, 8), np.uint8))
    problems = found(run, "casme2", "--root", root)
    assert problems["image size"] == ["casme2/sub01/b_2: A clip's images must have one size, but are 10x6 (1), 8x8 (11)."]
    (same,) = problems["same image"]
    assert same == "casme2/sub01/a_1: Its first frame shows the same as that of casme2/sub01/b_2, casme2/sub02/a_1: another subject."


def test_one_clip_name_in_several_subjects_is_normal_and_twice_in_one_is_not(run: Run, tmp_path: Path) -> None:
    assert "duplicate" not in found(run, "casme2", "--root", write_casme2(tmp_path / "normal", VIDEOS))
    root = write_casme2(tmp_path / "twice", [*VIDEOS, VIDEOS[0]])
    assert found(run, "casme2", "--root", root)["duplicate"] == ["casme2/sub01/a_1: It has two equal rows; they count once."]
    assert run("casme2", "--root", root)[0] == 0
    write_xlsx(root / SHEET, casme2_rows([*VIDEOS, Video(1, "a_1", "fear")]))
    code, out, _ = run("casme2", "--root", root)
    assert code == 1 and "A clip must occur once, but has two that differ" in out and "next: repair this, then look again" in out


def test_a_sheet_that_leaves_the_corpus_folder_is_refused(run: Run, tmp_path: Path) -> None:
    root = write_casme2(tmp_path, VIDEOS)
    write_xlsx(root / SHEET, casme2_rows([*VIDEOS, Video(3, "../../etc/passwd", "disgust")]))
    code, out, _ = run("casme2", "--root", root)
    assert code == 1 and "must stay in the corpus folder, but got '../../etc/passwd'" in out and "next: repair this" in out


def test_a_missing_or_wrong_sheet_or_folder_is_told(run: Run, tmp_path: Path) -> None:
    root = write_casme2(tmp_path / "corpus", VIDEOS)
    assert run("casme2", "--root", tmp_path / "nowhere")[0] == 1
    (root / SHEET).rename(tmp_path / "sheet.xlsx")
    code, out, _ = run("casme2", "--root", root)
    assert code == 1 and "cannot be read" in out and "must be named like CASME2-coding*.xlsx" in out
    write_xlsx(root / SHEET, [["Subject", "Name"], [1, "a_1"]])
    assert "must have the columns Subject, Filename" in run("casme2", "--root", root)[1]
    (root / SHEET).write_bytes((tmp_path / "sheet.xlsx").read_bytes()[:500])
    code, out, _ = run("casme2", "--root", root)
    assert code == 1 and "must be a readable .xlsx file" in out


@contextlib.contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Root may read everything: without its rights for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("closed", ["sub01", "sub01/b_2"])
def test_a_folder_that_may_not_be_read_is_told(run: Run, closed: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = write_casme2(Path(folder), VIDEOS)
        root.chmod(0o755)
        assert run("casme2", "--root", root)[0] == 0, "and everything is imported"
        (root / FOLDER / closed).chmod(0)
        try:
            with as_ordinary_user():
                problems = found(run, "casme2", "--root", root)
        finally:
            (root / FOLDER / closed).chmod(0o755)
    keys = {problem.split(" ")[0] for problem in problems["no folder"]}
    assert keys == {"casme2/sub01/b_2", *(["casme2/sub01/a_1"] if closed == "sub01" else [])}
    assert all("cannot be read (PermissionError). Check its permissions." in problem for problem in problems["no folder"])


def test_a_folder_of_smic_that_may_not_be_read_is_told(run: Run) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = write_smic(Path(folder), [(1, "negative", 1), (2, "positive", 1), (3, "surprise", 1)])
        root.chmod(0o755)
        assert run("smic", "--root", root)[0] == 0
        closed = [root / "SMIC_all_raw/HS" / name for name in ("s1/micro/negative/s1_ne_01", "s2/micro/positive")]
        for path in closed:
            path.chmod(0)
        try:
            with as_ordinary_user():
                problems = found(run, "smic", "--root", root)["no folder"]
        finally:
            for path in closed:
                path.chmod(0o755)
    assert [problem.split(": ")[0] for problem in problems] == [str(path) for path in closed]


def test_a_whole_tree_that_may_not_be_read_is_told(run: Run) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = write_casme2(Path(folder), VIDEOS)
        root.chmod(0o755)
        closed = root / FOLDER
        closed.chmod(0)
        try:
            with as_ordinary_user():
                code, out, _ = run("casme2", "--root", root)
        finally:
            closed.chmod(0o755)
    assert code == 1 and f"  {closed} cannot be read (PermissionError). Check --root and permissions." in out.splitlines()


def test_counts_and_papers_of_a_full_corpus(run: Run, tmp_path: Path) -> None:
    """The 2014 sheet's nine clips outside of the five classes are made up beside the published ones."""
    nine = [(9, "fear"), (10, "fear"), (17, "sadness"), (17, "sadness"), (19, "sadness"), (26, "sadness"), *[(24, "sadness")] * 3]
    videos = full_size("casme2/casme2_5", extra=nine)
    _, out, _ = run("casme2", "--root", write_casme2(tmp_path, videos, images=False) / "x", "--no-images")
    assert "cannot be read" in out, "no folder of that name"
    write_casme2(tmp_path, videos[:2])
    write_xlsx(tmp_path / SHEET, casme2_rows(videos))
    _, out, _ = run("casme2", "--root", tmp_path, "--lines", 3)
    assert "casme2_5: 246 clips, 26 subjects; the official 246 (SHCNN, STANet; the 2014 sheet)" in out
    assert "casme2_7: 255 clips, 26 subjects; the official 255 (the 2014 sheet)" in out
    assert "casme2_4: 255 clips, 26 subjects; not the official 256 (STRCN; the 256-row sheet)" in out
    assert (
        "STANet, casme2_5: 2 of 246 clips (246 labelled); not complete" in out and "STRCN, casme2_4: 2 of 256 clips (255 labelled)" in out
    )
    assert "clips whose folder is missing or closed (253)" in out and "and 250 more" in out
    short, long = (run("casme2", "--root", tmp_path, "--lines", lines)[1] for lines in (3, 300))
    assert len(short.splitlines()) < 80 < 250 < len(long.splitlines())


def test_each_paper_finds_its_clips_in_whole_corpora(run: Run, tmp_path: Path) -> None:
    root = write_samm(tmp_path / "samm", full_size("samm/samm_4"))
    code, out, _ = run("samm", "--root", root)
    assert code == 0 and "SHCNN, samm_3: 133 of 133 clips\n" in out and "STRCN, samm_4: 159 of 159 clips\n" in out
    assert "REGION, its part of MEGC 2019, samm_3: 133 of 133 clips, not those of the official list\n" in out, "their names are made up"
    assert "    missing: 1 negative clip(s) of samm/" in out
    report = json.loads(run("samm", "--root", root, "--json")[1])
    assert [(paper["paper"], paper["complete"]) for paper in report["papers"]][:2] == [("SHCNN", True), ("STRCN", True)]
    assert not report["papers"][2]["complete"] and len(report["papers"][2]["sample_set"]) > 133
    assert report["images"] == {"8x8": 477} and report["usable"] and len(report["corrections"]) == 9


def test_the_composite_is_compared_with_the_official_list(run: Run, fake_flow: Callable[..., Path]) -> None:
    root = fake_flow(("sub01", "EP01", "0"), ("006", "006_1_2", "2"))
    code, out, _ = run("megc2019_flow", "--root", root)
    assert code == 0 and "REGION, megc3: 2 of 442 clips, not those of the official list" in out
    assert "extra: casme2/sub01/EP01" in run("megc2019_flow", "--root", root, "--lines", 1000)[1]


def test_the_official_442_are_recognised(run: Run, flow_root: Path) -> None:
    code, out, _ = run("megc2019_flow", "--root", flow_root)
    assert code == 0 and "REGION, megc3: 442 of 442 clips, those of the official list\n" in out
    assert "megc3: 442 clips, 68 subjects; the official 442 (MEGC 2019)" in out and "442 images: 442 of 28x28" in out


def test_unknown_emotions_missing_apexes_and_unlabelled_folders_are_warnings(run: Run, tmp_path: Path) -> None:
    videos = [*VIDEOS, Video(6, "typo", "hapiness"), Video(7, "none", "fear", apex="/"), Video(8, "unlabelled", "x")]
    write_casme2(tmp_path, videos)
    write_xlsx(tmp_path / SHEET, casme2_rows(videos[:-1]))
    problems = found(run, "casme2", "--root", tmp_path)
    assert problems["emotion"][0].startswith("casme2/sub06/typo: 'hapiness' is in none of the class schemes casme2_3, ")
    assert problems["no apex"] == ["casme2/sub07/none: It has an onset (10) and an offset (12), but no apex."]
    assert problems["unlabelled folder"][0].startswith("sub08/unlabelled: ") and run("casme2", "--root", tmp_path)[0] == 0


def test_rows_of_pixels_are_images_too(run: Run, tmp_path: Path) -> None:
    with (tmp_path / "fer2013.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", "pixels", "Usage"])
        for value, usage in (("7", "Training"), ("7", "PublicTest"), ("8", "PublicTest"), ("x", "PrivateTest")):
            writer.writerow([3, " ".join([value] * 2304), usage])
    problems = found(run, "fer2013", "--root", tmp_path)
    assert "1 of 1 images cannot be read" in problems["image"][0] and "another subject" in problems["same image"][0]


def test_the_synthetic_corpus_has_nothing_on_disk(run: Run) -> None:
    code, out, _ = run("synthetic")
    assert (
        code == 0
        and "164 labelled, 164 usable" in out
        and out.endswith("next: python -m preprocessing.build synthetic --home ~/losotune\n")
    )


@pytest.mark.parametrize(
    "arguments",
    [["nope"], ["casme2"], ["casme2", "--root", ".", "--option", "fps=3"], ["casme2", "--root", ".", "--lines", "0"]],
)
def test_wrong_usage_ends_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        doctor.main(arguments)
    assert exit_info.value.code == 2


def test_help_has_examples_and_every_option_and_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "preprocessing.doctor", "--help"], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0 and "python -m preprocessing.doctor casme2 --root /data/CASME2" in done.stdout
    assert "smic: camera=hs, images=raw" in done.stdout and "exit code" in done.stdout


def test_the_composite_of_raw_corpora_is_looked_at_as_one(run: Run, tmp_path: Path) -> None:
    write_casme2(tmp_path / "casme2", [*VIDEOS, Video(4, "none", "disgust", apex="/")])
    write_samm(tmp_path / "samm", [Video(6, "006_a", "anger")])
    write_smic(tmp_path / "smic", [(1, "positive", 1)])
    problems = found(run, "megc2019", "--root", tmp_path)
    assert [problem.split(":")[0] for problem in problems["no apex"]] == ["casme2/sub04/none"], "SMIC never has one"
    code, out, _ = run("megc2019", "--root", tmp_path, "--option", "samm=samm")
    assert code == 0 and "smic images" in out and "megc3: 5 clips, 5 subjects; not the official 442 (MEGC 2019)" in out
    assert "casme2:sub04/EP12_01f/apex" in out and out.splitlines()[-1].endswith(f"build megc2019 --root {tmp_path} --home ~/losotune")
