"""What a search leaves behind: trials with their fold records. Selection, tracking and dashboards read these and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestrator.ledger import FoldRecord
from search_spaces.recipe import Plain


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One hyperparameter setting over all folds. Index 0 is the paper's point."""

    index: int
    settings: Mapping[str, Plain]
    """The searched dotted names and their values; empty for the paper's point."""
    state: Literal["complete", "pruned", "failed"]
    """``pruned``: stopped early, so some folds have no record. ``failed``: raised, or gave NaN."""
    folds: Mapping[str, FoldRecord]
    """Fold name -> record."""
    inner_score: float | None = None
    """UF1 pooled over the inner predictions of all folds at the last epoch: what the search maximises. None unless complete."""
    reason: str = ""
    """Why it was pruned or failed."""


@dataclass(frozen=True, kw_only=True)
class SweepResult:
    """One sweep: a recipe, its trials, and what is needed to trust them."""

    name: str
    """``stanet-synthetic-1a2b3c4d``: model, corpus variant and the digest of recipe, space, data, seed and code."""
    model: str
    corpus: str
    classes: tuple[str, ...]
    fold_names: tuple[str, ...]
    """Every fold of the protocol, in the order they are reported."""
    data_digest: str
    seed: int
    trials: tuple[Trial, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    """``protocol``, ``feature_stage``, ``sampler``, ``code_version``, ``sample_set``: shown wherever a score is."""
