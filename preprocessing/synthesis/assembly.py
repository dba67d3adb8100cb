"""Assembly: clips, the pictures that each kind of images needs, and tables, put together into a plan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from preprocessing.options import Plain
from preprocessing.synthesis.actions import action_units
from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings
from preprocessing.synthesis.takes import Take, take_of, videos
from preprocessing.synthesis.workbook import Cell


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """One kind of images: where they lie and how they are filmed."""

    camera: Camera
    folder: Callable[[PlannedClip], str]
    """A clip's folder below the root; several clips of one folder are parts of a long video."""
    file_name: str
    """``img{n}.jpg``, ``{clip.filename}-{n:0{clip.digits}d}.jpg``."""
    margin: int = 0
    """Frames at rest around the expressions of a video."""


def assembled(
    settings: Settings, clips: Sequence[PlannedClip], pictures: Mapping[str, Pictures], *, files: Mapping[str, bytes],
    options: Mapping[str, Plain] | None = None, notes: Sequence[str] = (),
) -> Plan:  # fmt: skip
    """The plan of a corpus of frames."""
    kinds = settings.kinds(tuple(pictures))
    cameras = {kind: settings.camera(pictures[kind].camera) for kind in kinds}
    return Plan(
        settings=settings, clips=tuple(clips), files=dict(files), notes=tuple(notes),
        units=tuple(take for kind in kinds for take in _takes(clips, pictures[kind], cameras[kind])),
        cameras={f"{settings.corpus} {kind}": cameras[kind] for kind in kinds},
        options={**(options or {}), **({"images": kinds[0]} if len(pictures) > 1 else {})},
    )  # fmt: skip


def _takes(clips: Sequence[PlannedClip], of: Pictures, camera: Camera) -> list[Take]:
    if of.margin:
        return videos(clips, of.folder, of.file_name, camera, margin=of.margin)
    return [take_of(clip, of.folder(clip), of.file_name, camera) for clip in clips]


def facs(clip: PlannedClip) -> Cell:
    """The clip's facial actions as sheets have them: ``6+12``, or the number 4."""
    if "action_units" in clip.cells:
        return clip.cells["action_units"]
    units = action_units(clip.shown or clip.emotion)
    return units[0] if len(units) == 1 else "+".join(map(str, units))
