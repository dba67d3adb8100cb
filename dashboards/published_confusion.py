"""Published confusion: the confusion matrices that the papers show of a recipe's system, where there are any."""

from collections.abc import Iterator

import numpy as np

from dashboards import figures
from dashboards.page import Block, Cell, Figure, Table, Text
from search_spaces.published import PAPERS, Confusion, Row, confusions, matching
from search_spaces.recipe import Recipe

TITLE = "The paper's confusion"


def beside(recipe: Recipe | None) -> Iterator[Block]:
    """Every matrix of the system on the data sets that the recipe is compared on; says plainly where there is none."""
    found = [] if recipe is None else published(recipe)
    shown = [matrix for matrix in found if matrix.kind != "missing"]
    lost = [matrix for matrix in found if matrix.kind == "missing"]
    if not found:
        yield Text(title=TITLE, text="No paper of the four prints a confusion matrix of this system on this corpus.")
    for matrix in lost:
        where = f"{PAPERS[matrix.paper]} {matrix.where}"
        yield Text(title=TITLE, text=f"{where} shows one of {matrix.method} on {matrix.dataset}, but its figure is lost: {matrix.note}.")
    yield from map(_one, shown)


def published(recipe: Recipe) -> list[Confusion]:
    """By method and data set of the printed rows that the recipe is compared with."""
    rows = {row for wanted in recipe.published for row in matching(wanted, recipe.name)}
    return [matrix for matrix in confusions() if any(_is_of(matrix, row) for row in rows)]


def _is_of(matrix: Confusion, row: Row) -> bool:
    """``SHCNN (released code run)`` is SHCNN's; a figure of several methods is each one's."""
    names = (name.partition(" (")[0].casefold() for name in matrix.method.split(" / "))
    known = f"{row.method} {row.system}".casefold()
    return (matrix.paper, matrix.dataset) == (row.paper, row.dataset.partition(" (")[0]) and any(name in known for name in names)


def _one(matrix: Confusion) -> Block:
    where = f"{PAPERS[matrix.paper]} {matrix.where}: {matrix.method} on {matrix.dataset} ({matrix.kind})"
    note = f"{where}. {matrix.note}".strip()
    if matrix.kind == "marginals, derived":
        counts = zip(*matrix.matrix, strict=True)
        rows: tuple[tuple[Cell, ...], ...] = tuple((name, *map(int, three)) for name, three in zip(matrix.labels, counts, strict=True))
        columns = ("class", "true positives", "false negatives", "false positives")
        return Table(title=f"{TITLE}, {matrix.dataset}", columns=columns, rows=rows, caption=note)
    drawn = figures.confusion(np.array(matrix.matrix), matrix.labels)
    return Figure(title=f"{TITLE}, {matrix.dataset}", figure=drawn, caption=note)
