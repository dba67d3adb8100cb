"""Local binary patterns of the single frames with a linear support vector machine, LBP+SVM, on CASME and CASME II.

Settings  Ours but for the linear kernel: SHCNN, which prints the numbers, gives a name only.
Reports   SHCNN (Miao et al., IEEE Access 2019) Tables 6 and 7.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce lbp
"""

from search_spaces.lbp_top import BLOCKS, FACES, LINEAR, MACHINE, NEIGHBOURS, OPEN, PLANTED, PLANTED_NOTES, SHARED, described, planted
from search_spaces.recipe import Published, Recipe
from search_spaces.space import Choice, Space

PAPER = "Ojala, Pietikainen and Maenpaa, Multiresolution gray-scale and rotation invariant texture classification, TPAMI 2002"
NOTES = (
    "ours: radius 1, 8 neighbours, uniform patterns, blocks of 5 x 5, histograms over all frames, model.C 1.",
    "[V] Table 6's .4536 is no whole number of 180 or 171 clips; 44 of 97 would be.",
    "[V] The name of Table 7's row 1 is lost; LBP+SVM is inferred.",
    *OPEN,
)


def _recipe(variant: str, table: str, method: str, dataset: str) -> Recipe:
    published = (Published(paper="shcnn", table=table, method=method, dataset=dataset),)
    options = {**FACES, **BLOCKS, **NEIGHBOURS, "radius": 1}
    return described("lbp", variant, paper=PAPER, options=options, hparams=LINEAR, notes=NOTES, published=published)


RECIPES = {
    "casme-5class": _recipe("casme-5class", "6", "LBP+SVM", "CASME"),
    "casme2-5class": _recipe("casme2-5class", "7", "row 1", "CASME II"),
    "synthetic": described(
        "lbp",
        "synthetic",
        paper=PAPER,
        options={**PLANTED, **BLOCKS, **NEIGHBOURS, "rows": 4, "columns": 4, "radius": 1},
        hparams={**LINEAR, "C": 100.0},
        notes=(*PLANTED_NOTES, "Less than others do: what moves, and where to, shows in single frames only as texture that is squeezed."),
    ),
}
SPACE: Space = {
    **SHARED,
    "data.options.radius": Choice(options=(1, 2, 3)),
    "data.options.neighbours": Choice(options=(4, 8)),
    "data.options.uniform": Choice(options=(True, False)),
    **MACHINE,
}
SPACES: dict[str, Space] = {"synthetic": planted(SPACE)}
