"""Export: tables as files for other programs: CSV to calculate with, LaTeX (booktabs) for a paper.

Both render a ``dashboards.page.Table``. Columns ``X``, ``X low`` and ``X high`` are a number and its interval: CSV keeps the three, LaTeX
writes them as one, ``.712 [.650, .774]``.
"""

import csv
import io
import math
from collections.abc import Sequence

from dashboards.page import Cell, Column, Link, Table

LOW, HIGH = " low", " high"
_ESCAPES = str.maketrans({
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
})  # fmt: skip


def to_csv(table: Table) -> str:
    """A heading and one line per row; numbers in full, what is not there left empty, links as their text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.title for column in table.heads])
    writer.writerows([[_plain(cell) for cell in row] for row in table.rows])
    return out.getvalue()


def to_latex(table: Table, *, label: str, note: str = "") -> str:
    """A ``table`` float that needs ``\\usepackage{booktabs}``; ``note`` is a comment on where the numbers come from."""
    heads, rows = _merged(table)
    align = "".join("r" if _is_number(rows, at) else "l" for at in range(len(heads)))
    lines = [
        *(f"% {line}" for line in note.splitlines()),
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escaped(' '.join(part for part in (table.title, table.caption) if part))}}}",
        rf"\label{{tab:{label}}}",
        rf"\begin{{tabular}}{{{align}}}",
        r"\toprule",
        _line(map(escaped, heads)),
        r"\midrule",
        *(_line(row) for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    return text.translate(_ESCAPES)


def _merged(table: Table) -> tuple[list[str], list[list[str]]]:
    """Heads and LaTeX cells, where a number and its interval are one column."""
    titles = [column.title for column in table.heads]
    bounds = {
        title: (titles.index(title + LOW), titles.index(title + HIGH)) for title in titles if {title + LOW, title + HIGH} <= set(titles)
    }
    hidden = {place for pair in bounds.values() for place in pair}
    kept = [place for place in range(len(titles)) if place not in hidden]
    rows = []
    for row in table.rows:
        cells = []
        for place in kept:
            text = _latex(row[place], table.heads[place])
            if titles[place] in bounds and row[place] is not None:
                low, high = (_latex(row[bound], table.heads[place]) for bound in bounds[titles[place]])
                text = f"{text} [{low}, {high}]" if "--" not in (low, high) else text
            cells.append(text)
        rows.append(cells)
    return [titles[place] for place in kept], rows


def _latex(cell: Cell, column: Column) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return "--"
    if isinstance(cell, Link):
        return escaped(cell.text)
    if isinstance(cell, float):
        return format(cell, column.form).replace("-", "$-$")
    return escaped(str(cell))


def _plain(cell: Cell) -> str | int | float:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    return cell.text if isinstance(cell, Link) else cell


def _is_number(rows: Sequence[Sequence[str]], place: int) -> bool:
    values = [row[place] for row in rows if row[place] != "--"]
    return bool(values) and all(value[:1].isdigit() or value[:1] in "+$." for value in values)


def _line(cells: object) -> str:
    return " & ".join(cells) + r" \\"  # type: ignore[arg-type]
