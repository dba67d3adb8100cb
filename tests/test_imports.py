"""Reads the import statements of every source file and enforces the arrows of docs/architecture.md; then imports every module for real."""

import ast
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEAVES = ("preprocessing", "models", "search_spaces")
ALLOWED = {
    **{leaf: {leaf} for leaf in LEAVES},
    "orchestrator": {"orchestrator", *LEAVES},
    "dashboards": {"dashboards", "orchestrator", *LEAVES},
    "benchmarks": {"benchmarks", "orchestrator", *LEAVES},
}
CORE = "ledger results folds augment training stage feature_stage fitting stacked distributed metrics selection saliency".split()
PICKLES = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}

IMPORT_ALL = """
import importlib, json, os, sys
theirs, ours, here = json.loads(sys.argv[1]), json.loads(sys.argv[2]), os.getcwd()
for name in theirs:
    importlib.import_module(name)
touched, current = [], ""
def watch(event, args):
    if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        touched.append([current, event, str(args[0])])
    elif event in {"os.mkdir", "os.rename", "os.remove", "os.chdir", "socket.connect", "subprocess.Popen", "sqlite3.connect"}:
        touched.append([current, event, str(args[0])])
sys.addaudithook(watch)
for current in ours:
    importlib.import_module(current)
print(json.dumps([t for t in touched if t[2] != os.devnull]))
"""


@cache
def sources() -> dict[str, ast.Module]:
    """Dotted module name -> syntax tree, for every source file outside tests/."""
    files = sorted(path for package in ALLOWED for path in (ROOT / package).rglob("*.py"))
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}
    return {name: ast.parse(path.read_text(), str(path)) for name, path in named.items()}


def imports(nodes: Iterator[ast.AST] | list[ast.stmt], names: dict[str, ast.Module]) -> set[str]:
    """Dotted names that these nodes import: ``from a import b`` is ``a.b`` where that is a module of ours, else ``a``."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            base = str(node.module)
            found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in names else base for alias in node.names}
    return found


def anywhere(name: str) -> set[str]:
    return imports(ast.walk(sources()[name]), sources())


def at_import(name: str) -> set[str]:
    return imports(sources()[name].body, sources())


def top(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def reached(name: str) -> set[str]:
    """The modules of ours that importing this one imports, itself included (packages run their ``__init__``)."""
    seen, todo = set(), [name]
    while todo:
        module = todo.pop()
        if module in sources() and module not in seen:
            seen.add(module)
            todo += [*at_import(module), module.rpartition(".")[0]]
    return seen


@pytest.mark.parametrize("name", sorted(sources()))
def test_imports_go_one_way(name: str) -> None:
    ours = top(anywhere(name)) & {*ALLOWED, "tests"}
    forbidden = ours - ALLOWED[name.partition(".")[0]]
    assert not forbidden, (
        f"{name} may not import {sorted(forbidden)}: dashboards -> orchestrator -> {LEAVES}, which import none of each other"
    )


@pytest.mark.parametrize("name", sorted(sources()))
def test_the_core_and_the_leaves_know_no_ray(name: str) -> None:
    package, _, rest = name.partition(".")
    if package in ("models", "search_spaces") or (package == "orchestrator" and rest in CORE):
        assert "ray" not in top(anywhere(name)), f"{name} must run in a bare Python process: move what needs Ray out of it"
        users = sorted(module for module in reached(name) if "ray" in top(at_import(module)))
        assert not users, f"importing {name} imports Ray through {users}"


@pytest.mark.parametrize("name", sorted(sources()))
def test_nothing_unpickles(name: str) -> None:
    assert not top(anywhere(name)) & PICKLES, f"{name} must not read or write pickles: use safetensors, Arrow or JSON"
    for node in ast.walk(sources()[name]):
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            assert (node.arg, node.value.value) not in {("weights_only", False), ("allow_pickle", True)}, (
                f"{name}:{node.value.lineno} unpickles"
            )


def test_importing_touches_nothing(tmp_path: Path) -> None:
    """One fresh process imports all modules: no file, directory, database, connection, process or change of directory comes from them."""
    ours = [name for name in sources() if not name.endswith("__main__")]
    theirs = sorted(name for name in set().union(*map(at_import, ours)) if name.partition(".")[0] not in {*ALLOWED, "__future__"})
    command = [sys.executable, "-B", "-W", "ignore", "-c", IMPORT_ALL, json.dumps(theirs), json.dumps(ours)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180)
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert json.loads(ended.stdout.splitlines()[-1]) == [], "importing a module must touch nothing"
    assert not list(tmp_path.iterdir())


def test_every_package_is_installed() -> None:
    """An installed losotune under ``ray job submit`` has what a checkout has."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    product = ("orchestrator", "models", "preprocessing", "search_spaces", "dashboards")
    found = {".".join(path.parent.relative_to(ROOT).parts) for name in product for path in (ROOT / name).rglob("__init__.py")}
    assert sorted(listed) == sorted(found)
