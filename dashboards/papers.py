"""Papers: every printed number, and beside it what was measured of it: in this home, or before and kept with the source."""

from collections.abc import Iterator, Mapping, Sequence

from dashboards import addresses
from dashboards.listing import interval
from dashboards.page import Block, Callout, Cell, Column, Link, Page, Table, Text, Tone
from dashboards.reproductions import Ours, ours
from dashboards.sweep_view import Listed
from orchestrator.published_tables import METRICS, as_printed, compared
from search_spaces.published import PAPERS, Row, rows

LEAD = "What the papers print, what came of it here, and how it was chosen."
HEADS = (
    "method",
    "data set",
    "metric",
    Column(title="published", form=".4f"),
    "reproduced",
    Column(title="difference", form="+.4f"),
    "95 % interval",
    Column(title="inside", hint="whether the printed number lies in our 95 % interval"),
    "rule",
    "honest",
    "MLflow",
    "protocol",
    "by",
    "seeds",
    "recipe",
    "data digest",
    "code version",
)
Key = tuple[str, str, str, str | None]


def papers(sweeps: Sequence[Listed]) -> Page:
    """Every table of every paper."""
    measured = ours(sweeps)
    tables = dict.fromkeys((row.paper, row.table) for row in rows())
    blocks: list[Block] = [_summary(measured)]
    for paper, number in tables:
        title = f"{PAPERS[paper]}, {number if number.startswith('text') else f'Table {number}'}"
        blocks += [*_one(title, [row for row in rows() if (row.paper, row.table) == (paper, number)], measured)]
    return Page(name="papers", title="Papers", lead=LEAD, blocks=tuple(blocks))


def _summary(measured: Mapping[Row, Sequence[Ours]]) -> Callout:
    printed = [row for row in rows() if row.value is not None]
    done = [row for row in printed if measured.get(row)]
    compared_with = [(row, each) for row in done for each in measured[row] if each.rule == "last_epoch"]
    inside = sum(bool(_inside(row, each)) for row, each in compared_with)
    if not done:
        text = "None of them has been measured yet. Begin with: python -m orchestrator.reproduce MODEL --corpus CORPUS --root DIR"
        return Callout(title=f"{len(printed)} numbers are printed.", text=text)
    text = (
        f"{len(done)} of them have been measured, by {len(compared_with)} numbers of ours at the paper's own setting (last_epoch); in "
        f"{inside} cases the printed number lies in our 95 % interval, which says how much other subjects would change ours."
    )
    return Callout(title=f"{len(printed)} numbers are printed.", text=text)


def _one(title: str, found: Sequence[Row], measured: Mapping[Row, Sequence[Ours]]) -> Iterator[Block]:
    lines = [(row, each) for row in found for each in measured.get(row, ())]
    if lines:
        tones: tuple[Tone, ...] = tuple("plain" if each.honest else "bad" for _, each in lines)
        yield Table(title=title, columns=HEADS, rows=tuple(_line(row, each) for row, each in lines), tones=tones)
    else:
        yield Text(title=title, text=_unmeasured(found))
    yield _printed(f"All that {title} prints", found)


def _line(row: Row, each: Ours) -> tuple[Cell, ...]:
    link = Link(text="run", url=addresses.run(each.sweep)) if each.sweep else "measured before"
    return (
        row.method + (f" ({row.variant})" if row.variant else ""), row.dataset, METRICS[row.metric], row.value, each.value,
        None if row.value is None else each.value - row.value, interval(each.low, each.high), _says(_inside(row, each)), each.rule,
        "yes" if each.honest else "NO", link, row.protocol, each.kind, str(each.num_seeds), each.recipe, each.data_digest[:12], each.code,
    )  # fmt: skip


def _inside(row: Row, each: Ours) -> bool | None:
    if row.value is None or each.low is None or each.high is None:
        return None
    return each.low <= row.value <= each.high


def _says(flag: bool | None) -> str | None:
    return None if flag is None else "yes" if flag else "no"


def _unmeasured(found: Sequence[Row]) -> str:
    recipes = list(dict.fromkeys(recipe for row in found for recipe in compared().get(row, ())))
    if not recipes:
        return "No recipe is compared with these numbers; docs/papers.md says of each system why."
    return f"Not measured here yet. {len(recipes)} recipes are compared with these numbers; the table names them."


def _printed(title: str, found: Sequence[Row]) -> Table:
    fields = list(dict.fromkeys((row.dataset, row.metric) for row in found))
    groups: dict[Key, dict[tuple[str, str], Row]] = {}
    for row in found:
        groups.setdefault((row.method, row.system, row.protocol, row.variant), {})[(row.dataset, row.metric)] = row
    columns = ("method", "system", "protocol", *(f"{dataset} {METRICS[metric]}" for dataset, metric in fields), "recipes")
    body = tuple(_group(key, group, fields) for key, group in groups.items())
    return Table(title=title, columns=columns, rows=body, folded=True)


def _group(key: Key, group: Mapping[tuple[str, str], Row], fields: Sequence[tuple[str, str]]) -> tuple[Cell, ...]:
    method, system, protocol, variant = key
    values = (group[field].value if field in group else None for field in fields)
    recipes = dict.fromkeys(recipe for row in group.values() for recipe in compared().get(row, ()))
    name = f"{method} ({variant})" if variant not in (None, method) else method
    return (name, system, protocol, *map(as_printed, values), ", ".join(recipes) or None)
