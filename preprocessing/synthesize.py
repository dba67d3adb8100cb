"""Synthesize a licence-free corpus in the official layout of a licensed one, quirks included, made from photographs of faces.

Clips per subject and class are those of the official corpus, and lengths follow its statistics. What the clips really show is in
``truth.json`` (``preprocessing/synthesis/truth.py``). Run it again after a kill: clips that are there are not drawn again, and the bytes
are those of an undisturbed run, whatever the number of workers.
"""

import argparse
import csv
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preprocessing.classes import scheme
from preprocessing.console import finished, say
from preprocessing.frame_files import is_safe
from preprocessing.progress import clip_progress
from preprocessing.synthesis import layouts
from preprocessing.synthesis.plan import SIZES, Plan, Settings
from preprocessing.synthesis.workers import drawn


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a run did."""

    plan: Plan
    root: Path
    num_units_drawn: int
    """Folders of frames or parts of tables; the others were there."""
    seconds: float


def make_settings(corpus: str, *, variant: str = "", images: str = "", **others: Any) -> Settings:
    """Settings with the layout's defaults; raises ValueError for what the corpus does not have."""
    layout = layouts.load(corpus)
    variant, images = variant or layout.VARIANTS[0], images or layout.IMAGES[0]
    if variant not in layout.VARIANTS:
        raise ValueError(f"A variant of {corpus} must be one of {', '.join(layout.VARIANTS)}, but got '{variant}'. Pass --variant.")
    if images not in (*layout.IMAGES, "both"):
        raise ValueError(f"Images of {corpus} must be {' or '.join((*layout.IMAGES, 'both'))}, but got '{images}'. Pass --images.")
    for name in ("subjects", "clips_per_subject", "max_frames"):
        if others.get(name, 0) < 0:
            raise ValueError(
                f"Setting {name} must be at least 0 (all), but got {others[name]} for {corpus}. Pass --{name.replace('_', '-')}."
            )
    return Settings(corpus=corpus, variant=variant, images=images, **others)


def synthesize(settings: Settings, out: Path | str, *, num_workers: int = 1, progress: bool = True) -> Made:
    """Write the corpus, or what an earlier run left of it, to a folder; ``progress`` tells of it on stderr."""
    from preprocessing.synthesis import auditions  # OpenCV: here, so that --help stays quick
    from preprocessing.synthesis.corpus_folder import opened

    start_s, root = time.monotonic(), Path(out).expanduser().absolute()
    plan = auditions.cast(layouts.load(settings.corpus).plan(settings), root, num_workers)
    with opened(plan, root) as missing, clip_progress(sum(unit.num_clips for unit in missing), show=progress) as advance:
        if progress:
            say(f"{settings.corpus}: {len(plan.clips)} clips, {plan.num_frames} frames; {len(missing)} of {len(plan.units)} parts to draw")
        for unit in drawn(missing, root, settings, num_workers):
            advance(unit.num_clips)
        if plan.table is not None:
            plan.table.finish(root)
    return Made(plan=plan, root=root, num_units_drawn=len(missing), seconds=time.monotonic() - start_s)


def read_names(path: Path) -> tuple[tuple[str, str, str, str], ...]:
    """(corpus, subject, clip, class) of MEGC's ground truth, ``combined_3class_gt.csv``: no header, classes 0, 1, 2 or by name."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [tuple(cell.strip() for cell in row) for row in csv.reader(file) if any(row)]
    for row in rows:
        if len(row) != 4 or scheme("megc3").index(row[3]) is None or not any(map(str.isdigit, row[1])) or not is_safe(row[2]):
            raise ValueError(
                f"A list of names must have lines of corpus,subject,clip,class, but got {','.join(row)!r} in {path}. Correct it."
            )
    return tuple((corpus, subject, clip, label) for corpus, subject, clip, label in rows)


_EXAMPLES = """examples:
  python -m preprocessing.synthesize casme2 --out ~/synthetic/casme2 --subjects 5
  python -m preprocessing.synthesize casme2 --out ~/synthetic/casme2-256 --variant 20190701 --images both --with-errors
  python -m preprocessing.synthesize smic --out /tmp/smic --variant vis --subjects 3 --clips-per-subject 2 --max-frames 6 --size quarter
  python -m preprocessing.synthesize megc2019 --out ~/synthetic/megc2019 --names combined_3class_gt.csv

quirks (a frame that is missing, a folder without a row, irregular padding, an apex written as /) are always there; --with-errors adds the
wrong numbers that the official sheet is known for, and SMIC's lost clip. Long videos hold only the frames around their expressions.

variants, the first is the default:
"""


def _parser() -> argparse.ArgumentParser:
    variants = [
        f"  {name}: {', '.join(layouts.load(name).VARIANTS)}; images {', '.join(layouts.load(name).IMAGES)}" for name in layouts.names()
    ]
    parser = argparse.ArgumentParser(
        prog="python -m preprocessing.synthesize", description=(__doc__ or "").partition("\n\n")[0],
        epilog=_EXAMPLES + "\n".join(variants), formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("corpus", choices=layouts.names())
    parser.add_argument(
        "--out", type=Path, required=True, help="a new or empty folder, or an earlier run of the same command, which is finished"
    )
    parser.add_argument("--variant", default="", help="which of the corpus' sheets, cameras or trees; see below")
    parser.add_argument("--images", default="", help="raw, cropped or both; default: raw")
    parser.add_argument("--with-errors", action="store_true", help="plant the known errors of the official sheet")
    parser.add_argument(
        "--names", type=Path, metavar="FILE", help="MEGC's combined_3class_gt.csv: use these clip names, so that the 442 come out"
    )
    parser.add_argument("--seed", type=int, default=0, help="other people and other clips; default: 0")
    parser.add_argument("--subjects", type=int, default=0, metavar="N", help="only N subjects (of each corpus of a composite)")
    parser.add_argument("--clips-per-subject", type=int, default=0, metavar="M", help="at most M clips of each")
    parser.add_argument("--max-frames", type=int, default=0, metavar="K", help="clips of at most K frames")
    parser.add_argument("--size", choices=SIZES, default="full", help="of the pictures; default: full")
    parser.add_argument("--quality", type=int, choices=range(1, 101), default=95, metavar="1-100", help="of JPEG images; default: 95")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes; default: one per CPU")
    parser.add_argument("--json", action="store_true", help="the result on stdout as JSON; everything for humans goes to stderr")
    return parser


def _settings(args: argparse.Namespace) -> Settings:
    names = ("seed", "subjects", "clips_per_subject", "max_frames", "size", "quality", "with_errors")
    official = read_names(args.names) if args.names else ()
    return make_settings(
        args.corpus, variant=args.variant, images=args.images, names=official, **{name: getattr(args, name) for name in names}
    )


def _result(made: Made) -> dict[str, Any]:
    plan = made.plan
    return {
        "corpus": plan.settings.corpus, "variant": plan.settings.variant, "folder": str(made.root), "num_clips": len(plan.clips),
        "num_subjects": len({(clip.corpus, clip.subject) for clip in plan.clips}), "num_frames": plan.num_frames,
        "num_drawn": made.num_units_drawn, "options": dict(plan.options), "seconds": round(made.seconds, 3),
    }  # fmt: skip


def _tell(result: dict[str, Any]) -> None:
    drawn = f"drew {result['num_drawn']} folders or parts" if result["num_drawn"] else "nothing to do, everything is there"
    say(f"{drawn}: {result['num_clips']} clips of {result['num_subjects']} subjects in {result['folder']}, {result['seconds']:.1f} s")
    options = "".join(f" --option {name}={value}" for name, value in sorted(result["options"].items()))
    say(f"look next at {result['folder']}/SYNTHETIC.txt, or at what a reader finds:")
    say(f"  python -m preprocessing.doctor {result['corpus']} --root {result['folder']}{options}")
    say(f"  python -m preprocessing.build {result['corpus']} --root {result['folder']}{options} --home HOME")


def main(argv: list[str] | None = None) -> int:
    """The entry point: 0 written, 1 failed or interrupted, 2 wrong usage."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        settings = _settings(args)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return finished("synthesize", lambda: _result(synthesize(settings, args.out, num_workers=args.workers)), _tell, as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
