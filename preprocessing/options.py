"""Options: plain settings of a corpus or a pipeline, checked against their defaults."""

from collections.abc import Iterable, Mapping

Plain = bool | int | float | str | None


def resolve(defaults: Mapping[str, Plain], given: Mapping[str, Plain], where: str) -> dict[str, Plain]:
    """The defaults with the given values in their place; a value has the type of its default."""
    for name, value in given.items():
        if name not in defaults:
            known = ", ".join(sorted(defaults)) or "none"
            raise ValueError(f"An option must be one that {where} has, but got '{name}'. Its options: {known}.")
        _check_type(name, value, defaults[name], where)
    return {name: given.get(name, default) for name, default in sorted(defaults.items())}


def parse(text: str, default: Plain) -> Plain:
    """An option's value from the command line, as the type of its default; text that does not fit stays text and fails in ``resolve``."""
    if isinstance(default, bool):
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    if isinstance(default, int | float):
        try:
            return type(default)(text)
        except ValueError:
            return text
    return text


def given(texts: Iterable[str], defaults: Mapping[str, Plain]) -> dict[str, Plain]:
    """``NAME=VALUE`` texts of a command line, each value as the type of its default; not yet checked."""
    pairs = [text.partition("=") for text in texts]
    return {name: parse(value, defaults.get(name)) for name, _, value in pairs}


def listed(options: Mapping[str, Plain]) -> str:
    """Options as a help text shows them."""
    return ", ".join(f"{name}={value}" for name, value in options.items()) or "none"


def _check_type(name: str, value: Plain, default: Plain, where: str) -> None:
    accepted: tuple[type, ...] = (int, float) if type(default) is float else (type(default),)
    if default is not None and type(value) not in accepted:
        raise ValueError(
            f"Option '{name}' of {where} must be a {type(default).__name__} like its default {default!r}, but got {value!r}. "
            f"Pass it as --option {name}={default}."
        )
