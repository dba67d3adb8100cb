"""What the tests of several pages share: one real small sweep, and copies of it that may be changed."""

import shutil
from pathlib import Path

import pytest

from orchestrator.results import SweepResult
from tests.dashboards.small_sweep import make


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SweepResult]:
    """A home with a sweep of three settings of STANet, and what it found. Do not write into it."""
    home = tmp_path_factory.mktemp("swept")
    return home, make(home)


@pytest.fixture
def lost(swept: tuple[Path, SweepResult], tmp_path: Path) -> tuple[Path, SweepResult]:
    """The small sweep in a home of its own, without its summary; records and artifacts are shared."""
    home = tmp_path / "home"
    home.mkdir()
    for path in swept[0].glob("*.db*"):  # and their logs
        shutil.copy(path, home / path.name)
    (home / "ledger").symlink_to(swept[0] / "ledger")
    return home, swept[1]


@pytest.fixture
def copied(lost: tuple[Path, SweepResult], swept: tuple[Path, SweepResult]) -> tuple[Path, SweepResult]:
    """The same with its summary."""
    shutil.copytree(swept[0] / "summaries", lost[0] / "summaries")
    return lost
