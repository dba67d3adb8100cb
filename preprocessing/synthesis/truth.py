"""Truth: what a synthetic corpus really shows, beside its folders. Clips, amplitudes and cameras, enough to compute the true flow again."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.clips import SyntheticClip
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings
from preprocessing.synthesis.takes import synthetic

FILE = "truth.json"


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A synthetic corpus' truth file."""

    settings: Mapping[str, Any]
    """As the command line had them."""
    options: Mapping[str, Any]
    """With which the corpus' reader reads it."""
    cameras: Mapping[str, Camera]
    """``casme2 raw`` -> camera."""
    clips: Mapping[str, PlannedClip]
    """By key."""

    def synthetic(self, key: str) -> SyntheticClip:
        """The clip as it was drawn, for ``clips.true_flow``; its frame 0 is the onset."""
        if key not in self.clips:
            raise ValueError(f"A clip must be one of the {len(self.clips)} in {FILE}, but got '{key}'. Read the corpus anew.")
        return synthetic(self.clips[key], int(self.settings["seed"]))


def load(root: Path) -> Truth:
    """The truth of the corpus in that folder."""
    path = root / FILE
    if not path.is_file():
        raise ValueError(
            f"A synthetic corpus must have a {FILE}, but none is in {root}. Make one: python -m preprocessing.synthesize --help"
        )
    plain = json.loads(path.read_text(encoding="utf-8"))
    clips = {key: _clip(key, fields) for key, fields in plain["clips"].items()}
    cameras = {name: Camera(**fields) for name, fields in plain["cameras"].items()}
    return Truth(settings=plain["settings"], options=plain["options"], cameras=cameras, clips=clips)


def encode(plan: Plan) -> bytes:
    """The truth file: equal plans give equal bytes."""
    clips = {clip.key: _fields(clip, plan.settings) for clip in plan.clips}
    plain = {
        "settings": plain_settings(plan.settings), "options": dict(plan.options),
        "cameras": {name: dataclasses.asdict(camera) for name, camera in plan.cameras.items()}, "clips": clips,
    }  # fmt: skip
    return (json.dumps(plain, sort_keys=True, indent=1) + "\n").encode()


def plain_settings(settings: Settings) -> dict[str, Any]:
    """The settings as JSON has them; of the official names, which are licence-bound, only a digest."""
    lines = "\n".join(map(",".join, settings.names))
    names = hashlib.sha256(lines.encode()).hexdigest()[:16] if settings.names else ""
    return {**dataclasses.asdict(settings), "names": names}


def _fields(clip: PlannedClip, settings: Settings) -> dict[str, Any]:
    """A clip without what its key tells and what is empty; the drawn amplitude and the facial actions besides."""
    fields = {name: value for name, value in dataclasses.asdict(clip).items() if value not in (None, "", 0, 0.0, (), {})}
    if clip.offset:
        drawn = synthetic(clip, settings.seed)
        fields |= {"amplitude_px": drawn.amplitude_px, "action_units": drawn.action_units}
    return {name: value for name, value in fields.items() if name not in ("corpus", "subject", "filename")} | {"has_row": clip.has_row}


def _clip(key: str, fields: Mapping[str, Any]) -> PlannedClip:
    corpus, subject, filename = key.split("/")
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items() if name != "action_units"
    }
    return PlannedClip(corpus=corpus, subject=subject, filename=filename, **plain)
