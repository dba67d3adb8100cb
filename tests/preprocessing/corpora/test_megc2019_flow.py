from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from preprocessing.clip import Clip
from preprocessing.corpora import megc2019_flow

LABELS = {"negative": "0", "positive": "1", "surprise": "2"}


def write_tree(clips: list[Clip], root: Path, *, folds: int) -> Path:
    """The LOSO folder tree of some clips, as links: every subject's u_test, and u_train of the first ``folds`` subjects."""
    subjects = sorted({clip.subject for clip in clips})
    for clip in clips:
        for subject in {clip.subject, *subjects[:folds]}:
            part = "u_test" if subject == clip.subject else "u_train"
            folder = root / "three_norm_u_v_os" / subject / part / LABELS[clip.emotion]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{clip.subject}_{clip.filename} .png").symlink_to(clip.frames[0].path)
    return root


def test_the_public_images_are_442_clips_of_68_subjects(flow_root: Path) -> None:
    clips = megc2019_flow.read(flow_root)
    assert len(clips) == 442 and len({clip.qualified_subject for clip in clips}) == 68
    assert Counter(clip.emotion for clip in clips) == {"negative": 250, "positive": 109, "surprise": 83}
    assert Counter(clip.corpus for clip in clips) == {"casme2": 145, "smic": 164, "samm": 133}
    assert [clip.key for clip in clips] == sorted({clip.key for clip in clips})
    assert any(clip.subject == "006" for clip in clips)


def test_both_layouts_of_the_public_images_are_equal(flow_root: Path, tmp_path: Path) -> None:
    flat = megc2019_flow.read(flow_root)
    root = write_tree(flat, tmp_path, folds=3)
    for folder in (root, root / "three_norm_u_v_os"):
        tree = megc2019_flow.read(folder)
        assert [(clip.key, clip.emotion) for clip in tree] == [(clip.key, clip.emotion) for clip in flat]


def test_spellings_on_disk_may_differ(fake_flow: Callable[..., Path]) -> None:
    root = fake_flow(("s01", "s01_ne_01", "0"), ("006", "006_1_2", "1"))
    images = root / megc2019_flow.IMAGES
    (images / "s01_s01_ne_01 .png").rename(images / "s01_s01_ne_01.png")
    assert [clip.key for clip in megc2019_flow.read(images)] == ["samm/006/006_1_2", "smic/s01/s01_ne_01"]


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a\\b"])
def test_a_row_may_not_leave_the_folder(fake_flow: Callable[..., Path], name: str) -> None:
    root = fake_flow(("sub01", "EP01", "0"))
    sheet = root / megc2019_flow.SHEET
    sheet.write_text(sheet.read_text() + f",sub01,{name},0,,{name}.jpg,\n")
    with pytest.raises(ValueError, match="must stay in the corpus folder"):
        megc2019_flow.read(root)


def test_a_missing_image_names_clip_and_path(fake_flow: Callable[..., Path]) -> None:
    root = fake_flow(("sub01", "EP01", "0"))
    (root / megc2019_flow.IMAGES / "sub01_EP01 .png").unlink()
    with pytest.raises(ValueError, match=r"sub01_EP01 \.png is missing for clip 'sub01/EP01'"):
        megc2019_flow.read(root)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("sub01", "EP01", "3"), "A label must be"),
        (("x1", "EP01", "0"), "A subject must be spelled"),
        (("6", "6_1", "0"), "be spelled"),
    ],
)
def test_a_wrong_row_is_refused(fake_flow: Callable[..., Path], row: tuple[str, str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        megc2019_flow.read(fake_flow(row))


def test_a_clip_that_occurs_twice_is_refused(fake_flow: Callable[..., Path]) -> None:
    with pytest.raises(ValueError, match="must occur once, but 'casme2/sub01/EP01'"):
        megc2019_flow.read(fake_flow(("sub01", "EP01", "0"), ("sub01", "EP01", "1")))


def test_a_tree_that_contradicts_itself_is_refused(fake_flow: Callable[..., Path], tmp_path: Path) -> None:
    clips = megc2019_flow.read(fake_flow(("sub01", "EP01", "0"), ("sub02", "EP01", "1")))
    tree = write_tree(clips, tmp_path, folds=2) / megc2019_flow.TREE
    (tree / "sub01/u_train/1").rename(tree / "sub01/u_train/2")
    with pytest.raises(ValueError, match="'sub02/EP01' is positive in its own u_test and surprise"):
        megc2019_flow.read(tree)
    (tree / "sub01/u_test/0/sub02_EP01 .png").symlink_to(clips[1].frames[0].path)
    with pytest.raises(ValueError, match="must hold only its own clips, but 'sub01'"):
        megc2019_flow.read(tree)


def test_a_folder_of_neither_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither is under"):
        megc2019_flow.read(tmp_path)
    with pytest.raises(ValueError, match="--root"):
        megc2019_flow.read(None)
