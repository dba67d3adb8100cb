import importlib
import sys
from pathlib import Path

import pytest

from preprocessing import source_digest


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``tiny`` with a module that imports another one inside a function."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "a.py").write_text('"""A."""\n\n\ndef f():\n    from tiny import b\n    return b.X\n')
    (folder / "b.py").write_text("X = 1\n")
    (folder / "c.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def digest_of(package: Path) -> str:
    for name in [name for name in sys.modules if name.partition(".")[0] == "tiny"]:
        del sys.modules[name]
    importlib.invalidate_caches()
    source_digest.digest.cache_clear()
    return source_digest.digest("tiny.a", "tiny")


def version_of(package: Path, source: str) -> str:
    (package / "a.py").write_text(source)
    return digest_of(package)


@pytest.mark.parametrize(("file", "text", "same"), [
    ("a.py", '"""Another docstring."""\ndef f():  # a comment\n    """Doc."""\n    from tiny import b\n\n    return b.X\n', True),
    ("a.py", "def f():\n    from tiny import b\n    return b.X + 1\n", False),
    ("b.py", "X = 2\n", False),
    ("c.py", "X = 2\n", True),  # not imported
])  # fmt: skip
def test_meaning_counts_and_looks_do_not(package: Path, file: str, text: str, same: bool) -> None:
    before = digest_of(package)
    (package / file).write_text(text)
    sys.dont_write_bytecode, written = True, sys.dont_write_bytecode
    try:
        assert (digest_of(package) == before) is same
    finally:
        sys.dont_write_bytecode = written


CODE = '''"""A module."""
# a comment
SCALE = 2


def double(x: int) -> int:
    """Twice."""
    return SCALE * x
'''


@pytest.mark.parametrize(
    "old, new", [("# a comment\n", ""), ('"""Twice."""', '"""Two times."""'), ("SCALE * x", "(SCALE *\n            x)"), ("A module", "It")]
)
def test_comments_docstrings_and_layout_are_no_new_version(old: str, new: str, package: Path) -> None:
    assert old in CODE and version_of(package, CODE) == version_of(package, CODE.replace(old, new))


@pytest.mark.parametrize("old, new", [("SCALE = 2", "SCALE = 3"), ("* x", "+ x"), ("double", "twice"), ("SCALE * x", "SCALE * x or 1")])
def test_code_is_a_new_version(old: str, new: str, package: Path) -> None:
    assert old in CODE and version_of(package, CODE) != version_of(package, CODE.replace(old, new))
