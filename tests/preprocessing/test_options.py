import pytest

from preprocessing.options import parse, resolve


def test_parse_follows_the_default_type() -> None:
    assert parse("true", False) is True and parse("no", True) is False
    assert parse("8", 1) == 8 and parse("0.5", 1.0) == 0.5 and parse("x", "y") == "x"


def test_resolve_fills_defaults_and_names_what_is_known() -> None:
    assert resolve({"b": 1, "a": True}, {"b": 2}, "'c'") == {"a": True, "b": 2}
    with pytest.raises(ValueError, match="but got 'z'. Its options: a, b"):
        resolve({"b": 1, "a": True}, {"z": 2}, "'c'")


@pytest.mark.parametrize("value", [True, "2", 2.0])
def test_resolve_refuses_another_type(value: object) -> None:
    with pytest.raises(ValueError, match="must be a int"):
        resolve({"b": 1}, {"b": value}, "'c'")  # type: ignore[dict-item]
