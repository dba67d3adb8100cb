"""The commit that a sweep is tagged with."""

import subprocess
from pathlib import Path

from orchestrator.checkout import CHANGED, commit


def _git(folder: Path, *arguments: str) -> str:
    own = ["-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder)]
    return subprocess.run(["git", *own, *arguments], capture_output=True, text=True, check=True).stdout.strip()


def test_a_checkout_is_known_by_its_commit_and_says_that_it_was_changed(tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet")
    (tmp_path / "file").write_text("one")
    _git(tmp_path, "add", "file")
    _git(tmp_path, "commit", "--quiet", "--message", "first")
    head = _git(tmp_path, "rev-parse", "HEAD")
    assert commit(tmp_path) == head
    (tmp_path / "file").write_text("two")
    commit.cache_clear()
    assert commit(tmp_path) == head + CHANGED


def test_a_folder_inside_of_somebody_elses_checkout_has_none(tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet")
    (tmp_path / "packages").mkdir()
    assert commit(tmp_path / "packages") is None
    assert commit(tmp_path / "packages" / "nowhere") is None
