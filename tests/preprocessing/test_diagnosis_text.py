from pathlib import Path
from typing import get_args

from preprocessing.corpora import casme2
from preprocessing.diagnosis import Diagnosis
from preprocessing.diagnosis_text import _ABOUT, text
from preprocessing.survey import Kind, Problem, Survey


def diagnosis(**fields: object) -> Diagnosis:
    survey = Survey(
        corpus="casme2", clips=(), facts=(("sheet", "s.xlsx"),), patches=(("a", "applied to x: 1 -> 2 (who)"), ("b", "off"), ("c", "off"))
    )
    return Diagnosis(corpus="casme2", root=Path("/data/my corpora"), options=casme2.OPTIONS, survey=survey, **fields)  # type: ignore[arg-type]


def test_every_kind_of_problem_has_a_title_and_an_advice() -> None:
    assert set(_ABOUT) == set(get_args(Kind)) and all(title and advice for title, advice in _ABOUT.values())


def test_groups_are_cut_and_paths_are_told_from_the_root() -> None:
    problems = tuple(Problem(kind="no folder", where=f"c/{at}", what=f"/data/my corpora/sub{at} is not on disk.") for at in range(40))
    lines = text(diagnosis(problems=problems), num_lines=3).splitlines()
    at = lines.index("  clips whose folder is missing or closed (40)")
    assert lines[at + 1 : at + 6] == [
        "    c/0: sub0 is not on disk.",
        "    c/1: sub1 is not on disk.",
        "    c/2: sub2 is not on disk.",
        "    and 37 more",
        "    -> Copy the folder from the archive again, or check --root and permissions.",
    ]
    assert "problems that lose clips (40)" in lines and lines[-1].startswith(
        "next: repair what loses clips and look again, or build without"
    )


def test_corrections_are_listed_by_what_became_of_them() -> None:
    lines = text(diagnosis(), num_lines=1).splitlines()
    at = lines.index("published corrections of the sheet (1 of 3 applied)")
    assert lines[at + 1 : at + 3] == ["    a: applied to x: 1 -> 2 (who)", "    off: b, 1 more"]
    assert lines[-1] == "next: python -m preprocessing.build casme2 --root '/data/my corpora' --home ~/losotune"


def test_a_refusal_is_all_there_is_to_say() -> None:
    lines = text(diagnosis(refusal="No sheet. Check --root."), num_lines=8).splitlines()
    assert lines[2:4] == ["cannot be read:", "  No sheet. Check --root."] and len(lines) == 6
    assert lines[-1] == "next: repair this, then look again: python -m preprocessing.doctor casme2 --root '/data/my corpora'"
