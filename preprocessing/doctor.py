"""Doctor: looks at a corpus before it is built. Reads everything, changes nothing.

Exit code 0: a build takes every clip (there may be warnings); 1: a build leaves clips out or refuses the corpus; 2: wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from preprocessing import corpora
from preprocessing.diagnosis import diagnose
from preprocessing.diagnosis_text import text
from preprocessing.options import Plain, given, listed, resolve

_EXAMPLES = """examples:
  python -m preprocessing.doctor casme2 --root /data/CASME2
  python -m preprocessing.doctor casme2 --root /data/CASME2 --option images=cropped --no-images
  python -m preprocessing.doctor samm --root /data/SAMM --option patches=false
  python -m preprocessing.doctor megc2019 --root /data --option casme2=CASME2 --lines 1000
  python -m preprocessing.doctor smic --root /data/SMIC --option camera=vis --json

exit code: 0 every clip can be used, 1 clips are lost or the corpus is refused, 2 wrong usage

options and their defaults:
"""


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        options = _options(args.corpus, args.option)
    except ValueError as error:
        parser.error(str(error))
    if args.root is None and args.corpus != "synthetic":
        parser.error(f"{args.corpus} lies in a folder. Name it: --root DIR.")
    root = None if args.root is None else args.root.expanduser().absolute()
    diagnosis = diagnose(args.corpus, root=root, options=options, images=not args.no_images, progress=True)
    print(text(diagnosis, num_lines=args.lines), file=sys.stderr if args.json else sys.stdout)
    if args.json:
        print(json.dumps(diagnosis.to_json(), sort_keys=True))
    return 0 if diagnosis.usable else 1


def _parser() -> argparse.ArgumentParser:
    defaults = {name: corpora.load(name).OPTIONS for name in corpora.names()}
    parser = argparse.ArgumentParser(
        prog="python -m preprocessing.doctor",
        description="Look at a corpus before it is built: layout, sheet, counts, images, and what each paper will find. Changes nothing.",
        epilog=_EXAMPLES + "\n".join(f"  {name}: {listed(options)}" for name, options in defaults.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", choices=corpora.names())
    parser.add_argument("--root", type=Path, help="folder of the corpus (the synthetic one needs none)")
    parser.add_argument("--option", action="append", default=[], metavar="K=V", help="see below")
    parser.add_argument("--no-images", action="store_true", help="do not decode the images: sheet and folders only")
    parser.add_argument("--lines", type=_positive, default=8, help="at most this many entries a group (default: 8)")
    parser.add_argument("--json", action="store_true", help="everything on stdout as JSON; the report for humans goes to stderr")
    return parser


def _positive(value: str) -> int:
    if not value.isdigit() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, but got '{value}'")
    return int(value)


def _options(corpus: str, texts: Sequence[str]) -> dict[str, Plain]:
    defaults = corpora.load(corpus).OPTIONS
    return resolve(defaults, given(texts, defaults), f"'{corpus}'")


if __name__ == "__main__":
    sys.exit(main())
