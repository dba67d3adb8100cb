"""Endpoint error: how far each flow method is from the true flow of synthesized clips, as a Markdown table on stdout.

Clips: invented identities filmed as for CASME II, 640x480, one emotion each, onset to apex; the landmarks that a face was drawn
with give the crop of Eq. (1) for both frames. Identities, emotions and amplitudes follow from a clip's place alone. Errors are means over
pixels, then over clips.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from docs.figures.pairs import Pair, cut, endpoint_error, film
from preprocessing.steps import flow
from preprocessing.synthesis.camera import CAMERAS, Camera
from preprocessing.synthesis.clips import NOISE, SyntheticClip, make_clip
from preprocessing.synthesis.faces import identity

RANGES = ((0.2, 0.5), (0.5, 1.0), (1.0, 2.0))
"""Of the largest displacement, in pixels of a crop of 280x340."""
EMOTIONS = ("happiness", "surprise", "disgust", "repression", "others", "tense", "sadness", "contempt")
METHODS = ("tvl1", "tvl1_opencv", "farneback", "dis", "classic_l", "classic_nl_fast")
"""All but FlowNet2, whose weights are the user's to bring."""
ZERO = "zero flow"


@dataclass(frozen=True, kw_only=True)
class Study:
    """What is measured."""

    methods: tuple[str, ...] = METHODS
    num_clips: int = 6
    sides: tuple[int, ...] = (112, 0)
    """Of the square that the face is brought to; 0: the camera's own scale."""
    noise: float = NOISE
    quality: int | None = 95
    """Of JPEG; None: no file between camera and method."""
    camera: Camera = field(default_factory=lambda: CAMERAS["casme2"])


Errors = dict[tuple[int, str, int], list[tuple[float, float]]]
"""(side, method, number of the range) -> per clip the mean error (where skin moves, over the whole crop), in pixels of the crop."""


def cases(study: Study) -> Iterator[tuple[int, SyntheticClip]]:
    """(number of the range, clip), all ranges of an identity one after the other: its face is drawn once."""
    for place in range(study.num_clips):
        person, emotion = identity("casme2", f"sub{place + 1:02d}"), EMOTIONS[place % len(EMOTIONS)]
        for at, (low, high) in enumerate(RANGES):
            amplitude = float(person.rng("endpoint error", f"{low} to {high}").uniform(low, high))
            yield at, make_clip(person, f"{emotion}_{at}", emotion, num_frames=2, apex=1, amplitude_px=amplitude, noise=study.noise)


def measure(study: Study) -> Errors:
    """The errors of every method on every clip; progress on stderr."""
    errors: Errors = {}
    for at, clip in cases(study):
        filmed = film(clip, study.camera, 1, quality=study.quality)
        for side in study.sides:
            both = cut(filmed, (side, side) if side else None)
            for method in (ZERO, *study.methods):
                errors.setdefault((side, method, at), []).append(means(both, method))
        print(f"{clip.key}: {clip.emotion}, {clip.amplitude_px:.2f} px", file=sys.stderr, flush=True)
    return errors


def means(both: Pair, method: str) -> tuple[float, float]:
    """Mean endpoint error where skin moves, and over the whole crop."""
    found = np.zeros_like(both.true) if method == ZERO else flow.compute(both.first, both.second, method=method)
    error = endpoint_error(found, both.true)
    return float(error[both.moving].mean()), float(error.mean())


def table(study: Study, errors: Errors) -> str:
    """Markdown: a table per size; cells are error where skin moves / over the whole crop."""
    jpeg = "no JPEG" if study.quality is None else f"JPEG of quality {study.quality}"
    lines = [f"{study.num_clips} clips per range, noise of {study.noise:g} grey levels, {jpeg}; moving skin / whole crop"]
    for side in study.sides:
        name = f"{side} x {side}" if side else "camera's scale"
        lines += ["", "| " + " | ".join([name, *(f"{low:g} to {high:g} px" for low, high in RANGES)]) + " |", "|---" * 4 + "|"]
        for method in (ZERO, *study.methods):
            cells = (" / ".join(f"{error:.3f}" for error in np.mean(errors[side, method, at], axis=0)) for at in range(len(RANGES)))
            lines.append("| " + " | ".join([method, *cells]) + " |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point."""
    parser = argparse.ArgumentParser(prog="python -m docs.figures.endpoint_error", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--clips", type=int, default=Study.num_clips, help=f"per range; default: {Study.num_clips}")
    parser.add_argument("--sides", type=int, nargs="+", default=Study.sides, help="pixels of the crop; 0: the camera's scale")
    parser.add_argument("--noise", type=float, default=NOISE, help=f"of the camera, grey levels; default: {NOISE}")
    parser.add_argument("--quality", type=int, default=95, help="of JPEG; 0: none; default: 95")
    args = parser.parse_args(argv)
    study = Study(
        methods=tuple(args.methods), num_clips=args.clips, sides=tuple(args.sides), noise=args.noise, quality=args.quality or None
    )
    print(table(study, measure(study)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
