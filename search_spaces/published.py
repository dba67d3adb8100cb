"""Published numbers: every table row and confusion matrix of the four papers as data, and which of them a recipe is compared with.

``paper_tables.yaml`` is read when a number is first asked for; importing this touches no disk. Metrics go by our names: every F1 of the
tables is macro-F1, our UF1. STRCN prints the formula of micro-F1, which would equal its accuracy; each F1 that it prints differs from that,
and the authors' code is macro. SHCNN's is pooled over folds, as ours is (its Table 9 gives the .8029 of its Table 8).
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from search_spaces.recipe import Published, Recipe, Target

TABLES = "paper_tables.yaml"
PAPERS = {"stanet": "STANet", "region_cnn_lstm": "Region CNN+LSTM", "strcn": "STRCN", "shcnn": "SHCNN"}
Metric = Literal["accuracy", "uf1", "uar"]
METRICS: dict[str, Metric] = {"accuracy": "accuracy", "F1": "uf1", "UF1": "uf1", "UAR": "uar"}
CORPORA = {"SMIC": "smic", "CASME II": "casme2", "SAMM": "samm"}
"""The parts of a composite, as the tables spell them; any other name is of the whole."""
KEYS = ("paper", "method", "dataset", "table", "protocol", "variant")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One number of one table, or the gap where it has none."""

    paper: str
    table: str
    method: str
    """As the table prints it; ``row 5`` where the names are lost (SHCNN Table 7)."""
    system: str
    """The name under which ``systems.yaml`` says what became of it; ``unnamed`` where no system is known."""
    dataset: str
    protocol: str
    num_classes: int
    num_clips: int | None
    """On how many clips the number was measured: what its fraction fits, where the paper is silent."""
    metric: Metric
    value: float | None
    """A fraction; None where the table has none, or where it cannot be read."""
    num_correct: int | None
    """The only whole number of clips that gives the printed accuracy, where there is exactly one."""
    variant: str | None
    """An ablation or setting of the paper's own method."""
    note: str

    @property
    def place(self) -> str:
        """``STRCN Table V, LOSO``."""
        where = self.table if self.table.startswith("text") else f"Table {self.table}"
        return f"{PAPERS[self.paper]} {where}, {self.protocol}"


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """A confusion matrix that a paper or its repository shows; rows are actual classes, columns predicted ones."""

    paper: str
    where: str
    method: str
    dataset: str
    labels: tuple[str, ...]
    """Empty where the figure is lost."""
    kind: Literal["counts", "counts, derived", "row-normalised", "marginals, derived", "missing"]
    matrix: tuple[tuple[float, ...], ...]
    """(K, K) clips or, row-normalised, shares; for marginals (3, K): true positives, false negatives, false positives."""
    note: str


@cache
def rows() -> tuple[Row, ...]:
    """Every result of every table, in the papers' order."""
    return tuple(_row(given) for given in _tables()["results"])


@cache
def confusions() -> tuple[Confusion, ...]:
    """Every confusion matrix, those whose figure is lost included (kind ``missing``)."""
    return tuple(_confusion(given) for given in _tables()["confusion_matrices"])


@cache
def parameter_counts() -> Mapping[str, int]:
    """The networks of SHCNN's Table 4, as it names them, and how many parameters it prints for each."""
    suffix = " parameters"
    listed = (given for given in _tables()["scalars"] if given["where"] == "Table 4" and given["item"].endswith(suffix))
    return {given["item"].removesuffix(suffix): int(given["value"]) for given in listed}


def targets(recipe: Recipe) -> tuple[Target, ...]:
    """The numbers that a recipe is compared with: of the rows its ``published`` names, then its own ``targets``.

    Raises:
        ValueError: an entry of ``published`` names no row.
    """
    composite = recipe.protocol.kind == "composite_loso"
    printed = (row for wanted in recipe.published for row in matching(wanted, recipe.name) if row.value is not None)
    return (*(_target(row, composite) for row in printed), *recipe.targets)


def matching(wanted: Published, recipe: str) -> tuple[Row, ...]:
    """The rows that agree with every field that is given, at least one; ``recipe`` is who asks, for the error."""
    given = {key: value for key, value in vars(wanted).items() if value is not None}
    found = tuple(row for row in rows() if all(getattr(row, key) == value for key, value in given.items()))
    if not found:
        known = list(dict.fromkeys(_address({key: getattr(row, key) for key in given}) for row in rows()))
        (nearest,) = difflib.get_close_matches(_address(given), known, n=1, cutoff=0.0)
        raise ValueError(
            f"A recipe's published numbers must be rows of search_spaces/{TABLES}, but got {_address(given)} for '{recipe}', which "
            f"is none. The nearest is {nearest}. Correct it in search_spaces/{recipe}.py."
        )
    return found


def _address(fields: Mapping[str, str | None]) -> str:
    return ", ".join(f"{key}={fields[key]!r}" for key in KEYS if key in fields)


def _target(row: Row, composite: bool) -> Target:
    assert row.value is not None, "a gap is no target"
    counted = f"{row.num_correct} of {row.num_clips} clips" if row.num_correct is not None else ""
    return Target(
        metric=row.metric,
        value=row.value,
        corpus=CORPORA.get(row.dataset, "all") if composite else "all",
        source=row.place,
        note="; ".join(part for part in (counted, row.note) if part),
    )


def _row(given: Mapping[str, Any]) -> Row:
    note = given.get("note", "")
    lost = re.match(r"row \d+", note)
    assert given["method"] or lost, f"{TABLES} has a row without a name: {given}"
    return Row(
        **{key: given[key] for key in ("paper", "table", "dataset", "protocol", "value")},
        system=given["system"] or "unnamed",
        method=given["method"] or (lost[0] if lost else ""),
        num_classes=given["classes"],
        num_clips=given["n_samples"],
        metric=METRICS[given["metric"]],
        num_correct=given.get("implied_correct"),
        variant=given.get("variant"),
        note=note,
    )


def _confusion(given: Mapping[str, Any]) -> Confusion:
    matrix = given["matrix"] or ()
    lines = [matrix[name] for name in ("TP", "FN", "FP")] if isinstance(matrix, Mapping) else matrix
    return Confusion(
        **{key: given[key] for key in ("paper", "where", "method", "dataset", "kind")},
        labels=tuple(given["labels"] or ()),
        matrix=tuple(map(tuple, lines)),
        note=given.get("note", ""),
    )


@cache
def _tables() -> Any:
    return yaml.load(files(__package__).joinpath(TABLES).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
