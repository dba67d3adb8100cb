"""Reproductions: which measured number stands beside which printed one. Which of several is shown never depends on its score."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import search_spaces
from dashboards.sweep_view import Listed
from orchestrator import measured as kept
from orchestrator import papers as page
from orchestrator.measured import Measured
from orchestrator.published_tables import compared
from orchestrator.selection import RULES
from search_spaces.published import CORPORA, Row

COMMIT = "mlflow.source.git.commit"
KINDS = ("reproduced", "searched")
Groups = Mapping[tuple[str, str, str], Sequence[Listed]]
"""System, variant and kind -> sweeps."""


@dataclass(frozen=True, kw_only=True)
class Ours:
    """A number of ours beside a printed one."""

    recipe: str
    """``file/variant``."""
    kind: str
    """``reproduced``, or ``searched`` around it."""
    rule: str
    honest: bool
    value: float
    """The mean over seeds."""
    low: float | None
    high: float | None
    """The 95 % interval over subjects, of the first seed."""
    num_seeds: int
    data_digest: str
    code: str
    """Code version, and the commit where MLflow knows it."""
    sweep: str | None
    """The first seed's, in this home; None where it was measured elsewhere."""


def ours(sweeps: Sequence[Listed]) -> dict[Row, list[Ours]]:
    """Every printed row that has a number of ours: this home's newest, else what docs/papers_measured.json keeps."""
    here = _groups(sweeps)
    before = kept.read(page.FOLDER / page.DATA)
    found: dict[Row, list[Ours]] = {}
    for row, recipes in compared().items():
        for recipe in recipes:
            found.setdefault(row, []).extend(_beside(row, recipe, here, before))
    return {row: numbers for row, numbers in found.items() if numbers}


def _beside(row: Row, recipe: str, here: Groups, before: Mapping[tuple[str, str, str], Measured]) -> Iterator[Ours]:
    """The reproduction's numbers, then the search's; its trial 0, trained without inner subjects, counts only without a reproduction."""
    system, variant = recipe.split("/", 1)
    part, reproduced = _part(row, recipe), False
    for kind in KINDS:
        group, entry = here.get((system, variant, kind)), before.get((variant, system, kind))
        numbers = (
            _measured_here(recipe, kind, group, part, row.metric) if group else _measured_before(recipe, kind, entry, part, row.metric)
        )
        for each in numbers:
            if each.rule != "last_epoch" or not reproduced:
                yield each
            reproduced = reproduced or kind == "reproduced"


def _groups(sweeps: Sequence[Listed]) -> Groups:
    """System, variant and kind -> the newest search, or the seeds of the newest reproduction by seed."""
    groups: dict[tuple[str, str, str], list[Listed]] = {}
    for each in sweeps:  # the newest first
        if each.status != "FINISHED" or each.run_id is None:
            continue
        group = groups.setdefault((each.model, each.corpus, "searched" if each.searched else "reproduced"), [])
        if not group or (not each.searched and _another_seed(each, group)):
            group.append(each)
    return {key: sorted(group, key=lambda each: int(each.tags.get("seed", 0))) for key, group in groups.items()}


def _another_seed(each: Listed, group: Sequence[Listed]) -> bool:
    """The same reproduction, of a seed that the group lacks."""
    same = all(group[0].tags.get(tag) == each.tags.get(tag) for tag in ("data_digest", "code_version"))
    return same and each.tags.get("seed") not in {known.tags.get("seed") for known in group}


def _measured_here(recipe: str, kind: str, group: Sequence[Listed], part: str, metric: str) -> Iterator[Ours]:
    first = group[0]
    for rule in RULES:
        values = [each.metrics[name] for each in group for name in [f"{rule}/{part}/{metric}"] if name in each.metrics]
        if values:
            low, high = (first.metrics.get(f"{rule}/{part}/{metric}.{end}") for end in ("low", "high"))
            commit = first.tags.get(COMMIT)
            code = first.tags.get("code_version", "")[:12] + (f", commit {commit[:12]}" if commit else "")
            honest, digest = first.tags.get(f"honest.{rule}") == "true", first.tags.get("data_digest", "")
            yield Ours(
                recipe=recipe, kind=kind, rule=rule, honest=honest, value=sum(values) / len(values), low=low, high=high,
                num_seeds=len(values), data_digest=digest, code=code, sweep=first.name,
            )  # fmt: skip


def _measured_before(recipe: str, kind: str, entry: Measured | None, part: str, metric: str) -> Iterator[Ours]:
    for value in entry.values if entry else ():
        if entry and (value.corpus, value.metric) == (part, metric):
            yield Ours(
                recipe=recipe, kind=kind, rule=value.rule, honest=value.honest, value=value.mean, low=value.low, high=value.high,
                num_seeds=len(value.values), data_digest=entry.data_digest, code=entry.code_version, sweep=None,
            )  # fmt: skip


@cache
def _composite(recipe: str) -> bool:
    system, variant = recipe.split("/", 1)
    return search_spaces.load(system, variant)[0].protocol.kind == "composite_loso"


def _part(row: Row, recipe: str) -> str:
    """The part of the recipe's corpus that the row is of."""
    return CORPORA.get(row.dataset, "all") if _composite(recipe) else "all"
