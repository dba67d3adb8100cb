"""Shared by all tests: golden files, which change only through ``pytest --update-golden``, and who runs beside whom."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.cluster import prepare_environment

prepare_environment()  # before any test module imports Ray, as the entry points do
GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden/ from what the code gives now; review the diff like code"
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """``pytest -n 2 --dist loadgroup``: what shares a Ray, servers or a sweep to look at runs in one process; the rest wherever."""
    if group := _group(item):
        item.add_marker(pytest.mark.xdist_group(group))


def _group(item: pytest.Item) -> str | None:
    if item.get_closest_marker("ray"):
        return "ray"
    if item.path.parent.name == "dashboards":
        return "pages"
    return "servers" if {"postgres", "mlflow_server"} & set(getattr(item, "fixturenames", ())) else None


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """``golden(name, text)``: the text must equal ``tests/golden/<name>``."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if not path.exists():
            pytest.fail(f"A golden file must exist, but {path} does not. Write it: pytest --update-golden")
        assert text == path.read_text(encoding="utf-8"), f"{path} differs. If that is meant: pytest --update-golden, and review the diff."

    return check
