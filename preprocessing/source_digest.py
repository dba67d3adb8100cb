"""Source digest: what a module's code means, so that a result is made anew when the code that made it changes, and only then.

Comments, docstrings and layout do not count; everything else does. Syntax trees depend on Python's version, so digests do as well.
"""

import ast
import functools
import hashlib
import importlib
import inspect
from types import ModuleType


def meaning(module: ModuleType) -> str:
    """The module's syntax tree as text, without docstrings."""
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [item for item in body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]  # type: ignore[attr-defined]
    return ast.dump(tree)


@functools.cache
def digest(name: str, package: str) -> str:
    """sha256 over a module and every module of ``package`` that it imports, directly or not, also inside functions."""
    texts = {module: meaning(importlib.import_module(module)) for module in _reached(name, package)}
    return hashlib.sha256("".join(f"{module}\n{texts[module]}\n" for module in sorted(texts)).encode()).hexdigest()


def _reached(name: str, package: str) -> set[str]:
    seen: set[str] = set()
    todo = [name]
    while todo:
        module = todo.pop()
        if module not in seen:
            seen.add(module)
            todo += _imported(module, package)
    return seen


def _imported(name: str, package: str) -> list[str]:
    tree = ast.parse(inspect.getsource(importlib.import_module(name)))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [module for module in found if module.startswith(f"{package}.") and _is_module(module)]


def _is_module(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return False
    return True
