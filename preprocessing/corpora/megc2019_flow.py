"""MEGC 2019 composite as onset-to-apex flow images: 442 clips of CASME II, SMIC-HS and SAMM, one 28x28 image each.

Source   github.com/wangzhifengharrison/HTNet (`datasets/`), the input that STSTNet and its successors train on.
Flat     `STSNet_whole_norm_u_v_os/<subject>_<clip> .png` (the blank is in the original names) + `combined_3_class2_for_optical_flow.csv`.
Tree     `three_norm_u_v_os/<subject>/u_train|u_test/<label>/<subject>_<clip> .png`: one leave-one-subject-out (LOSO) fold per folder;
         a subject's clips are those of its own `u_test`, and every `u_train` must agree with their labels.
Both layouts give equal clips; the folder may be named itself or by its parent.
"""

import csv
import re
from pathlib import Path

from preprocessing.classes import scheme
from preprocessing.clip import Clip, Frame
from preprocessing.options import Plain

PIPELINE = "flow_image"
OPTIONS: dict[str, Plain] = {}

SHEET = "combined_3_class2_for_optical_flow.csv"
IMAGES = "STSNet_whole_norm_u_v_os"
TREE = "three_norm_u_v_os"
_SPELLINGS = {"casme2": r"sub\d\d", "smic": r"s\d\d?", "samm": r"\d\d\d"}


def read(root: Path | None) -> list[Clip]:
    """The clips under ``root``, sorted by key; the layout is detected."""
    if root is None:
        raise ValueError("megc2019_flow must be read from a folder, but got none. Name it: --root DIR.")
    for folder in (root, root.parent) if root.name == IMAGES else (root,):
        if (folder / SHEET).is_file():
            return _sorted_unique(_read_flat(folder))
    for folder in (root / TREE, root):
        if any(folder.glob("*/u_test")):
            return _sorted_unique(_read_tree(folder))
    raise ValueError(f"megc2019_flow must hold '{SHEET}' or '{TREE}/<subject>/u_test', but neither is under {root}. Check --root.")


def source_corpus(subject: str) -> str:
    """The source corpus by the subject's spelling: ``sub01`` casme2, ``s01`` smic, ``006`` samm."""
    for corpus, pattern in _SPELLINGS.items():
        if re.fullmatch(pattern, subject):
            return corpus
    raise ValueError(f"A subject must be spelled sub## (CASME II), s## (SMIC) or ### (SAMM), but got '{subject}'. Check sheet or folder.")


def _read_flat(folder: Path) -> list[Clip]:
    with (folder / SHEET).open(newline="", encoding="utf-8-sig") as sheet:
        rows = list(csv.DictReader(sheet))
    missing = {"sub", "filename_o", "label", "imagename"} - set(rows[0] if rows else ())
    if missing:
        raise ValueError(f"The sheet must have columns sub, filename_o, label, imagename, but {folder / SHEET} lacks {sorted(missing)}.")
    return [_clip_of_row(row, folder) for row in rows]


def _clip_of_row(row: dict[str, str], folder: Path) -> Clip:
    subject, filename = row["sub"], row["filename_o"]
    for text in (subject, filename, row["imagename"]):
        if not text or ".." in text or re.search(r"[/\\\0]", text):
            raise ValueError(f"A name in the sheet must stay in the corpus folder, but got {text!r} in {folder / SHEET}. Correct it.")
    return _clip(subject, filename, row["label"], _image_of_row(row, folder))


def _image_of_row(row: dict[str, str], folder: Path) -> Path:
    """93 SMIC rows name `s01_s1_ne_01.jpg` for the file `s01_s01_ne_01 .png`: the subject and clip name it better than the sheet does."""
    stems = (f"{row['sub']}_{row['filename_o']}", Path(row["imagename"]).stem)
    candidates = [folder / IMAGES / f"{stem}{ending}" for stem in stems for ending in (" .png", ".png")]
    for path in candidates:
        if path.is_file():
            return path
    raise ValueError(
        f"Every row of the sheet must have its image, but {candidates[0]} is missing for clip '{row['sub']}/{row['filename_o']}'. "
        f"Copy it there or fetch the corpus again."
    )


def _read_tree(folder: Path) -> list[Clip]:
    subjects = sorted(path.name for path in folder.iterdir() if (path / "u_test").is_dir())
    clips = [clip for subject in subjects for clip in _held_out_clips(folder, subject)]
    labels = {f"{clip.subject}_{clip.filename}": clip.emotion for clip in clips}
    for subject in subjects:
        _check_training_labels(folder / subject / "u_train", labels)
    return clips


def _held_out_clips(folder: Path, subject: str) -> list[Clip]:
    clips = []
    for path in sorted((folder / subject / "u_test").glob("*/*.png")):
        stem = path.stem.strip()
        if not stem.startswith(f"{subject}_"):
            raise ValueError(f"A subject's u_test must hold only its own clips, but '{subject}' has {path}. Remove that file.")
        clips.append(_clip(subject, stem.removeprefix(f"{subject}_"), path.parent.name, path))
    return clips


def _check_training_labels(folder: Path, labels: dict[str, str]) -> None:
    for path in folder.glob("*/*.png"):
        subject, _, filename = path.stem.strip().partition("_")
        held_out, here = labels.get(f"{subject}_{_clip_name(subject, filename)}"), _emotion(path.parent.name, path)
        if held_out not in (None, here):
            raise ValueError(
                f"A clip must have one label in all folders, but '{subject}/{filename}' is {held_out} in its own u_test and {here} "
                f"at {path}. Correct the tree by the corpus' sheet."
            )


def _clip(subject: str, filename: str, label: str, path: Path) -> Clip:
    return Clip(
        corpus=source_corpus(subject), subject=subject, filename=_clip_name(subject, filename), frames=(Frame(number=0, path=path),),
        onset=None, apex=None, offset=None, emotion=_emotion(label, path),
    )  # fmt: skip


def _clip_name(subject: str, filename: str) -> str:
    """SMIC clips are spelled ``s1_ne_01`` on disk and ``s01_ne_01`` in MEGC's ground truth; the latter is ours."""
    short = re.fullmatch(r"s(\d)(_.*)", filename)
    return f"s0{short[1]}{short[2]}" if short and re.fullmatch(_SPELLINGS["smic"], subject) else filename


def _emotion(label: str, path: Path) -> str:
    megc3 = scheme("megc3")
    index = megc3.index(label)
    if index is None:
        raise ValueError(f"A label must be 0, 1, 2 or one of {megc3.classes}, but got '{label}' for {path}. Correct sheet or folder.")
    return megc3.classes[index]


def _sorted_unique(clips: list[Clip]) -> list[Clip]:
    by_key: dict[str, Clip] = {}
    for clip in clips:
        if clip.key in by_key:
            paths = f"{by_key[clip.key].frames[0].path} and {clip.frames[0].path}"
            raise ValueError(f"A clip must occur once, but '{clip.key}' has {paths}. Keep one.")
        by_key[clip.key] = clip
    return [by_key[key] for key in sorted(by_key)]
