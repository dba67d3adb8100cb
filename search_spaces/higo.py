"""HIGO, histograms of gradient orientation on three planes, with magnification and a linear machine, on CASME II and SMIC-HS.

Settings  Li et al., IEEE TAC 2018: aligned faces, magnification, 10 frames by TIM, 8 orientations, linear kernel; "ours" marks the rest.
Reports   STANet Table 1.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce higo
"""

from collections.abc import Mapping

from search_spaces.lbp_top import FACES, LINEAR, MACHINE, PLANTED, PLANTED_NOTES, SHARED, described, planted
from search_spaces.recipe import Plain, Published, Recipe
from search_spaces.space import Choice, Space

PAPER = "Li et al., Towards reading hidden emotions: micro-expression spotting and recognition methods, IEEE TAC 2018"
ALIGNED: Mapping[str, Plain] = {**FACES, "faces": "local_weighted_mean", "alpha": 8.0, "num_frames": 10}
GRADIENTS: Mapping[str, Plain] = {"bins": 8, "rows": 8, "columns": 8, "depth": 2, "planes": "top"}
NOTES = (
    "[I] Li et al., through reviews: local weighted mean, magnification, TIM to 10 frames, 8 orientations, linear kernel.",
    "ours: data.options.alpha 8 (the paper chooses per corpus), blocks of 8 x 8 x 2, all three planes, faces of 170 x 139, model.C 1.",
    "ours: protocol.num_inner; the paper trains on all other subjects. The machine is fitted in one call: training says nothing.",
    "[V] STANet's CASME II number is 166 of 247 clips, one more than the 246 of the five classes.",
)


def _recipe(variant: str, dataset: str) -> Recipe:
    published = (Published(paper="stanet", table="1", method="HIGO", dataset=dataset),)
    return described("higo", variant, paper=PAPER, options={**ALIGNED, **GRADIENTS}, hparams=LINEAR, notes=NOTES, published=published)


RECIPES = {
    "casme2-5class": _recipe("casme2-5class", "CASME II"),
    "smic_hs": _recipe("smic_hs", "SMIC-HS"),
    "synthetic": described(
        "higo",
        "synthetic",
        paper=PAPER,
        options={**PLANTED, **GRADIENTS, "rows": 4, "columns": 4, "num_frames": 10},
        hparams={**LINEAR, "C": 100.0},
        notes=PLANTED_NOTES,
    ),
}
SPACE: Space = {
    **SHARED,
    "data.options.bins": Choice(options=(6, 8, 12)),
    "data.options.planes": Choice(options=("top", "xyot", "xy", "xt", "yt")),
    **MACHINE,
}
SPACES: dict[str, Space] = {"synthetic": planted(SPACE)}
