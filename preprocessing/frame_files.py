"""Frame files: image files of a clip's folder with the numbers in their names, parsed and never formatted, and paths that stay inside.

The same corpus pads ``img46.jpg`` in one archive and ``img046.jpg`` in the next, SAMM and CASME even within one.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from preprocessing.clip import Frame

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})
_LAST_NUMBER = re.compile(r"(\d+)$")


def frames_in(folder: Path) -> tuple[Frame, ...]:
    """The folder's images by frame number, without what file systems leave (``Thumbs.db``, ``._img1.jpg``) and names without a number."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    frames = [Frame(number=number, path=folder / name) for name in names if (number := frame_number(name)) is not None]
    return tuple(sorted(frames, key=lambda frame: (frame.number, frame.path.name)))


def frame_number(name: str) -> int | None:
    """The number that an image's name ends in: ``reg_EP02_01f-046.jpg`` -> 46; None where it is no frame: ``img46 (1).jpg``."""
    stem, suffix = os.path.splitext(name)
    found = _LAST_NUMBER.search(stem)
    return int(found[1]) if found and suffix.lower() in IMAGE_SUFFIXES and not name.startswith(".") else None


def repeated_numbers(frames: tuple[Frame, ...]) -> list[int]:
    """Frame numbers that two files have, such as ``img46.jpg`` and ``img046.jpg``."""
    numbers = [frame.number for frame in frames]
    return sorted({number for number, following in zip(numbers, numbers[1:], strict=False) if number == following})


def is_safe(name: str) -> bool:
    """Whether a sheet's name is one path component."""
    return bool(name) and name not in (".", "..") and not re.search(r"[/\\\0]", name)


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, by name; hidden ones do not count."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")) if folder.is_dir() else []


def readable_subfolders(folder: Path) -> list[Path]:
    """As ``subfolders``; none in a folder that may not be read, which whoever needs its clips reports."""
    try:
        return subfolders(folder)
    except OSError:
        return []


def numbered(folder: Path, pattern: str) -> dict[int, Path]:
    """Subfolders by the number in their names: ``sub(\\d+)`` finds ``sub01`` as 1, ``Sub1`` as well. Two of one number raise."""
    found: dict[int, Path] = {}
    for path in subfolders(folder):
        if match := re.fullmatch(pattern, path.name, re.IGNORECASE):
            number = int(match[1])
            if number in found:
                raise ValueError(f"A subject must have one folder, but {found[number]} and {path} have one number. Merge or remove one.")
            found[number] = path
    return found


def archive_folder(root: Path, names: tuple[str, ...], holds: str) -> Path | None:
    """The first folder of these names under ``root``, or ``root`` itself if it has the name, also where an archive nests one in the other.

    ``holds`` is the pattern of its subfolders. A name of ``.`` accepts ``root`` whatever it is called.
    """
    wanted = [name.lower() for name in names]
    starts = [path for name in wanted for path in subfolders(root) if path.name.lower() == name]
    starts += [root] if root.name.lower() in wanted or "." in wanted else []
    for start in starts:
        for folder in (start, *(path for path in subfolders(start) if path.name.lower() in wanted)):
            if any(re.fullmatch(holds, path.name, re.IGNORECASE) for path in subfolders(folder)):
                return folder
    return None


def image_folder(root: Path, kinds: Mapping[str, tuple[str, ...]], wanted: str, holds: str) -> Path:
    """The images of the wanted kind (``raw``, ``cropped``); the error says which kinds are there."""
    if wanted not in kinds:
        raise ValueError(f"Option images must be one of {', '.join(kinds)}, but got '{wanted}'. Pass --option images={min(kinds)}.")
    folder = archive_folder(root, kinds[wanted], holds)
    if folder is None:
        there = [kind for kind in kinds if kind != wanted and archive_folder(root, kinds[kind], holds)]
        other = f"Pass --option images={there[0]}, which is there, or check --root." if there else "Check --root."
        raise ValueError(f"The {wanted} images must lie in {' or '.join(kinds[wanted])}, but no such folder is under {root}. {other}")
    return folder


def image_facts(root: Path, kinds: Mapping[str, tuple[str, ...]], kind: str, folder: Path, holds: str) -> tuple[tuple[str, str], ...]:
    """What a survey says of its images: where they are, whether the archive nests them, and which other kinds lie beside them."""
    others = [(other, found) for other in kinds if other != kind and (found := archive_folder(root, kinds[other], holds))]
    is_nested = folder.parent != root and folder.parent.name.lower() in [name.lower() for name in kinds[kind]]
    return (
        ("images", str(folder)),
        *([("kind of images", kind)] if len(kinds) > 1 else []),
        *([("nested archive", f"{folder.parent.name}/{folder.name}")] if is_nested else []),
        *((f"{other} images too", str(found)) for other, found in others),
    )
