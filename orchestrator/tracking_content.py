"""Tracking content: what is logged to one MLflow run in one go, and what this process knows of a run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mlflow.entities import DatasetInput

from search_spaces.recipe import Plain, digest

PARAM_LENGTH, TAG_LENGTH = 6000, 8000


@dataclass(frozen=True, kw_only=True)
class Part:
    """Parameters cannot change once logged; everything else may."""

    params: Mapping[str, Plain] = field(default_factory=dict)
    metrics: Sequence[tuple[str, float, int]] = ()
    """(name, value, step)."""
    tags: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """Artifact path -> content."""
    inputs: Sequence[DatasetInput] = ()

    @property
    def run_params(self) -> dict[str, str]:
        """As MLflow keeps them."""
        return {name: _text(value)[:PARAM_LENGTH] for name, value in self.params.items()}

    @property
    def run_tags(self) -> dict[str, str]:
        """As MLflow keeps them."""
        return {name: value[:TAG_LENGTH] for name, value in self.tags.items()}

    def digest(self) -> str:
        inputs = [[item.dataset.name, item.dataset.digest, item.dataset.source] for item in self.inputs]
        metrics = [[name, repr(value), step] for name, value, step in self.metrics]
        return digest([dict(self.params), metrics, dict(self.tags), dict(self.texts), inputs])[:16]


@dataclass
class KnownRun:
    """This process is the only writer."""

    id: str
    start_ms: int
    status: str
    tags: dict[str, str]
    artifact_uri: str


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a run is found by, and where it belongs."""

    key: str
    name: str
    kind: Literal["sweep", "trial", "fold"]
    sweep: str
    parent: KnownRun | None = None


def _text(value: Plain) -> str:
    return value if isinstance(value, str) else json.dumps(value)
