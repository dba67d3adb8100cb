"""Build a corpus' shards on Ray Data: a pool of actors makes parts of subjects, resumed where it stopped, with equal bytes however it ran.

As a function it runs on the Ray that is initialised; as an entry point it starts a local one, or joins the one at RAY_ADDRESS.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from preprocessing import corpora, pipelines
from preprocessing.console import finished, say
from preprocessing.options import Plain, given, listed
from preprocessing.part_workers import Made, Part, made_here, made_on_ray
from preprocessing.parts import is_made, num_clips, parts_of, quarantine_of
from preprocessing.plan import make_plan, split_options
from preprocessing.progress import clip_progress
from preprocessing.resume import Work, is_finished, prepare, remove_leftovers
from preprocessing.sample_set import check_megc2019
from preprocessing.shard_writer import assemble, describe, shard_name, write_manifest
from preprocessing.shards import MANIFEST, Shards, open_shards


def build(
    corpus: str, *, root: Path | str | None, home: Path | str, pipeline: str | None = None, options: Mapping[str, Plain] | None = None,
    pipeline_constants: Mapping[str, Plain] | None = None, num_workers: int | None = None, strict: bool = False, progress: bool = True,
) -> Shards:  # fmt: skip
    """Build what is missing of a corpus' shards under ``home`` and open them.

    ``options`` holds options of the corpus and constants of the pipeline, told apart by name. With ``strict`` the first clip that cannot be
    read is a ValueError; otherwise such clips are left out and listed, with reasons, in ``quarantine``. Ray must be initialised.
    """
    plan = make_plan(corpus, root=root, pipeline=pipeline, options={**(options or {}), **(pipeline_constants or {})})
    return finish(prepare(plan, Path(home)), num_workers=num_workers, strict=strict, progress=progress)


def finish(
    work: Work, *, num_workers: int | None = None, strict: bool = False, progress: bool = True, peak_bytes: dict[str, int] | None = None
) -> Shards:  # fmt: skip
    """Build the missing shards, write the manifest last, and open all; with ``num_workers=0`` in this process, without Ray.

    ``peak_bytes`` is filled with the most resident memory of each worker. No file holds it: they are equal however a build ran.
    """
    if not is_finished(work.folder):
        missing = set(work.missing)
        done = [describe(work.folder / shard_name(subject)) for subject in work.plan.subjects if subject not in missing]
        _refuse_quarantine(done, strict)
        parts = {subject: parts_of(work.plan.job(subject)) for subject in work.missing}
        num_left = {subject: len(cut) for subject, cut in parts.items()}
        with clip_progress(sum(len(work.plan.subjects[subject]) for subject in work.missing), show=progress) as advance:
            for part, worker, peak in _made(work, parts, num_workers):
                if worker and peak_bytes is not None:
                    peak_bytes[worker] = peak
                _refuse_quarantine([{"quarantine": quarantine_of(part, work.folder)}], strict)
                advance(num_clips(part))
                num_left[part["subject"]] -= 1
                if not num_left[part["subject"]]:
                    done.append(assemble(parts[part["subject"]], work.folder))
        write_manifest(work.plan, work.folder, done)
        remove_leftovers(work.folder)
    shards = open_shards(work.folder)
    _refuse_quarantine([shards.manifest], strict)
    return shards


def _made(work: Work, parts: Mapping[str, list[Part]], num_workers: int | None) -> Iterator[Made]:
    """Parts as they are there: first those of an earlier run, then those made now."""
    todo = []
    for part in (part for subject in work.missing for part in parts[subject]):
        if is_made(part, work.folder):
            yield Made(part)
        else:
            todo.append(part)
    if todo:
        yield from made_here(work, todo) if num_workers == 0 else made_on_ray(work, todo, num_workers)


def _refuse_quarantine(shards: list[Any], strict: bool) -> None:
    quarantine = [entry for shard in shards for entry in shard["quarantine"]]
    if strict and quarantine:
        key, reason = quarantine[0]
        raise ValueError(f"Every clip must be readable in a strict build, but got '{key}': {reason} Repair it, or build without strict.")


_EXAMPLES = """examples:
  python -m preprocessing.build synthetic --home ~/losotune
  python -m preprocessing.build synthetic --home ~/losotune --option layout=megc2019_cde --option identity=true
  python -m preprocessing.build megc2019_flow --root /data/megc2019_flow --home ~/losotune --strict
  RAY_ADDRESS=auto python -m preprocessing.build megc2019_flow --root /data/megc2019_flow --home /shared/losotune --json

options and their defaults:
"""


def _parser() -> argparse.ArgumentParser:
    options = [f"  {name}: {listed(corpora.load(name).OPTIONS)}" for name in corpora.names()]
    constants = [f"  {name}: {listed(pipelines.load(name).constants)}" for name in pipelines.names()]
    parser = argparse.ArgumentParser(
        prog="python -m preprocessing.build",
        description="Turn a corpus into training tensors: one Arrow shard per subject, only what is missing.",
        epilog=_EXAMPLES + "\n".join(options + constants),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", choices=corpora.names())
    parser.add_argument("--root", type=Path, help="folder of the corpus (the synthetic one needs none)")
    parser.add_argument(
        "--home", type=Path, required=True, help="shards go to HOME/shards/CORPUS/DIGEST/; on a cluster all machines share it"
    )
    parser.add_argument("--pipeline", choices=pipelines.names(), help="default: the corpus' own")
    parser.add_argument("--option", action="append", default=[], metavar="K=V", help="see below")
    parser.add_argument("--workers", type=int, help="how many parts at once; default: as many as Ray has CPUs")
    parser.add_argument("--strict", action="store_true", help="fail on the first clip that cannot be read instead of leaving it out")
    parser.add_argument("--json", action="store_true", help="the result on stdout as JSON; everything for humans goes to stderr")
    return parser


def _parsed_options(args: argparse.Namespace) -> dict[str, Plain]:
    pipeline = pipelines.load(args.pipeline or pipelines.default_for(args.corpus))
    defaults = {**pipeline.constants, **corpora.load(args.corpus).OPTIONS}
    options = given(args.option, defaults)
    split_options(args.corpus, pipeline.name, options)
    return options


def _start_ray() -> None:
    import ray

    address = os.environ.get("RAY_ADDRESS") or "local"
    say(f"starting Ray ({address})")
    ray.init(address=address, include_dashboard=False if address == "local" else None, log_to_driver=False, logging_level=logging.ERROR)


def _run(args: argparse.Namespace, options: dict[str, Plain]) -> dict[str, Any]:
    """Build as the command line says, and what to tell about it."""
    start_s = time.monotonic()
    plan = make_plan(args.corpus, root=args.root, pipeline=args.pipeline, options=options)
    work = prepare(plan, args.home)
    num_subjects = len(plan.subjects)
    say(f"{plan.corpus}: {len(plan.clips)} clips of {num_subjects} subjects, {num_subjects - len(work.missing)} subjects built already")
    if plan.corpus == "megc2019_flow":
        say(str(check_megc2019(plan.clips)))
    if work.missing:
        _start_ray()
    peaks: dict[str, int] = {}
    shards = finish(work, num_workers=args.workers, strict=args.strict, peak_bytes=peaks)
    return {
        "corpus": plan.corpus, "pipeline": plan.pipeline, "folder": str(shards.folder), "digest": shards.digest,
        "num_subjects": num_subjects, "num_clips": len(shards),
        "num_built": len(work.missing), "quarantine": [list(entry) for entry in shards.quarantine],
        "seconds": round(time.monotonic() - start_s, 3), "peak_bytes": peaks,
    }  # fmt: skip


def _tell(result: Mapping[str, Any]) -> None:
    for key, reason in result["quarantine"]:
        say(f"left out: {key}: {reason}")
    built = f"built {result['num_built']} subjects" if result["num_built"] else "nothing to do, everything is built"
    peaks = result["peak_bytes"].values()
    memory = f", {len(peaks)} workers of at most {max(peaks) / 2**20:.0f} MiB" if peaks else ""
    say(f"{built}: {result['num_clips']} clips in {result['seconds']:.1f} s{memory}")
    say(f"look next at {result['folder']}/{MANIFEST}, or train on it: python -m orchestrator.sweep --help")


def main(argv: list[str] | None = None) -> int:
    """The entry point: 0 built, 1 failed or interrupted, 2 wrong usage."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        options = _parsed_options(args)
    except ValueError as error:
        parser.error(str(error))
    return finished("build", lambda: _run(args, options), _tell, as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
