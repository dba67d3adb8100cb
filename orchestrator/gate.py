"""Gate: may this version become the champion? Pure: it sees tags and predictions, never MLflow."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator import metrics
from orchestrator.metrics import Predictions
from search_spaces.recipe import HONEST_STAGES

COMPARED = ("uf1", "uar")
EPSILON = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """A registered version as the gate sees it."""

    version: str
    tags: Mapping[str, str]
    nested: Predictions | None
    """The predictions behind its ``nested`` score."""

    def score(self, metric: str) -> float:
        return metrics.value(self.nested, metric) if self.nested is not None else float("nan")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Challenger minus champion on the same clips."""

    metric: str
    champion: float
    challenger: float
    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    promote: bool
    reasons: tuple[str, ...]
    """Every reason against it, or the one for it."""
    comparisons: tuple[Comparison, ...] = field(default=())
    """For information: an interval that spans 0 does not stop a promotion."""


def gate(challenger: Candidate, champion: Candidate | None, *, replace: bool = False) -> Verdict:
    """Only honest, complete scores; then at least as good as the champion in nested UF1 and UAR on the same data.

    ``replace`` waives the comparison with the champion, never the honesty of the challenger.
    """
    against = dishonest(challenger)
    if champion is None or replace:
        why = "there is no champion yet" if champion is None else f"version {champion.version} is replaced as asked, without comparison"
        return Verdict(promote=not against, reasons=tuple(against) or (why,))
    against += incomparable(challenger, champion)
    if against:
        return Verdict(promote=False, reasons=tuple(against))
    found = compare(challenger, champion)
    against = [
        f"nested {c.metric} is {c.challenger:.4f}, below version {champion.version}'s {c.champion:.4f}"
        for c in found
        if c.challenger < c.champion - EPSILON
    ]
    why = f"at least as good as version {champion.version} in nested {' and '.join(COMPARED)} on the same data"
    return Verdict(promote=not against, reasons=tuple(against) or (why,), comparisons=found)


def dishonest(candidate: Candidate) -> list[str]:
    """Why its score cannot be trusted, whatever it is compared with."""
    tags, found = candidate.tags, []
    if candidate.nested is None:
        found.append("it has no nested score, and only that one chooses nothing on held-out subjects")
    elif tags.get("honest") != "true":
        found.append("its nested score is tagged as not honest: held-out subjects took part in a choice")
    if tags.get("feature_stage") not in HONEST_STAGES:
        found.append(
            f"its feature_stage is '{tags.get('feature_stage')}': a stage was fitted on all subjects; build and sweep with 'in_fold'"
        )
    if tags.get("num_folds") != tags.get("expected_folds") or not tags.get("num_folds", "").isdecimal():
        found.append(f"only {tags.get('num_folds', '?')} of {tags.get('expected_folds', '?')} folds are scored: run the sweep to its end")
    return found


def incomparable(challenger: Candidate, champion: Candidate) -> list[str]:
    """Why the two scores do not measure the same thing."""
    ours, theirs = challenger.tags.get("data_digest", "?"), champion.tags.get("data_digest", "?")
    advice = f"sweep the champion's recipe on the new data first, or pass --replace to demote version {champion.version} uncompared"
    if ours != theirs:
        return [f"not comparable: version {champion.version} was scored on other data ({theirs[:12]}, not {ours[:12]}); {advice}"]
    if challenger.nested is None or champion.nested is None:
        return [] if challenger.nested is None else [f"not comparable: version {champion.version} has no nested predictions; {advice}"]
    if challenger.nested.classes != champion.nested.classes or _labels(challenger.nested) != _labels(champion.nested):
        return [f"not comparable: version {champion.version} was scored on other clips, labels or classes; {advice}"]
    return []


def compare(challenger: Candidate, champion: Candidate) -> tuple[Comparison, ...]:
    """Paired bootstrap over subjects; both need nested predictions on the same clips."""
    assert challenger.nested is not None and champion.nested is not None, "incomparable() comes first"
    found = []
    for metric in COMPARED:
        difference, low, high, p = metrics.paired_difference(challenger.nested, champion.nested, metric)
        scores = {"champion": champion.score(metric), "challenger": challenger.score(metric)}
        found.append(Comparison(metric=metric, difference=difference, low=low, high=high, p=p, **scores))
    return tuple(found)


def _labels(p: Predictions) -> dict[str, int]:
    return dict(zip(p.keys, p.truth.tolist(), strict=True))
