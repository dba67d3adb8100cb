"""Addresses: where the pages of the dashboards are. Pages link by these; ``dashboards.app`` serves them."""

from urllib.parse import quote, urlencode

HOME, PAPERS = "/", "/papers"


def sweep(name: str, page: str, **query: str | int | None) -> str:
    """A page of a sweep, about what the query says."""
    given = {key: value for key, value in query.items() if value is not None}
    return f"/sweeps/{quote(name, safe='')}/{page}" + (f"?{urlencode(given)}" if given else "")


def run(name: str, index: int | None = None) -> str:
    """The MLflow run of a sweep, or of one of its trials: it is looked up when somebody goes there."""
    return f"/runs/{quote(name, safe='')}" + (f"/{index}" if index is not None else "")


def mlflow_run(base: str, experiment_id: str, run_id: str) -> str:
    """A run in MLflow's own pages."""
    return f"{base.rstrip('/')}/#/experiments/{quote(experiment_id, safe='')}/runs/{quote(run_id, safe='')}"
