"""App: the pages over HTTP. Every answer is made from what is on disk at that moment; nothing is changed by looking."""

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

import search_spaces
from dashboards import addresses, html
from dashboards.clip import clip
from dashboards.guard import Guard
from dashboards.honesty import honesty
from dashboards.listing import listing
from dashboards.page import Callout, Link, Page
from dashboards.papers import papers
from dashboards.runs import NoSweep, Runs
from dashboards.subjects import subjects
from dashboards.sweep import sweep
from dashboards.sweep_view import LIVE_S, SweepView
from search_spaces.recipe import Recipe

Query = Mapping[str, str]
Make = Callable[[SweepView, Query], Page]


def _clip(view: SweepView, query: Query) -> Page:
    def address(key: str, rule: str | None) -> str:
        return addresses.sweep(view.name, "clip", key=key, rule=rule)

    return clip(view, query.get("key"), query.get("rule"), address=address)


PAGES: Mapping[str, tuple[str, Make]] = {
    "sweep": ("Sweep", lambda view, query: sweep(view)),
    "subjects": ("Subjects", lambda view, query: subjects(view, recipe_of(view), trial=_number(query.get("trial")))),
    "honesty": ("Honesty", lambda view, query: honesty(view)),
    "clip": ("Clip", _clip),
}
"""The pages of a sweep: last part of the address -> name and maker."""


def recipe_of(view: SweepView) -> Recipe | None:
    """The recipe of a sweep as this version of losotune has it; None where it has none any more."""
    try:
        return search_spaces.load(view.header.model, view.header.corpus)[0]
    except ValueError:
        return None


def app(
    home: Path,
    *,
    tracking_uri: str | None = None,
    storage: str | None = None,
    mlflow_url: str | None = None,
    optuna_url: str | None = None,
    password: str | None = None,
) -> FastAPI:
    """The application: ``mlflow_url`` and ``optuna_url`` are where those programs' own pages are; a password turns authentication on."""
    runs = Runs(home, tracking_uri, storage)
    made = FastAPI(title="losotune", openapi_url=None, docs_url=None, redoc_url=None)
    made.add_middleware(Guard, password=password)
    mlflow_url = tracking_uri if tracking_uri and tracking_uri.startswith("http") else mlflow_url
    tools = [Link(text=name, url=url) for name, url in (("MLflow", mlflow_url), ("Optuna", optuna_url)) if url]

    def answer(page: Page, at: str, name: str = "", status: int = 200) -> HTMLResponse:
        pages = [Link(text=title, url=addresses.sweep(name, each)) for each, (title, _) in PAGES.items()] if name else []
        site = (Link(text="Sweeps", url=addresses.HOME), Link(text="Papers", url=addresses.PAPERS))
        navigation = html.Navigation(site=site, sweep=name, pages=tuple(pages), tools=tuple(tools), current=at)
        return HTMLResponse(html.render(page, navigation), status, headers={"cache-control": "no-cache"})

    @made.get("/")
    def first() -> Response:
        return answer(listing(runs.home, runs.sweeps(), away=runs.away), addresses.HOME)

    @made.get(addresses.PAPERS)
    def all_papers() -> Response:
        return answer(papers(runs.sweeps()), addresses.PAPERS)

    @made.get("/sweeps/{name}")
    def default(name: str) -> Response:
        return RedirectResponse(addresses.sweep(name, "sweep"))

    @made.get("/sweeps/{name}/{page}")
    def one(name: str, page: str, request: Request) -> Response:
        if page not in PAGES:
            raise HTTPException(404, f"A sweep has the pages {', '.join(PAGES)}, but no '{page}'.")
        view = runs.view(name)
        found = _waiting() if view is None else PAGES[page][1](view, request.query_params)
        return answer(found, addresses.sweep(name, page), name)

    @made.get("/runs/{name}")
    @made.get("/runs/{name}/{index}")
    def run(name: str, index: int | None = None) -> Response:
        listed = runs.listed(name)
        run_id = listed.run_id if index is None else runs.trial_run_id(name, index)
        if mlflow_url is None or run_id is None or listed.experiment_id is None:
            raise HTTPException(404, "MLflow has no such run, or its pages are not served here: python -m dashboards.serve starts them.")
        return RedirectResponse(addresses.mlflow_run(mlflow_url, listed.experiment_id, run_id))

    @made.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in html.STATIC:
            raise HTTPException(404, "There is no such file.")
        path, kind = html.STATIC[name]
        return FileResponse(path, media_type=kind, headers={"cache-control": "public, max-age=86400" if "plotly" in name else "no-cache"})

    @made.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        return answer(_problem(str(error.detail)), request.url.path, status=error.status_code)

    @made.exception_handler(LookupError)
    def unknown(request: Request, error: LookupError) -> Response:
        if type(error) not in (LookupError, NoSweep):
            raise error  # a KeyError is a mistake of ours
        return answer(_problem(str(error)), request.url.path, status=404)

    @made.exception_handler(ValueError)
    def damaged(request: Request, error: ValueError) -> Response:
        return answer(_problem(str(error)), request.url.path, status=500)

    return made


def _waiting() -> Page:
    text = "No trial has settled yet, or the summary of this sweep is being made from the ledger. The page looks again by itself."
    return Page(name="waiting", title="Not yet", lead="Come back in a moment.", blocks=(Callout(text=text),), refresh_s=LIVE_S)


def _problem(text: str) -> Page:
    return Page(name="problem", title="Nothing to show", lead="This address leads to nothing.", blocks=(Callout(tone="bad", text=text),))


def _number(text: str | None) -> int | None:
    return int(text) if text and quote(text).isdecimal() else None
