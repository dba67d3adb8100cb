"""Systems: what became of every system that the papers name: implemented, waiting for weights, or not reconstructible, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import yaml

from search_spaces.published import Row

FILE = "systems.yaml"
Status = Literal["implemented", "needs weights", "not reconstructible"]


@dataclass(frozen=True, kw_only=True)
class Open:
    """Rows that no recipe is compared with; a field that is None stands for all of its values."""

    because: str
    table: str | None = None
    dataset: str | None = None
    protocol: str | None = None

    def concerns(self, row: Row) -> bool:
        return all(value in (None, getattr(row, key)) for key, value in vars(self).items() if key != "because")


@dataclass(frozen=True, kw_only=True)
class System:
    """One system that a paper names."""

    name: str
    """The ``system`` of its rows in ``paper_tables.yaml``."""
    title: str
    status: Status
    file: str | None = None
    """Where its recipes are in ``search_spaces``; of a system that needs weights, only if its network is implemented."""
    reason: str = ""
    """Why it is not implemented, or what keeps an implemented one from being the printed one."""
    unlock: str = ""
    """What would change that."""
    where: str = ""
    """Where it is named, if no row of a results table does."""
    open: tuple[Open, ...] = ()

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ValueError(f"A system's status must be one of {', '.join(get_args(Status))}, but got '{self.status}' for '{self.name}'.")
        if (self.file is None) and self.status == "implemented":
            raise ValueError(f"An implemented system must name its file in search_spaces, but '{self.name}' names none.")
        if bool(self.reason) != bool(self.unlock) or (self.status != "implemented" and not self.reason):
            raise ValueError(f"A system that is not there whole must have a reason and what would unlock it, but '{self.name}' lacks one.")


@cache
def systems() -> Mapping[str, System]:
    """Every system by name, in the order of the file."""
    plain = yaml.safe_load(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return {name: _system(name, given) for name, given in plain.items()}


def _system(name: str, given: Mapping[str, Any]) -> System:
    return System(name=name, **{**given, "open": tuple(Open(**part) for part in given.get("open", ()))})
