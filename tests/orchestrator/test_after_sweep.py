"""Hooks of real installed packages: a distribution with entry points, as pip leaves it, on the import path."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.after_sweep import GROUP, EndedSweep, run_hooks

HOOKS = """
def write(ended):
    print("not for --json")
    path = ended.home / "hooked.txt"
    path.write_text(ended.name)
    return f"written: {path}"

def fail(ended):
    raise RuntimeError("no paper left\\nsecond line")
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package with these hooks: name=function."""

    def make(**hooks: str) -> None:
        site = tmp_path / "site"
        info = site / "afterwards-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: afterwards\nVersion: 1.0\n")
        lines = "\n".join(f"{name} = {function}" for name, function in hooks.items())
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}\n")
        (site / "afterwards_hooks.py").write_text(HOOKS)
        monkeypatch.setattr(sys, "path", [str(site), *(place for place in sys.path if "site-packages" not in place)])

    return make


def ended(home: Path, **addresses: str | None) -> EndedSweep:
    return EndedSweep(name="stanet-synthetic-1a2b3c4d", home=home, **{"tracking_uri": None, "storage": None, **addresses})


def test_a_hook_is_called_and_told_of(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(note="afterwards_hooks:write")
    assert list(run_hooks(ended(tmp_path))) == [f"written: {tmp_path / 'hooked.txt'}"]
    assert (tmp_path / "hooked.txt").read_text() == "stanet-synthetic-1a2b3c4d"
    assert capsys.readouterr().out == ""


def test_one_that_fails_costs_a_line_and_the_others_run(install: Install, tmp_path: Path) -> None:
    install(a="afterwards_hooks:fail", b="afterwards_hooks:absent", c="no_such_module:hook", d="afterwards_hooks:write")
    failed, absent, gone, written = run_hooks(ended(tmp_path, storage="postgresql://me:secret@host/db"))
    assert "no paper left" in failed and "second line" not in failed
    assert f"python -m afterwards_hooks stanet-synthetic-1a2b3c4d --home {tmp_path} --storage ..." in failed
    assert "secret" not in failed
    assert "absent" in absent and "no_such_module" in gone
    assert written == f"written: {tmp_path / 'hooked.txt'}"
