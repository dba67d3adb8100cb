"""Listing: the first page. What is in a home, the newest first, or what to do where it is empty."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dashboards import addresses
from dashboards.page import Block, Callout, Cell, Column, Link, Page, Table, Text, Tone
from dashboards.sweep_view import INTERRUPTED, LIVE_S, RUNNING, Listed

TONES: dict[str, Tone] = {RUNNING: "good", INTERRUPTED: "warn", "KILLED": "warn", "FAILED": "bad"}
SEARCHES = (
    "sweep", "status", "model", "corpus", "started", Column(title="nested UF1", hint="chosen on inner subjects: the number to publish"),
    "95 % interval", Column(title="oracle UF1", hint="chosen on the answers: explains published numbers"),
    Column(title="inner_mean UF1", hint="one setting for everyone: the model to ship"), "MLflow",
)  # fmt: skip
REPRODUCTIONS = ("reproduction", "status", "model", "corpus", "seed", "started", "last_epoch UF1", "95 % interval", "MLflow")


def listing(home: Path, sweeps: Sequence[Listed], *, away: bool = False) -> Page:
    """Every search and every reproduction of a home; ``away``: MLflow does not answer."""
    lead = f"What was run below {home}."
    if not sweeps:
        return Page(name="sweeps", title="Sweeps", lead=lead, blocks=(*_away(away), *_empty(home)), refresh_s=LIVE_S)
    searches, reproductions = ([each for each in sweeps if each.searched is wanted] for wanted in (True, False))
    blocks: list[Block] = [*_away(away), *_alarms(sweeps)]
    if searches:
        rows, tones = tuple(map(_search, searches)), tuple(TONES.get(each.status, "plain") for each in searches)
        blocks.append(Table(title="Searches", columns=SEARCHES, rows=rows, tones=tones))
    if reproductions:
        rows, tones = tuple(map(_reproduction, reproductions)), tuple(TONES.get(each.status, "plain") for each in reproductions)
        blocks.append(Table(title="Reproductions", columns=REPRODUCTIONS, rows=rows, tones=tones))
    live = any(each.status == RUNNING for each in sweeps)
    return Page(name="sweeps", title="Sweeps", lead=lead, blocks=tuple(blocks), refresh_s=LIVE_S if live else None)


def moment(time: datetime | None) -> str | None:
    """A time as this machine's clock shows it."""
    return None if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M")


def interval(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None or low != low or high != high else f"{low:.3f} to {high:.3f}"


def _empty(home: Path) -> tuple[Block, ...]:
    return (
        Callout(title="Nothing was run here yet.", text="This page fills itself as soon as a sweep has begun."),
        Text(
            title="What to do next",
            text="Search around a published recipe on a synthetic corpus, on this machine (minutes):\n\n"
            f"python -m orchestrator.sweep stanet --home {home}\n\n"
            "Reproduce a paper's own point, beside the paper's numbers:\n\n"
            f"python -m orchestrator.reproduce stanet --home {home}\n\n"
            "If you expected sweeps here, another --home was used: python -m dashboards.serve --home THAT-FOLDER.",
        ),
    )


def _away(away: bool) -> list[Block]:
    text = "MLflow does not answer: scores, times and links to runs are not shown. Sweeps go on, and catch up when it is back."
    return [Callout(tone="warn", text=text)] if away else []


def _alarms(sweeps: Sequence[Listed]) -> list[Block]:
    broken = [each.name for each in sweeps if each.status in (INTERRUPTED, "KILLED", "FAILED")]
    if not broken:
        return []
    text = f"{', '.join(broken)}: did not end well. The same command again resumes it: recorded folds are never trained again."
    return [Callout(tone="warn", text=text)]


def _search(listed: Listed) -> tuple[Cell, ...]:
    return (
        Link(text=listed.name, url=addresses.sweep(listed.name, "sweep")), listed.status, listed.model, listed.corpus,
        moment(listed.started), *_score(listed, "nested"), listed.metrics.get("oracle/all/uf1"),
        listed.metrics.get("inner_mean/all/uf1"), mlflow_link(listed),
    )  # fmt: skip


def _reproduction(listed: Listed) -> tuple[Cell, ...]:
    return (
        Link(text=listed.name, url=addresses.sweep(listed.name, "honesty")), listed.status, listed.model, listed.corpus,
        listed.tags.get("seed"), moment(listed.started), *_score(listed, "last_epoch"), mlflow_link(listed),
    )  # fmt: skip


def _score(listed: Listed, rule: str) -> tuple[Cell, Cell]:
    name = f"{rule}/all/uf1"
    return listed.metrics.get(name), interval(listed.metrics.get(f"{name}.low"), listed.metrics.get(f"{name}.high"))


def mlflow_link(listed: Listed) -> Cell:
    return None if listed.run_id is None else Link(text="run", url=addresses.run(listed.name))
