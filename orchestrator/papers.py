"""docs/papers.md: every system of the papers' tables, their numbers and ours, rendered from the tables, the systems and what was measured.

python -m orchestrator.papers            after a change of tables, systems or recipes
python -m orchestrator.reproduce --all   measures, and renders
"""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import search_spaces
from orchestrator import console, measured, measured_tables, published_tables
from orchestrator.measured import Measured
from orchestrator.published_tables import METRICS, as_printed, decimal, table
from search_spaces.published import Row, rows
from search_spaces.systems import System, systems

FOLDER = Path(__file__).resolve().parents[1] / "docs"
PAGE, DATA = "papers.md", "papers_measured.json"
HEAD = """\
# The papers, their numbers and ours

Rendered by `python -m orchestrator.papers`; do not edit. From [paper_tables.yaml](../search_spaces/paper_tables.yaml) (what is printed),
[systems.yaml](../search_spaces/systems.yaml) (what became of each system), the recipes, and
[papers_measured.json](papers_measured.json), which `python -m orchestrator.reproduce --all` writes.

Numbers are fractions. UF1 is the mean of the classes' F1 (each F1 of the four papers is that), UAR the mean of their recalls, both of the
confusion matrix pooled over all folds. Every number of ours has the rule that chose setting and epoch:

| rule | setting and epoch were chosen | honest |
|---|---|---|
| `last_epoch` | not at all: the paper's setting at its last epoch, no inner validation | yes |
| `nested` | per held-out subject, on inner subjects of that fold: what a search gains | yes |
| `oracle` | on the held-out clips themselves, as much of the literature does; explains printed numbers | NO |
"""
INTRO = """\
{} systems: {}. A system *needs weights* where the printed number starts from weights that
only you can bring; if it has recipes, its network is implemented and trains without. *Not reconstructible* means: from the four papers and
public code. Ablations are in the tables below.
"""


def check(folder: Path) -> None:
    """Refuse a wrong folder before anything is trained."""
    if not folder.is_dir():
        raise ValueError(f"--docs must be the folder of {PAGE}, but {folder} is no folder. Run from a checkout, or name its docs/.")


def update(folder: Path, entries: Iterable[Measured]) -> None:
    """Add what was measured, and render the page anew."""
    known = measured.update(folder / DATA, entries)
    (folder / PAGE).write_text(render(list(known.values())), encoding="utf-8")


def render(known: Sequence[Measured]) -> str:
    """The page, in Markdown."""
    return "\n".join((HEAD, _systems(known), measured_tables.section(known), published_tables.section()))


def _systems(known: Sequence[Measured]) -> str:
    states = Counter(system.status for system in systems().values())
    counts = ", ".join(f"{status} {number}" for status, number in states.items())
    body = table([_line(system, known) for system in systems().values()])
    return f"## Systems\n\n{INTRO.format(len(systems()), counts)}\n{body}\n"


def _line(system: System, known: Sequence[Measured]) -> dict[str, str]:
    ours = [(entry, "last_epoch" if entry.kind == "reproduced" else "nested") for entry in known if entry.system == system.file]
    printed = _printed([row for row in rows() if row.system == system.name])
    places = (f"`{entry.variant}`, {entry.num_clips} clips, {entry.num_folds} folds" for entry, _ in ours)
    return {
        "system": system.title,
        "state": system.status,
        "recipes": f"`{system.file}`" if system.file else "-",
        "printed": "<br>".join(printed) or system.where,
        "ours": "<br>".join(_number(entry, rule) for entry, rule in ours) or "-",
        "measured on": "<br>".join(places) or _unmeasured(system),
        "rule": "<br>".join(rule for _, rule in ours) or "-",
        "why, and what would unlock it": f"{system.reason[0].upper()}{system.reason[1:]}. Unlocks: {system.unlock}."
        if system.reason
        else "",
    }


def _printed(found: Sequence[Row]) -> list[str]:
    """A line per table and protocol; ablations are left to the tables below."""
    numbers: dict[str, dict[str, list[str]]] = {}
    for row in found:
        if row.variant in (None, "Ours") and row.value is not None:
            place, dataset = (text.partition(" (")[0] for text in (row.place, row.dataset))
            numbers.setdefault(place, {}).setdefault(dataset, []).append(f"{METRICS[row.metric]} {as_printed(row.value)}")
    return [f"{place}: {', '.join(' '.join((name, *shown)) for name, shown in each.items())}" for place, each in numbers.items()]


def _number(entry: Measured, rule: str) -> str:
    uf1, uar = entry.value(rule, "uf1"), entry.value(rule, "uar")
    assert uf1 and uar, "a reproduction is scored by last_epoch, a search by nested"
    spread = f", {len(entry.seeds)} seeds, spread {decimal(uf1.spread)}" if len(entry.seeds) > 1 else ""
    return f"UF1 {decimal(uf1.mean)}, UAR {decimal(uar.mean)}{spread}"


def _unmeasured(system: System) -> str:
    if system.file is None:
        return "-"
    real = [variant for variant in search_spaces.variants(system.file) if not variant.startswith("synthetic")]
    corpora = dict.fromkeys(search_spaces.load(system.file, variant)[0].data.corpus for variant in real)
    return f"not measured; recipes for {', '.join(f'`{corpus}`' for corpus in corpora)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """0: written; 1: failed."""
    parser = console.parser(__doc__ or "", flags=())
    parser.add_argument("--docs", type=console.absolute, default=FOLDER, help="folder of the page (default: docs/ of the checkout)")
    given = parser.parse_args(arguments)
    check(given.docs)
    update(given.docs, ())
    console.say(f"written: {given.docs / PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(console.run(main))
