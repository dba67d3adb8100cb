"""Make the challenger the champion, if the gate agrees: shows both on the same data with a paired bootstrap over subjects.

The gate wants an honest nested score over all folds, and one that is at least as good as the champion's in UF1 and in UAR on the same data.
`orchestrator.predict` and `models:/MODEL@champion` follow the alias. Exit codes: 0 promoted, or it would be (--dry-run); 1 refused.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator import console
from orchestrator.addresses import masked
from orchestrator.gate import COMPARED, Candidate, Verdict, gate

SWEEP = "losotune.sweep"
SHOWN_TAGS = ("corpus", "data_digest", "feature_stage", "honest", "num_folds", SWEEP)
HOW = {
    "first": "the first one",
    "compared": "as good or better",
    "replaced": "uncompared, as asked",
    "rollback": "rolled back to",
}
EXAMPLES = (
    "python -m orchestrator.promote stanet --dry-run",
    "python -m orchestrator.promote stanet",
    "python -m orchestrator.promote stanet --version 3",
    "python -m orchestrator.promote stanet --replace      the champion was scored on other data",
    "python -m orchestrator.promote stanet --rollback     back to the champion before",
    "python -m orchestrator.promote stanet --history      who was champion when, by what score",
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = console.parser(str(__doc__), examples=EXAMPLES, flags=("home", "tracking-uri", "json"))
    parser.add_argument("model", help="registered model")
    parser.add_argument("--version", type=console.positive, help="version to promote (default: the challenger)")
    parser.add_argument("--dry-run", action="store_true", help="show the verdict and change nothing")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--rollback", action="store_true", help="give the champion's place back to its predecessor")
    action.add_argument("--replace", action="store_true", help="demote a champion without comparison; the challenger must be honest")
    action.add_argument("--history", action="store_true", help="show who was champion when, and by what score")
    options = parser.parse_args(arguments)
    if options.version and (options.rollback or options.history):
        parser.error("--version is of the version to promote; --rollback and --history take none")

    if options.history:
        past = history(options.model, options.home, options.tracking_uri)
        if options.json:
            console.emit(past)
        else:
            _show_history(past)
        return 0
    if options.rollback:
        document = rollback(options.model, options.home, options.tracking_uri, dry_run=options.dry_run)
    else:
        version = str(options.version or "")
        document = promote(
            options.model, options.home, options.tracking_uri, version=version, dry_run=options.dry_run, replace=options.replace
        )

    if options.json:
        console.emit(document)
    else:
        _show(document, ("before", "until now") if options.rollback else ("challenger", "champion"))
    return 0 if document["promote"] else 1


def promote(
    model: str, home: Path, uri: str | None = None, *, version: str = "", dry_run: bool = False, replace: bool = False
) -> dict[str, Any]:
    """Judge a version (default: the challenger) against the champion and, unless ``dry_run``, act on the verdict."""
    from orchestrator import champions, registry  # torch and MLflow take seconds to import: not for --help
    from orchestrator.tracking import Tracker

    tracker = Tracker.existing(uri, home)
    champion = registry.champion(tracker, model)
    if champion is not None and not version and registry.aliased(tracker, model, registry.CHALLENGER) is None:
        newer = registry.newest(tracker, model)
        more = f"; version {newer} is newer: --version {newer}" if newer > int(champion.version) else ""
        why = f"it is the champion already, and there is no challenger{more}"
        return _document(model, None, registry.candidate(tracker, champion), Verdict(promote=True, reasons=(why,)))
    chosen = registry.resolve(tracker, model, version or registry.CHALLENGER)
    if champion is not None and str(champion.version) == str(chosen.version):
        return _document(model, None, registry.candidate(tracker, chosen), Verdict(promote=True, reasons=("it is the champion already",)))
    challenger = registry.candidate(tracker, chosen)
    incumbent = None if champion is None else registry.candidate(tracker, champion)
    verdict = gate(challenger, incumbent, replace=replace)
    if verdict.promote and not dry_run:
        champions.promote(tracker, chosen, "replaced" if replace else "compared")
    return _document(model, challenger, incumbent, verdict, changed=verdict.promote and not dry_run)


def rollback(model: str, home: Path, uri: str | None = None, *, dry_run: bool = False) -> dict[str, Any]:
    """Return to the champion before."""
    from orchestrator import champions, registry
    from orchestrator.tracking import Tracker

    tracker = Tracker.existing(uri, home)
    before, after = champions.predecessor(tracker, model)
    if not dry_run:
        champions.rollback(tracker, model)
    done = "would succeed" if dry_run else "succeeds"
    verdict = Verdict(promote=True, reasons=(f"as before, it {done} version {before.version}",))
    return _document(model, registry.candidate(tracker, after), registry.candidate(tracker, before), verdict, changed=not dry_run)


def history(model: str, home: Path, uri: str | None = None) -> dict[str, Any]:
    """Who was champion when, how it became so, and by what scores."""
    from orchestrator import champions
    from orchestrator.tracking import Tracker

    tracker = Tracker.existing(uri, home)
    past = champions.reigns(tracker, model)
    if not past:
        raise ValueError(
            f"A history needs a champion, but '{model}' in {masked(tracker.uri)} has none. "
            f"Promote one: python -m orchestrator.promote {model}"
        )
    return {"model": model, "reigns": [_reign(reign.version, reign.began, reign.ended, reign.how) for reign in past]}


def _reign(version: Any, began: datetime, ended: datetime | None, how: str) -> dict[str, Any]:
    scores = {name: float(version.tags.get(f"nested.{name}", "nan")) for name in COMPARED}
    tags = {name: version.tags.get(name, "") for name in SHOWN_TAGS}
    times = {"began": began.isoformat(timespec="seconds"), "ended": None if ended is None else ended.isoformat(timespec="seconds")}
    return {"version": str(version.version), **times, "how": how, "rule": "nested", **scores, "tags": tags}


def _document(
    model: str, challenger: Candidate | None, champion: Candidate | None, verdict: Verdict, *, changed: bool = False
) -> dict[str, Any]:
    return {"model": model, "changed": changed, "challenger": _described(challenger), "champion": _described(champion), **asdict(verdict)}


def _described(candidate: Candidate | None) -> dict[str, Any] | None:
    if candidate is None:
        return None
    tags = {name: candidate.tags.get(name, "") for name in SHOWN_TAGS}
    return {"version": candidate.version, "rule": "nested", **{name: candidate.score(name) for name in COMPARED}, "tags": tags}


def _show_history(past: dict[str, Any]) -> None:
    rows = []
    for one in past["reigns"]:
        times = [time[:19].replace("T", " ") for time in (one["began"], one["ended"] or "now")]
        tags, scores = one["tags"], [one[name] for name in COMPARED]
        rows.append([one["version"], *times, HOW.get(one["how"], ""), *scores, tags["corpus"], tags["data_digest"][:12], tags[SWEEP]])
    columns = ("version", "champion from (UTC)", "to", "how", *(f"nested {name}" for name in COMPARED), "corpus", "data", "sweep")
    console.print_table(columns, rows, title=past["model"])


def _show(document: dict[str, Any], roles: tuple[str, str]) -> None:
    """``roles`` says what the two versions are to each other."""
    rows = []
    for role, said in zip(("challenger", "champion"), roles, strict=True):
        if (one := document[role]) is not None:
            tags = one["tags"]
            scores = [one[name] for name in COMPARED]
            rows.append([said, one["version"], *scores, tags["honest"], tags["corpus"], tags["data_digest"][:12], tags[SWEEP]])
    columns = ("", "version", *(f"nested {name}" for name in COMPARED), "honest", "corpus", "data", "sweep")
    console.print_table(columns, rows, title=document["model"])
    for found in document["comparisons"]:
        console.say(
            f"{found['metric']}: challenger - champion = {found['difference']:+.4f} "
            f"(95 % interval {found['low']:+.4f} to {found['high']:+.4f}, p = {found['p']:.3f}, paired bootstrap over subjects)"
        )
    word = "Champion" if document["changed"] else "Nothing changed" if document["promote"] else "Refused"
    about = document["challenger"] or document["champion"]
    console.say(f"{word}: version {about['version']}: {'; '.join(document['reasons'])}.")
    if document["changed"]:
        console.say(f"use it: python -m orchestrator.predict {document['model']} CLIP")


if __name__ == "__main__":
    sys.exit(console.run(main))
