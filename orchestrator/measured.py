"""Measured: what ``reproduce --all`` found, as a small committed file from which docs/papers.md is rendered."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from orchestrator import metrics
from orchestrator.metrics import Predictions
from orchestrator.results import SweepResult
from orchestrator.selection import Score, last_epoch, oracle
from preprocessing.atomic import write_atomically

METRICS = ("uf1", "uar", "accuracy")
DIGITS = 4
"""As many as the papers print."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """One number: a metric of a part of the corpus under a rule."""

    rule: str
    honest: bool
    corpus: str
    """``all``, or one source corpus of a composite."""
    metric: str
    values: tuple[float, ...]
    """One per seed."""
    low: float | None
    high: float | None
    """The 95 % interval of the first seed, from a bootstrap over subjects; None where there is one subject."""

    @property
    def mean(self) -> float:
        return sum(self.values) / len(self.values)

    @property
    def spread(self) -> float:
        return max(self.values) - min(self.values)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One recipe, reproduced or searched around, on one corpus."""

    system: str
    """The file in ``search_spaces``."""
    variant: str
    kind: Literal["reproduced", "searched"]
    num_clips: int
    num_folds: int
    data_digest: str
    code_version: str
    seeds: tuple[int, ...]
    num_trials: int
    """Settings that were scored; 1 where none was searched."""
    sampler: str
    values: tuple[Value, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        return self.variant, self.system, self.kind

    def value(self, rule: str, metric: str, corpus: str = "all") -> Value | None:
        """The number, if the rule scored that part."""
        wanted = (rule, metric, corpus)
        return next((value for value in self.values if (value.rule, value.metric, value.corpus) == wanted), None)


def reproduced(system: str, results: Sequence[SweepResult]) -> Measured:
    """A reproduction's seeds: ``last_epoch``, honest, and ``oracle`` beside it."""
    first = results[0]
    scores = ([last_epoch(result) for result in results], [oracle(result) for result in results])
    return Measured(
        system=system,
        variant=first.corpus,
        kind="reproduced",
        num_clips=len(scores[0][0].predictions.keys),
        num_folds=len(first.fold_names),
        data_digest=first.data_digest[:12],
        code_version=first.tags["code_version"][:12],
        seeds=tuple(result.seed for result in results),
        num_trials=1,
        sampler="none",
        values=tuple(value for seeds in scores for value in _values(seeds)),
    )


def _values(scores: Sequence[Score]) -> Iterable[Value]:
    corpora = scores[0].predictions.corpora
    for corpus in ("all", *(corpora if len(corpora) > 1 else ())):
        parts = [score.predictions if corpus == "all" else score.predictions.of(corpus) for score in scores]
        yield from (_value(scores[0], corpus, metric, parts) for metric in METRICS)


def _value(score: Score, corpus: str, metric: str, parts: Sequence[Predictions]) -> Value:
    low, high = metrics.interval(parts[0], metric)
    values = tuple(round(metrics.value(part, metric), DIGITS) for part in parts)
    return Value(rule=score.rule, honest=score.honest, corpus=corpus, metric=metric, values=values, low=rounded(low), high=rounded(high))


def rounded(bound: float) -> float | None:
    return None if bound != bound else round(bound, DIGITS)


def read(path: Path) -> dict[tuple[str, str, str], Measured]:
    """What was measured before, by key; nothing where there is no file yet."""
    if not path.exists():
        return {}
    try:
        entries = [_entry(given) for given in json.loads(path.read_text(encoding="utf-8"))]
    except (json.JSONDecodeError, TypeError, KeyError) as error:
        raise ValueError(
            f"Measured results must be JSON as this program writes it, but {path} is not ({error}). Restore it from the repository."
        ) from error
    return {entry.key: entry for entry in entries}


def update(path: Path, entries: Iterable[Measured]) -> dict[tuple[str, str, str], Measured]:
    """Put entries in the place of those with their keys, and give all."""
    known = read(path) | {entry.key: entry for entry in entries}
    ordered = dict(sorted(known.items()))
    lines = [json.dumps(asdict(entry), sort_keys=True) for entry in ordered.values()]
    write_atomically(path, ("[\n" + ",\n".join(lines) + "\n]\n").encode())
    path.chmod(0o644)  # it is committed; what is written atomically is its owner's alone
    return ordered


def _entry(given: Mapping[str, Any]) -> Measured:
    values = tuple(Value(**{**value, "values": tuple(value["values"])}) for value in given["values"])
    return Measured(**{**given, "seeds": tuple(given["seeds"]), "values": values})
