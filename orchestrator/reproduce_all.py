"""Every system that has a recipe of one corpus variant, all seeds, honest and oracle scores side by side; the outcome is docs/papers.md.

A system that fails is told at the end and does not stop the others; finished folds are never trained again, so the same command resumes.
"""

import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import search_spaces
from orchestrator import console, measured, papers
from orchestrator.measured import Measured
from orchestrator.reproduction import reproduce
from orchestrator.searched import searched


@dataclass
class Progressed:
    """How far it came."""

    measured: list[Measured] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """System -> why."""
    waiting: list[str] = field(default_factory=list)
    """Not begun when the time was up."""


def reproduce_all(given: Namespace) -> int:
    """0: all were reproduced, or the time was up; 1: some failed."""
    names = with_recipe(given.corpus, given.systems)
    papers.check(given.docs)
    done = _each(names, given)
    found = searched(given.corpus, given.home, given.tracking_uri)
    papers.update(given.docs, found)
    _tell(done, found, given)
    return 1 if done.failed else 0


def with_recipe(variant: str, wanted: Sequence[str] | None = None) -> list[str]:
    """The systems that have a recipe of the variant, or those of them that are wanted, in the order given."""
    found = [name for name in search_spaces.names() if variant in search_spaces.variants(name)]
    if not found:
        known = sorted({known for name in search_spaces.names() for known in search_spaces.variants(name)})
        raise ValueError(f"--corpus must be a variant of some system's recipes, but got '{variant}'. There are: {', '.join(known)}.")
    if without := [name for name in wanted or () if name not in found]:
        raise ValueError(f"--systems must have a recipe of '{variant}', but {', '.join(without)} has none. These have: {', '.join(found)}.")
    return list(dict.fromkeys(wanted)) if wanted else found


def _each(names: Sequence[str], given: Namespace) -> Progressed:
    done, started = Progressed(), time.monotonic()
    for place, name in enumerate(names):
        spent_s = time.monotonic() - started
        if given.hours is not None and spent_s >= 3600 * given.hours:
            done.waiting = list(names[place:])
            break
        left = console.time_left(spent_s / place * (len(names) - place)) if place else ""
        console.say(f"{place + 1} of {len(names)}: {name} on {given.corpus}{left.replace(', ', ', about ')}", as_json=given.json)
        try:
            done.measured.append(_one(name, given))
        except (ValueError, OSError) as error:
            done.failed[name] = console.explain(error)
            console.say(f"{name} failed: {done.failed[name]}", as_json=given.json)
    return done


def _one(name: str, given: Namespace) -> Measured:
    """Reproduce one system and write what it gave at once: the next may be killed."""
    recipe, _ = search_spaces.load(name, given.corpus)
    results = reproduce(
        recipe, given.corpus, root=given.root, home=given.home, seeds=range(given.seed, given.seed + given.seeds), mode=given.mode,
        num_workers=given.workers, tracking_uri=given.tracking_uri, fold_runs=given.fold_runs,
    )  # fmt: skip
    entry = measured.reproduced(name, results)
    papers.update(given.docs, [entry])
    return entry


def _tell(done: Progressed, found: Sequence[Measured], given: Namespace) -> None:
    rows = [_row(entry, rule) for entry in (*done.measured, *found) for rule in dict.fromkeys(value.rule for value in entry.values)]
    columns = ("system", "settings", "rule", "honest", "seeds", "UF1", "spread", "UAR", "accuracy")
    title = f"{given.corpus}, pooled over folds; a spread is over seeds"
    console.print_table(columns, rows, title=title, as_json=given.json)
    for name, reason in done.failed.items():
        console.say(f"{name} failed: {reason}", as_json=given.json)
    if done.waiting:
        console.say(f"not begun when the time was up: {', '.join(done.waiting)}. Run the same command again.", as_json=given.json)
    console.say(f"written: {given.docs / papers.PAGE}, beside the papers' numbers", as_json=given.json)
    console.say(f"look next at MLflow: {console.mlflow_command(given.home, given.tracking_uri)}", as_json=given.json)
    if given.json:
        entries = [asdict(entry) for entry in (*done.measured, *found)]
        console.emit({"corpus": given.corpus, "measured": entries, "failed": done.failed, "waiting": done.waiting})


def _row(entry: Measured, rule: str) -> tuple[Any, ...]:
    uf1, uar, accuracy = (entry.value(rule, metric) for metric in measured.METRICS)
    assert uf1 and uar and accuracy, "a rule scores every metric"
    return (
        entry.system, entry.num_trials, rule, "yes" if uf1.honest else "NO", len(entry.seeds),
        uf1.mean, uf1.spread if len(entry.seeds) > 1 else "-", uar.mean, accuracy.mean,
    )  # fmt: skip
