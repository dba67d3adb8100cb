"""CASME II and SAMM as one corpus of four classes: STRCN's composite, 415 clips (256 and 159) of 55 subjects.

Folders  `<root>/casme2` and `<root>/samm`, each in its corpus' own layout; options name other folders.
Classes  Emotions are merged here, per source corpus, because what is `other` differs: a clip's emotion is `positive`, `negative`,
         `surprise` or `other`, the classes of the scheme `casme2_4`.
Source   Xia et al., IEEE TMM 2020, Sec. IV, Table VI. 256 clips of CASME II are those of the sheet with 256 rows.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from preprocessing.classes import scheme
from preprocessing.clip import Clip
from preprocessing.composite import combined, folder_of
from preprocessing.corpora import casme2 as casme2_corpus
from preprocessing.corpora import samm as samm_corpus
from preprocessing.options import Plain
from preprocessing.survey import Survey

OPTIONS: dict[str, Plain] = {
    "casme2": "casme2",  # folder under root, in any case
    "samm": "samm",
    "images": "raw",  # or cropped, of CASME II
    "sheet": "",  # of CASME II, where several lie side by side
}
SCHEMES = {"casme2": "casme2_4", "samm": "samm_4"}


def read(root: Path | None, *, casme2: str = "casme2", samm: str = "samm", images: str = "raw", sheet: str = "") -> list[Clip]:
    """The clips of both, sorted by key."""
    return _survey(root, {"casme2": casme2, "samm": samm}, images, sheet).checked()


def survey(root: Path | None, *, casme2: str = "casme2", samm: str = "samm", images: str = "raw", sheet: str = "") -> Survey:
    """Both corpora's surveys as one."""
    return _survey(root, {"casme2": casme2, "samm": samm}, images, sheet)


def _survey(root: Path | None, folders: Mapping[str, str], images: str, sheet: str) -> Survey:
    if root is None:
        raise ValueError("casme2_samm must be read from a folder, but got none. Name it: --root DIR.")
    parts = {
        "casme2": casme2_corpus.survey(folder_of(root, folders["casme2"]), images=images, sheet=sheet),
        "samm": samm_corpus.survey(folder_of(root, folders["samm"])),
    }
    return combined("casme2_samm", parts, _merged)


def _merged(part: Survey) -> list[Clip]:
    """A corpus' clips that are of the four classes, with those as their emotions."""
    merge = scheme(SCHEMES[part.corpus])
    labelled = ((clip, merge.index(clip.emotion)) for clip in part.clips)
    return [dataclasses.replace(clip, emotion=merge.classes[index]) for clip, index in labelled if index is not None]
