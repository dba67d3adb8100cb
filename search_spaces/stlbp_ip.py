"""STLBP-IP with a support vector machine on SMIC-HS, CASME II and SAMM, as STRCN compares with it.

Settings  Huang et al., ICCV workshops 2015: the mask is one of its four; "ours" marks what is open in it and in STRCN.
Reports   STRCN (Xia et al., IEEE TMM 2020) Tables II (LOSO) and III (-lovo).
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce stlbp_ip
"""

from collections.abc import Mapping

from search_spaces.lbp_top import FACES, LINEAR, MACHINE, OPEN, PLANTED, PLANTED_NOTES, POLY, SHARED, described, planted, strcn_rows
from search_spaces.recipe import Plain, Recipe
from search_spaces.space import Choice, Space

PAPER = (
    "Huang, Wang, Zhao and Pietikainen, Facial micro-expression recognition using spatiotemporal local binary pattern with integral "
    "projection, ICCV workshops 2015"
)
CHI2: Mapping[str, Plain] = {**POLY, "kernel": "chi2", "gamma": 0.02}
PROJECTIONS: Mapping[str, Plain] = {"mask": 9, "rows": 5, "columns": 5}
NOTES = (
    "[I] Huang et al., through a public port: data.options.mask is 3, 5, 7 or 9; uniform patterns of 8 neighbours at radius 1 for motion.",
    "ours: model.kernel chi2, which compares histograms, gamma .02, C 1; blocks of 5 x 5; no temporal interpolation.",
    *OPEN,
)


def _recipes() -> dict[str, Recipe]:
    options = {**FACES, **PROJECTIONS}
    return {
        variant: described("stlbp_ip", variant, paper=PAPER, options=options, hparams=CHI2, notes=NOTES, published=published)
        for variant, published in strcn_rows("STLBP-IP [8]").items()
    }


RECIPES = {
    **_recipes(),
    "synthetic": described(
        "stlbp_ip",
        "synthetic",
        paper=PAPER,
        options={**PLANTED, **PROJECTIONS, "rows": 4, "columns": 4, "mask": 5},
        hparams={**LINEAR, "C": 100.0},
        notes=PLANTED_NOTES,
    ),
}
SPACE: Space = {**SHARED, "data.options.mask": Choice(options=(3, 5, 7, 9)), **MACHINE}
SPACES: dict[str, Space] = {"synthetic": planted(SPACE)}
