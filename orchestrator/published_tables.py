"""The papers' tables as Markdown: each number that is printed, and the recipes that are compared with it."""

from collections.abc import Mapping, Sequence
from functools import cache

import search_spaces
from search_spaces.published import PAPERS, Row, confusions, matching, parameter_counts, rows

METRICS = {"accuracy": "acc.", "uf1": "UF1", "uar": "UAR"}
INTRO = """\
A dash is a gap in the table. Recipes are those whose results are shown beside the row. The file also has notes, the numbers of clips, and
{} confusion matrices (the figures of {} more are lost).
"""


def table(lines: Sequence[Mapping[str, str]]) -> str:
    """Lines of equal columns."""
    columns = list(lines[0])
    body = (f"| {' | '.join(line[column].replace('|', '&#124;') for column in columns)} |" for line in lines)
    return "\n".join((f"| {' | '.join(columns)} |", "|" + "---|" * len(columns), *body))


def decimal(value: float | None, sign: str = "") -> str:
    """``.6898``, as tables print fractions."""
    return "-" if value is None else f"{value:{sign}.4f}".replace("0.", ".", 1)


def as_printed(value: float | None) -> str:
    """Three digits, or the four that a table has."""
    return "-" if value is None else decimal(value).removesuffix("0")


def section() -> str:
    """Every table of every paper."""
    places = dict.fromkeys((row.paper, row.table) for row in rows())
    lost = sum(matrix.kind == "missing" for matrix in confusions())
    intro = INTRO.format(len(confusions()) - lost, lost)
    parts = (f"### {PAPERS[paper]}, {_heading(number)}\n\n{_one(paper, number)}\n" for paper, number in places)
    return "\n".join(("## Every printed number", "", intro, *parts, _parameters()))


def _heading(number: str) -> str:
    return number if number.startswith("text") else f"Table {number}"


def _one(paper: str, number: str) -> str:
    found = [row for row in rows() if (row.paper, row.table) == (paper, number)]
    fields = list(dict.fromkeys((row.dataset, row.metric) for row in found))
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in found:
        variant = "" if row.variant in (None, row.method) else f" ({row.variant})"
        groups.setdefault((row.method + variant, row.system, row.protocol), []).append(row)
    return table([_line(key, group, fields) for key, group in groups.items()])


def _line(key: tuple[str, ...], group: Sequence[Row], fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    values: dict[tuple[str, str], float | None] = {(row.dataset, row.metric): row.value for row in group}
    recipes = dict.fromkeys(recipe for row in group for recipe in compared().get(row, ()))
    return {
        **dict(zip(("method", "system", "protocol"), key, strict=True)),
        **{f"{dataset} {METRICS[metric]}": as_printed(values.get((dataset, metric))) for dataset, metric in fields},
        "recipes": ", ".join(f"`{recipe}`" for recipe in recipes) or "-",
    }


def _parameters() -> str:
    return (
        f"### SHCNN, Table 4\n\n{table([{'network': name, 'parameters': f'{number:,}'} for name, number in parameter_counts().items()])}\n"
    )


@cache
def compared() -> Mapping[Row, tuple[str, ...]]:
    """Row -> the recipes that are compared with it, ``file/variant``."""
    found: dict[Row, tuple[str, ...]] = {}
    for name in search_spaces.names():
        for variant in search_spaces.variants(name):
            for wanted in search_spaces.load(name, variant)[0].published:
                for row in matching(wanted, name):
                    found[row] = (*found.get(row, ()), f"{name}/{variant}")
    return found
