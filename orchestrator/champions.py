"""Champions: who is, who was and when. The alias ``champion`` is the only truth of now; tags of the versions remember before.

A version's tag ``losotune.promoted_at`` lists the times at which it became champion and how: the first of all, compared with the one
before, replacing it uncompared, or by rollback. A reign ends where the next begins. Tags come before the alias, so that a promotion that
was killed in between leaves a time without a reign, which the next attempt of that version overwrites.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mlflow.entities.model_registry import ModelVersion

from orchestrator import registry
from orchestrator.registry import CHALLENGER, CHAMPION
from orchestrator.tracking import Tracker

PROMOTED_AT, PREVIOUS = "losotune.promoted_at", "losotune.previous_champion"
How = Literal["compared", "replaced"]


@dataclass(frozen=True, kw_only=True)
class Reign:
    """From when to when a version was champion."""

    version: ModelVersion
    began: datetime
    ended: datetime | None
    """None: it is champion now."""
    how: str
    """``first``, ``compared``, ``replaced`` or ``rollback``."""


def promote(tracker: Tracker, version: ModelVersion, how: How = "compared") -> None:
    """Make a version the champion and remember whom it succeeds. The gate must have agreed; a second call changes nothing."""
    name, number, before = version.name, str(version.version), registry.champion(tracker, version.name)
    if before is not None and str(before.version) == number:
        return
    tracker.store.client.set_model_version_tag(name, number, PREVIOUS, "" if before is None else str(before.version))
    _crown(tracker, version, "first" if before is None else how)
    challenger = registry.aliased(tracker, name, CHALLENGER)
    if challenger is not None and str(challenger.version) == number:
        tracker.store.client.delete_registered_model_alias(name, CHALLENGER)


def predecessor(tracker: Tracker, name: str) -> tuple[ModelVersion, ModelVersion]:
    """The champion and the version it succeeded."""
    now = registry.champion(tracker, name)
    previous = now.tags.get(PREVIOUS, "") if now is not None else ""
    if now is None or not previous:
        state = "there is no champion" if now is None else f"version {now.version} is the first champion"
        raise ValueError(f"A rollback needs a champion that succeeded another, but of '{name}' {state}. Promote one: --version N.")
    return now, registry.resolve(tracker, name, previous)


def rollback(tracker: Tracker, name: str) -> ModelVersion:
    """Give the champion's place back to the version it succeeded."""
    _, before = predecessor(tracker, name)
    _crown(tracker, before, "rollback")
    return before


def reigns(tracker: Tracker, name: str) -> list[Reign]:
    """Every reign of a registered model, the first one first."""
    versions = tracker.store.client.search_model_versions(f"name = '{name}'")
    starts = sorted((start for version in versions for start in _starts(version)), key=lambda start: start[0])
    now = registry.champion(tracker, name)
    while starts and (now is None or str(starts[-1][2].version) != str(now.version)):
        starts.pop()  # a promotion that was killed before it counted
    ends = [began for began, *_ in starts[1:]]
    return [
        Reign(version=version, began=began, ended=ended, how=how)
        for (began, how, version), ended in zip(starts, [*ends, None], strict=False)
    ]


def _crown(tracker: Tracker, version: ModelVersion, how: str) -> None:
    """Note the time, then move the alias: the one step that counts."""
    known = [reign.began for reign in reigns(tracker, version.name)]
    held = [f"{began.isoformat()} {past}" for began, past, _ in _starts(version) if began in known]
    text = "; ".join([*held, f"{datetime.now(UTC).isoformat()} {how}"])
    tracker.store.client.set_model_version_tag(version.name, str(version.version), PROMOTED_AT, text)
    tracker.store.client.set_registered_model_alias(version.name, CHAMPION, str(version.version))


def _starts(version: ModelVersion) -> list[tuple[datetime, str, ModelVersion]]:
    """When and how a version became champion."""
    noted = [text.partition(" ") for text in version.tags.get(PROMOTED_AT, "").split("; ") if text]
    return [(datetime.fromisoformat(time), how, version) for time, _, how in noted]
