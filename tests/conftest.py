"""Shared by all tests: golden files, which change only through ``pytest --update-golden``."""

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
