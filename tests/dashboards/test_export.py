"""Tables as files: read back by a CSV reader, and token by token as LaTeX sees them."""

import csv
import io
import re

from dashboards.export import escaped, to_csv, to_latex
from dashboards.page import Cell, Column, Link, Table

NAN = float("nan")
UF1 = tuple(Column(title=f"UF1{bound}", form=".3f") for bound in ("", " low", " high"))


def table(*rows: tuple[Cell, ...]) -> Table:
    return Table(title="Scores of a_b.", caption="100 % honest.", columns=("rule", "clips", *UF1), rows=rows)


def test_csv_gives_every_number_back_in_full() -> None:
    given = table(
        ("nested", 442, 1 / 3, 0.25, 0.5), ('a "quoted", rule', 1, None, NAN, NAN), (Link(text="run", url="http://x"), 2, 0.0, 0.0, 1.0)
    )
    head, *rows = csv.reader(io.StringIO(to_csv(given)))
    assert head == ["rule", "clips", "UF1", "UF1 low", "UF1 high"]
    assert [row[0] for row in rows] == ["nested", 'a "quoted", rule', "run"]
    assert float(rows[0][2]) == 1 / 3
    assert rows[1] == ['a "quoted", rule', "1", "", "", ""]


def test_latex_writes_a_number_and_its_interval_as_one() -> None:
    text = to_latex(table(("nested", 442, 1 / 3, 0.25, 0.5), ("last_epoch", 1, -0.5, NAN, NAN), ("none", 0, None, None, None)), label="a")
    assert re.findall(r"^(.*) \\\\$", text, re.M) == [
        "rule & clips & UF1",
        "nested & 442 & 0.333 [0.250, 0.500]",
        r"last\_epoch & 1 & $-$0.500",
        "none & 0 & --",
    ]
    assert r"\begin{tabular}{lrr}" in text
    assert r"\caption{Scores of a\_b. 100 \% honest.}" in text


def test_latex_is_a_balanced_float_of_booktabs() -> None:
    text = to_latex(table(("{}", 1, 0.1, 0.0, 0.2)), label="sweep-scores", note="first\nsecond")
    assert text.startswith("% first\n% second\n\\begin{table}\n") and text.endswith("\\end{table}\n")
    assert re.findall(r"\\(toprule|midrule|bottomrule)", text) == ["toprule", "midrule", "bottomrule"]
    assert re.findall(r"\\begin{(\w+)}", text) == list(reversed(re.findall(r"\\end{(\w+)}", text)))
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")


def test_nothing_is_left_that_latex_would_take_for_itself() -> None:
    assert escaped(r"50% of $x_1^2$ & {a} ~ #1 \n <b>") == (
        r"50\% of \$x\_1\textasciicircum{}2\$ \& \{a\} \textasciitilde{} \#1 \textbackslash{}n \textless{}b\textgreater{}"
    )
