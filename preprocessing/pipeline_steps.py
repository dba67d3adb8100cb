"""What a pipeline does, read from its code: its steps in the order in which Python comes to them, and where its constants are from.

Nobody writes these lists, so that they cannot grow stale. A comment behind a constant says where it is from (``# Sec. 4``).
"""

import ast
import functools
import inspect
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

from preprocessing.pipeline import Options, Pipeline

STEPS = "preprocessing.steps."
_SWITCHES: Mapping[str, Callable[[Options], bool]] = {
    "magnification": lambda constants: constants.get("alpha", 1) != 0,
    "interpolation": lambda constants: constants.get("num_frames", 1) != 0,
    "faces": lambda constants: constants.get("faces") != "synthetic",
    "face_points": lambda constants: constants.get("faces") != "synthetic",
    "synthetic_frames": lambda constants: constants.get("faces") == "synthetic",
}
"""Steps that constants pass over."""


def steps(pipeline: Pipeline, constants: Options) -> tuple[str, ...]:
    """The modules of ``preprocessing/steps`` that a clip goes through with these constants, by name, in order."""
    found = [name for name in _reader(pipeline).steps if _SWITCHES.get(name, lambda _: True)(constants)]
    found.sort(key=lambda name: name != "faces")  # whatever is chosen before they are read
    within: dict[str, Iterable[str]] = {
        "faces": ("decode", *_cut(constants)),
        "flow": [module.removeprefix(STEPS) for module in pipeline.chosen(constants)],
    }
    return tuple(dict.fromkeys(step for name in found for step in within.get(name, (name,))))


def sources(pipeline: Pipeline) -> dict[str, str]:
    """Constant -> the comment behind it: the paper's section, or ``ours``. Those of the pipeline's own file count most."""
    own = pipeline.run.__module__
    others = sorted(module for module in _reader(pipeline).modules - {own} if not module.startswith("preprocessing.pipelines."))
    found = {name: text for module in (*others, own) for name, text in _comments(module, pipeline.name)}
    return {name: found[name] for name in pipeline.constants if name in found}


def _cut(constants: Options) -> tuple[str, ...]:
    cut = str(constants.get("faces", "crop"))
    return ("resampling",) if cut == "none" else ("landmarks", "crop" if cut.startswith("crop") else "alignment")


def _reader(pipeline: Pipeline) -> "_Reader":
    reader = _Reader()
    reader.use(pipeline.run)
    return reader


class _Reader:
    """Follows what functions of ``preprocessing`` use, arguments before the function that takes them, functions as arguments after it."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.modules: set[str] = set()
        self.seen: set[Any] = set()
        self.kept: dict[str, tuple[ast.Lambda, dict[str, Any]]] = {}
        """Functions that a named tuple carries along: field -> what it does, read where somebody asks for the field."""

    def use(self, used: Any) -> None:
        if isinstance(used, tuple):
            for pipeline in (each for each in used if isinstance(each, Pipeline)):
                self.use(pipeline.run)
            return
        module = getattr(used, "__module__", None) or ""
        if module.startswith(STEPS):
            self.steps.append(module.removeprefix(STEPS))
        elif module.startswith("preprocessing.") and inspect.isfunction(used) and used.__code__ not in self.seen:
            self.seen.add(used.__code__)
            self.modules.add(used.__globals__["__name__"])
            tree = ast.parse(textwrap.dedent(inspect.getsource(used.__code__)))
            known = {**used.__globals__, **inspect.getclosurevars(used).nonlocals}
            for statement in getattr(tree.body[0], "body", []):
                self.read(statement, known)

    def read(self, node: ast.AST, known: dict[str, Any]) -> None:
        if isinstance(node, ast.FunctionDef):
            known[node.name] = node  # read where it is used
        elif isinstance(node, ast.Call):
            self._keep(node, known)
            given: list[ast.AST] = [*node.args, *(keyword.value for keyword in node.keywords)]
            later = [each for each in given if isinstance(each, ast.Lambda) or _is_local(each, known)]
            carried = [function for function, _ in self.kept.values()]
            for argument in (*(each for each in given if each not in later), node.func, *(each for each in later if each not in carried)):
                self.read(argument, known)
        elif isinstance(node, ast.ListComp | ast.GeneratorExp):
            for each in (*node.generators, node.elt):
                self.read(each, known)
        elif isinstance(node, ast.Name | ast.Attribute):
            self._name(node, known)
        else:
            for child in ast.iter_child_nodes(node):
                self.read(child, known)

    def _name(self, node: ast.Name | ast.Attribute, known: dict[str, Any]) -> None:
        if isinstance(node, ast.Name) and isinstance(found := known.get(node.id), ast.FunctionDef):
            del known[node.id]
            for statement in found.body:
                self.read(statement, known)
        elif (found := _found(ast.unparse(node), known)) is not None:
            self.use(found)
        elif isinstance(node, ast.Attribute):
            self.read(node.value, known)
            if node.attr in self.kept:
                function, there = self.kept.pop(node.attr)
                self.read(function.body, there)

    def _keep(self, node: ast.Call, known: dict[str, Any]) -> None:
        fields = getattr(_found(ast.unparse(node.func), known), "_fields", ())
        for field, given in zip(fields, node.args, strict=False):
            if isinstance(given, ast.Lambda):
                self.kept[field] = given, known


def _is_local(node: ast.AST, known: Mapping[str, Any]) -> bool:
    return isinstance(node, ast.Name) and isinstance(known.get(node.id), ast.FunctionDef)


def _found(dotted: str, known: Mapping[str, Any]) -> Any:
    """What a dotted name stands for in a module; None for local variables and all else."""
    first, *rest = dotted.split(".")
    return functools.reduce(lambda found, name: getattr(found, name, None), rest, known.get(first))


def _comments(module: str, pipeline: str) -> list[tuple[str, str]]:
    """(constant, comment) of a module's lines, those inside of other pipelines left out."""
    code = inspect.getsource(import_module(module))
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Pipeline"]
    foreign = {
        line
        for call in calls
        if repr(pipeline) not in [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == "name"]
        for line in range(call.lineno, (call.end_lineno or call.lineno) + 1)
    }
    known, found = vars(import_module(module)), []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT and token.start[0] not in foreign:
            before, text = token.line[: token.start[1]], token.string.lstrip("# ")
            names: list[str] = re.findall(r'"(\w+)":', before)
            if spread := re.fullmatch(r"\s*\*\*([\w.]+),\s*", before):  # a comment on all that another dictionary holds
                names = list(_found(spread[1], known))
            found += [(name, text) for name in names]
    return found
