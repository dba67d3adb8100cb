"""Source digest: what a module's code means, so that a result is made anew when the code that made it changes, and only then.

Comments, docstrings and layout do not count; everything else does. Syntax trees depend on Python's version, so digests do as well.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path


@functools.cache
def digest(name: str, package: str) -> str:
    """sha256 over a module and every module of ``package`` that it imports, directly or not, also inside functions. Nothing is imported."""
    trees: dict[str, ast.Module] = {}
    todo = [name]
    while todo:
        module = todo.pop()
        if module not in trees and (source := _source(module)) is not None:
            trees[module] = ast.parse(source)
            todo += [found for found in _imported(trees[module]) if found.startswith(f"{package}.")]
    return hashlib.sha256("".join(f"{module}\n{_meaning(trees[module])}\n" for module in sorted(trees)).encode()).hexdigest()


def _meaning(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [item for item in body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _imported(tree: ast.Module) -> Iterator[str]:
    """Dotted names that may be modules: those of ``from a import b`` are ``a`` and ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def _source(name: str) -> str | None:
    """A module's text; None: there is no such module, the name is something inside of one. ``find_spec`` would import its parent."""
    package, *rest = name.split(".")
    spec = find_spec(package)
    for root in map(Path, spec.submodule_search_locations or () if spec else ()):
        path = root.joinpath(*rest)
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                return file.read_text(encoding="utf-8")
    return None
