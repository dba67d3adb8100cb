"""Takes: folders of frames, drawn whole under a temporary name and renamed into place."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from preprocessing.atomic import temporary_name
from preprocessing.synthesis import clips as pictures
from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.clips import SyntheticClip, make_clip
from preprocessing.synthesis.faces import Identity, identity
from preprocessing.synthesis.plan import PlannedClip, Settings


@dataclass(frozen=True, kw_only=True)
class Take:
    """One folder of frames of one person: a clip, or a long video with several."""

    folder: str
    """Below the corpus' root."""
    file_name: str
    """``img{n}.jpg``; may have fields of the (first) clip: ``{clip.filename}-{n}.jpg``."""
    camera: Camera
    clips: tuple[PlannedClip, ...]
    numbers: tuple[int, ...]
    """The frames on disk; between expressions the face is at rest."""

    @property
    def num_clips(self) -> int:
        return len(self.clips)

    def is_finished(self, root: Path) -> bool:
        return (root / self.folder).is_dir()

    def write(self, root: Path, settings: Settings) -> None:
        """Draw the frames. A kill leaves a hidden folder that the next run removes."""
        final = root / self.folder
        temporary = temporary_name(final)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        for number, image in self._images(settings):
            (temporary / self.file_name.format(n=number, clip=self.clips[0])).write_bytes(encoded(image, self.file_name, settings))
        temporary.rename(final)

    def _images(self, settings: Settings) -> Iterator[tuple[int, np.ndarray]]:
        left = set(self.numbers)
        for clip in self.clips:
            wanted = left & set(range(clip.onset, clip.offset + 1))
            yield from _frames(synthetic(clip, settings.seed), self.camera, clip.onset, wanted)
            left -= wanted
        if left:
            yield from zip(sorted(left), pictures.frames(self._at_rest(len(left), settings), self.camera), strict=False)

    def _at_rest(self, num_frames: int, settings: Settings) -> SyntheticClip:
        return make_clip(
            person(self.clips[0], settings.seed),
            f"{self.folder} at rest",
            "neutral",
            num_frames=max(num_frames, 2),
            apex=1,
            amplitude_px=0.0,
        )


def take_of(clip: PlannedClip, folder: str, file_name: str, camera: Camera) -> Take:
    """A folder that holds one clip, from onset to offset."""
    return Take(folder=folder, file_name=file_name, camera=camera, clips=(clip,), numbers=clip.numbers)


def videos(
    planned: Iterable[PlannedClip], folder_of: Callable[[PlannedClip], str], file_name: str, camera: Camera, *, margin: int
) -> list[Take]:  # fmt: skip
    """Long videos: the clips of each folder, with ``margin`` frames at rest around each; numbers begin at 1."""
    grouped: dict[str, list[PlannedClip]] = {}
    for clip in planned:
        grouped.setdefault(folder_of(clip), []).append(clip)
    takes = []
    for folder, group in grouped.items():
        around = {n for clip in group for n in range(max(clip.onset - margin, 1), clip.offset + margin + 1)}
        numbers = tuple(sorted(around - {n for clip in group for n in clip.missing}))
        takes.append(Take(folder=folder, file_name=file_name, camera=camera, clips=tuple(group), numbers=numbers))
    return takes


def person(clip: PlannedClip, seed: int) -> Identity:
    """Who shows the clip."""
    return identity(clip.corpus, clip.subject, seed, photo=clip.photo)


def synthetic(clip: PlannedClip, seed: int) -> SyntheticClip:
    """The clip as it is drawn."""
    emotion, apex = clip.shown or clip.emotion, clip.apex - clip.onset
    return make_clip(person(clip, seed), clip.filename, emotion, num_frames=clip.num_frames, apex=apex, amplitude_px=clip.amplitude_px)


def encoded(image: np.ndarray, file_name: str, settings: Settings) -> bytes:
    """An RGB or grey image in the format that the name ends in."""
    suffix = Path(file_name).suffix
    stored = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    options = [cv2.IMWRITE_JPEG_QUALITY, settings.quality] if suffix == ".jpg" else []
    return bytes(cv2.imencode(suffix, stored, options)[1].tobytes())


def _frames(clip: SyntheticClip, camera: Camera, onset: int, wanted: set[int]) -> Iterator[tuple[int, np.ndarray]]:
    for number, image in enumerate(pictures.frames(clip, camera), start=onset):
        if number in wanted:
            yield number, image
