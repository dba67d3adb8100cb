"""What the tests of several pages share: one real small sweep."""

from pathlib import Path

import pytest

from orchestrator.results import SweepResult
from tests.dashboards.small_sweep import make


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SweepResult]:
    """A home with a sweep of three settings of STANet, and what it found. Do not write into it."""
    home = tmp_path_factory.mktemp("swept")
    return home, make(home)
