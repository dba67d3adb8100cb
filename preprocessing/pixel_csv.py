"""Pixel CSV: FER2013's table of images, one row each: `emotion,pixels,Usage`, or `emotion, Usage, pixels` with blanks in the names.

A row is addressed like a frame: ``Frame(number=row, path=csv)``, rows counted from 0 below the header, as FERPlus counts them.
"""

import csv
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from preprocessing.clip import Frame
from preprocessing.sheets import find_sheet, open_csv

FILES = ("fer2013.csv", "icml_face_data.csv")
SIDE = 48
USAGES = ("Training", "PublicTest", "PrivateTest")
SPLITS = {
    "shcnn": ("train", "test", "validation"),  # SHCNN Sec. 4.1: the reverse of custom
    "microsoft": ("train", "validation", "test"),
}
"""Option -> the split of each of ``USAGES``."""


@dataclass(frozen=True, kw_only=True)
class PixelRow:
    """One image's row."""

    frame: Frame
    label: str
    usage: str
    num_pixels: int


def find_pixels(root: Path) -> Path:
    """FER2013's table under either of its names."""
    return find_sheet(root, FILES)


def rows(path: Path) -> Iterator[PixelRow]:
    """All rows, without reading their pixels."""
    for number, cells in enumerate(_cells(path)):
        label, usage, pixels = cells
        num_pixels = pixels.count(" ") + 1 if pixels else 0
        yield PixelRow(frame=Frame(number=number, path=path), label=label.strip(), usage=usage.strip(), num_pixels=num_pixels)


def read_pixels(frame: Frame) -> np.ndarray:
    """One image: uint8 (48, 48)."""
    images, is_image = _images(frame.path)
    if not frame.number < len(images):
        raise ValueError(f"A row must be one of the table's {len(images)}, but got {frame.number} for {frame.path}. Build the corpus anew.")
    if not is_image[frame.number]:
        raise ValueError(f"An image must be {SIDE * SIDE} values of 0 to 255, but row {frame.number} of {frame.path} is not. Copy it.")
    return images[frame.number]


def split_of(usage: str, splits: str) -> str:
    """``train``, ``validation`` or ``test``."""
    if splits not in SPLITS:
        raise ValueError(f"Option splits must be one of {', '.join(SPLITS)}, but got '{splits}'. Pass --option splits=shcnn.")
    return SPLITS[splits][USAGES.index(usage)]


@functools.lru_cache(maxsize=1)
def _images(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(N, 48, 48) images and (N,) whether each is one: 83 MB, parsed once per process."""
    parsed = [_image(pixels) for _, _, pixels in _cells(path)]
    images = np.stack([np.zeros((SIDE, SIDE), np.uint8) if image is None else image for image in parsed])
    images.setflags(write=False)
    return images, np.array([image is not None for image in parsed])


def _image(pixels: str) -> np.ndarray | None:
    try:
        values = np.array(pixels.split(), dtype=np.int64)
    except ValueError:
        return None
    fits = values.size == SIDE * SIDE and values.min() >= 0 and values.max() <= 255
    return values.astype(np.uint8).reshape(SIDE, SIDE) if fits else None


def _cells(path: Path) -> Iterator[tuple[str, str, str]]:
    """(emotion, usage, pixels) of each row."""
    with open_csv(path) as file:
        table = csv.reader(file)
        header = [name.strip() for name in next(table, [])]
        if not {"emotion", "Usage", "pixels"} <= set(header):
            raise ValueError(f"FER2013's table must have columns emotion, Usage, pixels, but {path} has {header}. Copy it again.")
        columns = [header.index(name) for name in ("emotion", "Usage", "pixels")]
        for cells in table:
            if len(cells) < len(header):
                raise ValueError(f"A row must have {len(header)} cells, but line {table.line_num} of {path} has {len(cells)}. Copy it.")
            emotion, usage, pixels = (cells[column] for column in columns)
            yield emotion, usage, pixels.strip()
