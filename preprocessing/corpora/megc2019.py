"""MEGC 2019 composite from its three raw corpora: 442 clips, 68 subjects, three classes (SMIC-HS 164, CASME II 145, SAMM 133).

Folders  `<root>/casme2`, `<root>/smic`, `<root>/samm`, each in its corpus' own layout; options name other folders.
Classes  Emotions are merged here, per source corpus, because `repression` and `others` mean different things to each: a clip's emotion is
         `negative`, `positive` or `surprise`. CASME II: disgust and repression are negative, sadness, fear and others are not used. SAMM:
         anger, contempt, disgust, fear and sadness are negative, other is not used.
Left out `EXCLUDED`: clips of CASME II that fit the classes but are not among the official 442, whichever sheet is read.
`preprocessing.sample_set.check_megc2019` proves the result. Source: MEGC 2019 challenge, `combined_3class_gt.csv`.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from preprocessing import patches as corrections
from preprocessing.classes import scheme
from preprocessing.clip import Clip
from preprocessing.composite import combined, folder_of
from preprocessing.corpora import casme2 as casme2_corpus
from preprocessing.corpora import samm as samm_corpus
from preprocessing.corpora import smic as smic_corpus
from preprocessing.options import Plain
from preprocessing.survey import Survey

OPTIONS: dict[str, Plain] = {
    "casme2": "casme2",  # folder under root, in any case
    "smic": "smic",
    "samm": "samm",
    "images": "raw",  # or cropped, of CASME II and SMIC
    "sheet": "",  # of CASME II, where several lie side by side
    **corrections.OPTIONS,
}
SCHEMES = {"casme2": "casme2_3", "smic": "smic_3", "samm": "samm_3"}
EXCLUDED = {
    ("sub04", "EP12_01f"): "no apex in the 2014 sheet",
    ("sub05", "EP09_05f"): "not in the official list",
    ("sub24", "EP02_07"): "only in the 256-row sheet",
    ("sub24", "EP07_01"): "sadness in 2014, surprise in the sheet with objective classes",
    ("sub24", "EP07_04f"): "sadness in 2014, surprise in the sheet with objective classes",
    ("sub24", "EP10_03"): "sadness in 2014, surprise in the sheet with objective classes",
}
"""CASME II clips by (subject, filename), and why they are not among the 442."""


def read(
    root: Path | None, *, casme2: str = "casme2", smic: str = "smic", samm: str = "samm", images: str = "raw", sheet: str = "",
    patches: bool = True, skip_patches: str = "",
) -> list[Clip]:  # fmt: skip
    """The clips of the composite, sorted by key."""
    folders = {"casme2": casme2, "smic": smic, "samm": samm}
    return _survey(root, folders, images, sheet, patches, skip_patches).checked()


def survey(
    root: Path | None, *, casme2: str = "casme2", smic: str = "smic", samm: str = "samm", images: str = "raw", sheet: str = "",
    patches: bool = True, skip_patches: str = "",
) -> Survey:  # fmt: skip
    """The three corpora's surveys as one."""
    return _survey(root, {"casme2": casme2, "smic": smic, "samm": samm}, images, sheet, patches, skip_patches)


def _survey(root: Path | None, folders: Mapping[str, str], images: str, sheet: str, patches: bool, skip_patches: str) -> Survey:
    if root is None:
        raise ValueError("megc2019 must be read from a folder, but got none. Name it: --root DIR.")
    skipped = _skipped(skip_patches)
    parts = {
        "casme2": casme2_corpus.survey(
            folder_of(root, folders["casme2"]), images=images, sheet=sheet, patches=patches, skip_patches=skipped["casme2"]
        ),
        "smic": smic_corpus.survey(folder_of(root, folders["smic"]), images=images),
        "samm": samm_corpus.survey(folder_of(root, folders["samm"]), patches=patches, skip_patches=skipped["samm"]),
    }
    return combined("megc2019", parts, merged)


def _skipped(names: str) -> dict[str, str]:
    """``casme2:NAME,samm:NAME`` by corpus."""
    pairs = [name.strip().split(":", 1) for name in names.split(",") if name.strip()]
    if wrong := [":".join(pair) for pair in pairs if len(pair) != 2 or pair[0] not in ("casme2", "samm")]:
        raise ValueError(f"Option skip_patches of megc2019 must name corpus:correction, but got '{wrong[0]}'. Write casme2:{wrong[0]}.")
    return {corpus: ",".join(pair[1] for pair in pairs if pair[0] == corpus) for corpus in ("casme2", "samm")}


def merged(part: Survey) -> list[Clip]:
    """The clips of CASME II, SMIC or SAMM that are in the composite, with the composite's classes."""
    merge = scheme(SCHEMES[part.corpus])
    return [
        dataclasses.replace(clip, emotion=merge.classes[index])
        for clip in part.clips
        if (index := merge.index(clip.emotion)) is not None and not (clip.corpus == "casme2" and (clip.subject, clip.filename) in EXCLUDED)
    ]
