"""Every layout at full size without pictures, and drawn at a tiny size, each through its corpus' reader."""

import csv
import dataclasses
import statistics
from pathlib import Path
from typing import Any

import pytest

from preprocessing import corpora
from preprocessing.clip import Clip
from preprocessing.corpora import megc2019_flow
from preprocessing.counts import check, counted_as
from preprocessing.options import Plain
from preprocessing.sample_set import canonical_line, check_megc2019
from preprocessing.synthesis import layouts
from preprocessing.synthesis.pixel_tables import NOT_A_FACE
from preprocessing.synthesis.plan import Plan, PlannedClip
from preprocessing.synthesis.takes import Take
from preprocessing.synthesize import make_settings, read_names, synthesize

VARIANTS = [(name, variant) for name in layouts.names() for variant in layouts.load(name).VARIANTS]
TASKS = {
    ("casme", "189rows"): ("casme_4", "casme_5", "casme_8"),
    ("casme2", "20140508"): ("casme2_5", "casme2_7"),
    ("casme2", "20190701"): ("casme2_4",),
    ("casme2", "objective"): (),
    ("casme3", "v2"): ("casme3_3", "casme3_7"),
    ("casme_squared", "final"): ("casme_squared_4",),
    ("fourdme", "v1"): (),
    ("megc2019", "20140508"): ("megc3",),
    ("megc2019", "20190701"): ("megc3",),
    ("megc2019", "objective"): ("megc3",),
    ("mmew", "released"): ("mmew_7",),
    ("mmew", "documented"): ("mmew_7",),
    ("samm", "v2"): ("samm_3", "samm_4", "samm_5", "samm_8"),
    ("smic", "hs"): ("smic_3", "megc3"),
    ("smic", "vis"): ("smic_3",),
    ("smic", "nir"): ("smic_3",),
}
"""Published counts that the whole corpus meets, by corpus and variant."""
DRAWN = [(name, variant, "raw") for name, variant in VARIANTS] + [
    (name, layouts.load(name).VARIANTS[0], "cropped") for name in layouts.names() if "cropped" in layouts.load(name).IMAGES
]


def plan_of(corpus: str, variant: str, **settings: Any) -> Plan:
    return layouts.load(corpus).plan(make_settings(corpus, variant=variant, **settings))


def write_without_pictures(plan: Plan, root: Path) -> Path:
    """Sheets and empty folders."""
    for path, data in plan.files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    for unit in plan.units:
        assert isinstance(unit, Take)
        (root / unit.folder).mkdir(parents=True, exist_ok=True)
    return root


def read(plan: Plan, root: Path, **options: Plain) -> dict[str, Clip]:
    return {clip.key: clip for clip in corpora.load(plan.settings.corpus).read(root, **{**plan.options, **options})}


def as_read(clip: PlannedClip) -> tuple[int | None, int | None, int | None]:
    """Onset, apex and offset as the corpus' reader has them where no correction is known."""
    if clip.corpus == "smic":
        return clip.numbers[0], None, clip.numbers[-1]
    apex = clip.cells.get("apex", str(clip.apex))
    offset = clip.cells.get("offset", str(clip.offset))
    return clip.onset, int(apex) if apex not in ("/", "0") else None, clip.apex if offset == "0" else int(offset)


def test_layouts_are_those_of_the_licensed_corpora() -> None:
    composed = {"casme2_samm"}  # of the folders that casme2 and samm, or megc2019, are synthesized into
    assert layouts.names() == sorted(set(corpora.names()) - {"megc2019_flow", "synthetic"} - composed)
    with pytest.raises(ValueError, match="must be one of casme, casme2, .*but got 'synthetic'"):
        layouts.load("synthetic")


@pytest.mark.parametrize(("corpus", "variant"), TASKS)
def test_full_size_sheets_and_folders_have_the_published_counts(corpus: str, variant: str, tmp_path: Path) -> None:
    plan = plan_of(corpus, variant)
    survey = corpora.load(corpus).survey(write_without_pictures(plan, tmp_path), **plan.options)
    assert not survey.of_kind("sheet") and "unknown" not in dict(survey.facts).values(), "the reader knows the sheet"
    assert not [
        problem for problem in survey.problems if problem.fatal or problem.kind in ("no folder", "range", "number", "path", "clip name")
    ]
    for task in TASKS[corpus, variant]:
        report = check(counted_as(corpus, plan.options), task, survey.clips)
        assert report.official, str(report)
    labelled = [clip for clip in plan.clips if clip.has_row]
    assert len(plan.clips) == len({clip.key for clip in plan.clips})
    if corpus != "megc2019":
        assert [clip.key for clip in survey.clips] == sorted(clip.key for clip in labelled)
        assert {clip.key: clip.emotion for clip in survey.clips} == {
            clip.key: str(clip.cell("emotion")) for clip in labelled
        } or corpus == "fourdme"
    assert [problem.where for problem in survey.of_kind("unlabelled folder")] == [
        f"{c.subject}/{c.filename}" for c in plan.clips if not c.has_row
    ]


@pytest.mark.parametrize(("corpus", "variant"), [pair for pair in VARIANTS if pair[0] in ("casme", "casme2", "mmew", "samm", "casme3")])
def test_planted_errors_are_corrected_to_the_truth(corpus: str, variant: str, tmp_path: Path) -> None:
    plan = plan_of(corpus, variant, with_errors=True)
    survey = corpora.load(corpus).survey(write_without_pictures(plan, tmp_path), **plan.options)
    applied = {name for name, outcome in survey.patches if outcome.startswith("applied")}
    truth = {clip.key: clip for clip in plan.clips}
    wrong = [clip for clip in plan.clips if {"onset", "apex", "offset"} & set(clip.cells) and "on the onset" not in clip.quirk]
    expected = {"casme": 11, "mmew": 32, "samm": 9, "casme3": 6}.get(corpus) or {"20190701": 22, "20140508": 2, "objective": 2}[variant]
    assert len(applied) == expected and wrong
    found = {clip.key: clip for clip in survey.clips}
    for clip in wrong:
        key = clip.key if corpus != "casme3" else f"casme3/{clip.subject}/{clip.video}_{clip.cell('onset')}"
        assert (found[key].onset, found[key].apex, found[key].offset) == (clip.onset, clip.apex, clip.offset), clip
    assert len(truth) == len(plan.clips)
    untouched = corpora.load(corpus).survey(tmp_path, **plan.options, patches=False)
    assert untouched.of_kind("apex") or untouched.of_kind("range") or any(clip.apex is None for clip in untouched.clips)


def test_rows_are_where_published_corrections_count_them() -> None:
    samm = [clip.filename for clip in plan_of("samm", "v2").clips]
    assert (samm[125], samm[132]) == ("028_4_1", "032_3_1")
    casme2 = plan_of("casme2", "20190701").clips
    assert casme2[29].key == "casme2/sub04/EP12_01f" and casme2[60].offset == 91 and casme2[35].apex == 68
    assert sum(clip.cells.get("apex") == "/" for clip in casme2) == 21
    casme3 = plan_of("casme3", "v2").clips
    assert casme3[59].cell("video") == "J" and casme3[796].offset == 1845


def test_clip_lengths_and_apexes_follow_the_published_statistics() -> None:
    lengths = [clip.num_frames for clip in plan_of("casme2", "20140508").clips]
    assert 63 <= statistics.mean(lengths) <= 72 and 19 <= statistics.stdev(lengths) <= 27 and min(lengths) >= 24 and max(lengths) <= 141
    smic = plan_of("smic", "hs").clips
    assert 31 <= statistics.mean(clip.num_frames for clip in smic) <= 36
    assert 0.6 <= statistics.mean((clip.apex - clip.onset) / (clip.num_frames - 1) for clip in smic) <= 0.72, (
        "towards the end, as published"
    )
    assert all(clip.onset < clip.apex <= clip.offset for name, variant in TASKS for clip in plan_of(name, variant).clips)


def test_names_on_disk_have_the_quirks_of_the_official_archives() -> None:
    def names(corpus: str, variant: str) -> dict[str, str]:
        units = plan_of(corpus, variant).units
        return {
            f"{u.folder}/{u.file_name.format(n=u.numbers[0], clip=u.clips[0])}": u.clips[0].filename for u in units if isinstance(u, Take)
        }

    nested = names("casme2", "20140508")
    assert all(name.startswith("CASME2_RAW_selected/CASME2_RAW_selected/sub") and "/img0" not in name for name in nested)
    smic = names("smic", "hs")
    assert {len(Path(name).stem) - len("image") for name in smic} == {6, 8} and all(name.endswith(".bmp") for name in smic)
    assert all("/s0" not in name for name in smic), "neither subject nor clip is padded"
    digits = {clip: len(Path(name).stem.split("_")[1]) for name, clip in names("samm", "v2").items()}
    assert sorted(clip for clip, count in digits.items() if count == 4) == [
        "013_1_12", "013_1_8", "017_3_2", "026_1_1", "026_1_2", "035_7_2"
    ] and set(digits.values()) == {4, 5}  # fmt: skip
    casme = [Path(name).stem.rsplit("-", 1)[1] for name in names("casme", "189rows")]
    assert all(len(number) >= 3 for number in casme[92:]) and any(len(number) < 3 for number in casme[:92])
    assert "rawpic/s19/23_0502funnyerrors/img001.jpg" in names("casme_squared", "final")
    casme3 = names("casme3", "v2")
    assert {name.split("/")[1][:4] for name in casme3} == {"spNO", "spNo"} and any("/j/color/" in name for name in casme3)
    assert {name.split("/")[2] for name in names("mmew", "released")} >= {"repression", "anger"}


@pytest.mark.parametrize(("corpus", "variant", "images"), DRAWN)
def test_readers_read_what_was_drawn(corpus: str, variant: str, images: str, tmp_path: Path) -> None:
    settings = make_settings(corpus, variant=variant, images=images, subjects=2, clips_per_subject=2, max_frames=5, size="quarter")
    plan = synthesize(settings, tmp_path / "corpus", progress=False).plan
    clips = read(plan, tmp_path / "corpus")
    wanted = [clip for clip in plan.clips if clip.key in clips]
    assert len(wanted) == len(clips) >= 4
    left_out = [clip for clip in plan.clips if clip.key not in clips]
    assert all(not clip.has_row or clip.quirk in ("half", "undecided", NOT_A_FACE) or corpus == "megc2019" for clip in left_out)
    for planned in wanted:
        clip = clips[planned.key]
        assert all(frame.path.is_file() for frame in clip.frames) and clip.frames
        if corpus in ("fer2013", "ferplus"):
            assert clip.emotion == planned.emotion and len(clip.frames) == 1
            continue
        patched = planned.key == "casme2/sub04/EP12_01f"
        assert (clip.onset, clip.apex, clip.offset) == ((planned.onset, 279, planned.offset) if patched else as_read(planned))
        assert clip.emotion == planned.emotion or corpus == "megc2019"
        assert [frame.number for frame in clip.frames] == [n for n in planned.numbers if n <= (clip.offset or 0)]


def test_without_official_names_the_442_have_official_counts_and_other_names(tmp_path: Path) -> None:
    plan = plan_of("megc2019", "20140508")
    clips = list(read(plan, write_without_pictures(plan, tmp_path)).values())
    assert check("megc2019", "megc3", clips).official and not check_megc2019(clips).official


@pytest.mark.parametrize("variant", layouts.load("megc2019").VARIANTS)
def test_with_the_official_names_the_442_come_out(flow_root: Path, tmp_path: Path, variant: str) -> None:
    official = megc2019_flow.read(flow_root)
    labels = {"negative": 0, "positive": 1, "surprise": 2}
    with (tmp_path / "gt.csv").open("w", newline="") as file:
        csv.writer(file).writerows(canonical_line(clip, labels[clip.emotion]).split(",") for clip in official)
    plan = plan_of("megc2019", variant, names=read_names(tmp_path / "gt.csv"))
    clips = read(plan, write_without_pictures(plan, tmp_path / "corpus")).values()
    assert check_megc2019(clips).official
    assert {clip.key for clip in plan.clips} > {clip.key for clip in official}, "with what the composite leaves out beside them"


def test_names_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be of subjects that samm has, but the list has 8"):
        plan_of("megc2019", "20140508", names=(("samm", "8", "008_1_1", "0"),))
    (tmp_path / "gt.csv").write_text("casme2,sub01,EP01_01,3\n")
    with pytest.raises(ValueError, match="lines of corpus,subject,clip,class, but got 'casme2,sub01,EP01_01,3'"):
        read_names(tmp_path / "gt.csv")
    (tmp_path / "gt.csv").write_text("casme2,sub01,../../elsewhere,0\n")
    with pytest.raises(ValueError, match="lines of corpus,subject,clip,class"):
        read_names(tmp_path / "gt.csv")
    with pytest.raises(
        ValueError, match="must fit the published counts, but casme2/sub22 has no clip left that is .*surprise.* for 'EP01_01'"
    ):
        plan_of("casme2", "20140508", names=(("casme2", "sub22", "EP01_01", "2"),))


def test_votes_have_the_published_counts_of_both_rules(tmp_path: Path) -> None:
    plan = plan_of("ferplus", "folders")
    (tmp_path / "data/FER2013Train").mkdir(parents=True)
    (tmp_path / "fer2013new.csv").write_bytes(plan.files["fer2013new.csv"])
    for rule, task in (("strict", "ferplus"), ("half", "ferplus_half")):
        assert check(task, "ferplus_8", corpora.load("ferplus").survey(tmp_path, rule=rule).clips).official
    with (tmp_path / "fer2013new.csv").open(newline="") as file:
        votes = list(csv.reader(file))[1:]
    assert len(votes) == 35887 and sorted({sum(map(int, row[2:])) for row in votes}) == [9, 10]
    assert [sum(not row[1] and row[0] == usage for row in votes) for usage in ("Training", "PublicTest", "PrivateTest")] == [148, 10, 15]
    assert sum(sum(map(int, row[2:])) == 9 for row in votes) == 1


@pytest.mark.parametrize("corpus", ["fer2013", "ferplus"])
def test_tables_have_the_published_classes(corpus: str) -> None:
    plan = plan_of(corpus, "")
    assert plan.table is not None
    names = layouts.load("fer2013").EMOTIONS
    clips = [
        Clip(corpus="fer2013", subject=usage, filename=str(at), frames=(), onset=None, apex=None, offset=None, emotion=names[label])
        for at, (label, usage) in enumerate(plan.table.labels)  # type: ignore[attr-defined]
    ]
    assert check("fer2013", "fer2013_7", clips).official


def test_another_seed_gives_other_clips_and_the_same_counts() -> None:
    one, same, other = (plan_of("samm", "v2", seed=seed) for seed in (0, 0, 1))
    assert one.clips == same.clips and one.files == same.files
    assert [clip.key for clip in one.clips] == [clip.key for clip in other.clips]
    assert [dataclasses.astuple(clip) for clip in one.clips] != [dataclasses.astuple(clip) for clip in other.clips]
