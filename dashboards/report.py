"""The report of a sweep: its pages as one HTML file that needs no network, and its tables as CSV and LaTeX for a paper.

    python -m dashboards.report stanet-synthetic-1a2b3c4d --home /shared/losotune

Without --out, the files go below HOME/reports and to the sweep's MLflow run as artifacts, once: equal content is not logged again. The same
is done by itself when a sweep ends (orchestrator/after_sweep.py). With --out, they go there alone.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dashboards import html
from dashboards.app import PAGES, recipe_of
from dashboards.clip import ALL_CLIPS, clip
from dashboards.clip_case import easiest, hardest
from dashboards.completion import complete
from dashboards.export import to_csv, to_latex
from dashboards.export_tables import DATA, tables
from dashboards.page import Block, Choices, Page, Table, Text
from dashboards.runs import NoSweep, Runs
from dashboards.sweep_view import SweepView
from orchestrator import console
from orchestrator.after_sweep import EndedSweep
from orchestrator.tracking import Tracker
from orchestrator.tracking_store import Part
from preprocessing.atomic import write_atomically
from search_spaces.published import targets

EXAMPLES = (
    "python -m dashboards.report stanet-synthetic-1a2b3c4d",
    "python -m dashboards.report fhofo-megc2019_flow-b48ebf22 --home /shared/losotune --out ~/fhofo.html",
)
FOLDER, FILE, PART = "reports", "report.html", "report"
CLIPS = "A report shows the clip that fewest settings recognise and the one that most do; python -m dashboards.serve shows every clip."
Files = Mapping[str, str]
"""A report: names below its folder, and their content."""


def report(runs: Runs, name: str) -> Files:
    """Make the report of a sweep from what is recorded.

    Raises:
        NoSweep: the home has no such sweep, or nothing of it has settled.
    """
    view = _view(runs, name)
    recipe = recipe_of(view)
    when = f" The last one ended {view.listed.ended:%Y-%m-%d %H:%M}." if view.listed.ended else ""
    made = (
        f"{view.header.model} on {view.header.corpus}: {view.table.num_rows} settings, {view.num_folds} folds; data "
        f"{view.header.data_digest[:12]}, code {view.header.tags.get('code_version', '')[:12]}.{when}"
        + (" The sweep is still running." if view.live else "")
    )
    made_tables = tables(view, targets(recipe) if recipe else ())
    files = {FILE: html.report(_pages(view, made_tables.get("published")), title=f"Report of {name}", made=made)}
    for stem, table in made_tables.items():
        note = f"{name}; data {view.header.data_digest[:12]}; python -m dashboards.report {name}"
        files[f"tables/{stem}.csv"] = to_csv(table)
        if stem not in DATA:
            files[f"tables/{stem}.tex"] = to_latex(table, label=f"{name}-{stem}", note=note)
    return files


def log(runs: Runs, name: str, made: Files) -> bool:
    """Put a report among the artifacts of the sweep's MLflow run. Says whether it was not there yet.

    Raises:
        TrackingUnavailable: MLflow could not be reached.
        NoSweep: MLflow does not know the sweep.
    """
    tracker = Tracker.existing(runs.tracking_uri, runs.home)
    tracker.store.load(name)
    run = tracker.store.known(name).get(name)
    if run is None:
        raise NoSweep(f"A report is logged to its sweep's run, but {name} has none in {runs.home}. Run the sweep's command again first.")
    return tracker.store.log(run, PART, Part(texts={f"report/{file}": text for file, text in made.items()}))


def write(folder: Path, made: Files) -> None:
    """The report's files below a folder."""
    for file, text in made.items():
        write_atomically(folder / file, text.encode())


def after_sweep(ended: EndedSweep) -> str:
    """The hook of ``losotune.after_sweep``: logs the report of a sweep that ended."""
    runs = Runs(ended.home, ended.tracking_uri, ended.storage)
    new = log(runs, ended.name, report(runs, ended.name))
    return f"report: {'logged to' if new else 'is in'} the sweep's MLflow run, artifact report/{FILE}"


def main(arguments: Sequence[str] | None = None) -> int:
    """0: made; 1: failed; 2: wrong usage."""
    parser = console.parser(__doc__ or "", examples=EXAMPLES, flags=("home", "tracking-uri", "storage", "json"))
    parser.add_argument("sweep", metavar="SWEEP", help="the sweep's name, as the sweep printed it and the dashboards list it")
    parser.add_argument("--out", type=console.absolute, metavar="FILE", help="HTML file; tables go beside it, and MLflow is left alone")
    given = parser.parse_args(arguments)
    runs = Runs(given.home, given.tracking_uri, given.storage)
    try:
        made = report(runs, given.sweep)
        place = given.out or runs.home / FOLDER / given.sweep / FILE
        if given.out:
            made = {place.name if file == FILE else f"{place.stem}-{file}": text for file, text in made.items()}
        write(place.parent, made)
        logged = None if given.out else log(runs, given.sweep, made)
    except NoSweep as error:
        raise ValueError(str(error)) from error
    console.say(f"written: {place} ({place.stat().st_size / 1e6:.1f} MB) and {len(made) - 1} tables beside it", as_json=given.json)
    if logged is not None:
        console.say(f"MLflow: {'logged' if logged else 'has it already'}, artifact report/{FILE}", as_json=given.json)
    if given.json:
        console.emit({"sweep": given.sweep, "report": str(place), "files": sorted(made), "logged": logged})
    return 0


def _view(runs: Runs, name: str) -> SweepView:
    listed = runs.listed(name)
    view = runs.view(name)
    if view is None or (not view.live and not view.scores):  # a sweep of before there were summaries
        complete(runs, listed)
        view = runs.view(name)
    if view is None or not view.table.num_rows:
        raise NoSweep(f"A report shows settled trials, but {name} has none yet. Make it when the first has settled.")
    ends = [end for _, end in view.times.values() if end is not None]  # a run's own end moves when a finished sweep is run again
    return replace(view, listed=replace(view.listed, ended=max(ends, default=None)))


def _pages(view: SweepView, published: Table | None) -> list[Page]:
    """The pages of a sweep; what only helps to go from one to another is left out."""
    pages = [make(view, {}) for page, (_, make) in PAGES.items() if page != "clip"]
    beside: Block = published or Text(text=f"No paper prints a number that {view.header.model} on {view.header.corpus} is compared with.")
    pages.append(Page(name="papers", title="Published beside reproduced", lead="The paper's numbers and ours, by rule.", blocks=(beside,)))
    if view.clips:
        keys = dict.fromkeys((hardest(view), easiest(view)))
        clips = [clip(view, key, address=lambda key, rule: "") for key in keys]
        pages += [replace(page, name=f"clip-{place}") for place, page in enumerate(clips, start=1)]
        pages[-1] = replace(pages[-1], lead=f"{pages[-1].lead} {CLIPS}")
    return [replace(page, blocks=tuple(block for block in page.blocks if not _leads_on(block)), refresh_s=None) for page in pages]


def _leads_on(block: object) -> bool:
    return isinstance(block, Choices) or (isinstance(block, Table) and block.title == ALL_CLIPS)


if __name__ == "__main__":
    sys.exit(console.run(main))
