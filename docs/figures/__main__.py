"""Draws the images of docs/preprocessing.md, all of them or those that are named."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from docs.figures import face_figures, flow_figures, tensor_figures, time_figures
from docs.figures.endpoint_error import METHODS
from docs.figures.material import Scale
from docs.figures.style import save, style

IMAGES = Path(__file__).resolve().parents[1] / "images"
FIGURES: Mapping[str, Callable[[Scale], Figure]] = {
    "synthesis.jpg": flow_figures.synthesis,
    "decode.jpg": face_figures.decode,
    "landmarks.jpg": face_figures.landmarks,
    "crop.jpg": face_figures.crop,
    "alignment.jpg": face_figures.alignment,
    "regions.jpg": face_figures.regions,
    "interpolation.png": time_figures.interpolation,
    "magnification.jpg": time_figures.magnification,
    "apex.png": time_figures.apex,
    "frame_subsets.png": time_figures.frame_subsets,
    "flow.jpg": flow_figures.flow,
    "strain.jpg": flow_figures.strain,
    "colour_coding.jpg": flow_figures.colour_coding,
    "strcn_mask.jpg": tensor_figures.strcn_mask,
    "ten_crop.png": tensor_figures.ten_crop,
}
"""File name -> what draws it."""


def draw(name: str, folder: Path, scale: Scale) -> Figure:
    """Draw one figure into its file, and return it."""
    with style():
        figure = FIGURES[name](scale)
        save(figure, folder / name, scale.dpi)
    return figure


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point."""
    parser = argparse.ArgumentParser(prog="python -m docs.figures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(FIGURES)}")
    parser.add_argument("--out", type=Path, default=IMAGES, help="folder of the images; default: docs/images")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS, help="that flow.jpg compares; default: all")
    args = parser.parse_args(argv)
    if unknown := sorted(set(args.names) - set(FIGURES)):
        parser.error(f"A figure must be one of {', '.join(FIGURES)}, but got '{unknown[0]}'.")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.names or FIGURES:
        start_s = time.monotonic()
        draw(name, args.out, Scale(methods=tuple(args.methods)))
        size = (args.out / name).stat().st_size
        print(f"{name}: {size / 1000:.0f} kB, {time.monotonic() - start_s:.0f} s", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
