"""LBP-SIP with a support vector machine on SMIC-HS, CASME II, SAMM and CASME, as the papers compare with it.

Settings  STRCN (Xia et al., IEEE TMM 2020) Sec. IV has the machine of LBP-TOP; its radius is taken to be the same. "ours" marks what it
          leaves open.
Reports   STRCN Tables II (LOSO) and III (-lovo), SHCNN Tables 6 (casme) and 7 (casme2-5class).
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce lbp_sip
"""

from search_spaces import lbp_top
from search_spaces.lbp_top import BLOCKS, FACES, LINEAR, NEAR, OPEN, PLANTED, PLANTED_NOTES, POLY, RADII, described, planted, strcn_rows
from search_spaces.recipe import Published, Recipe
from search_spaces.space import Space

PAPER = "Wang, See, Phan and Oh, LBP with six intersection points, ACCV 2014"
NOTES = (
    "[P] STRCN Sec. IV: model.kernel poly, gamma .22, coef0 0, degree 2, as for LBP-TOP.",
    "ours: radius 3 as for LBP-TOP, blocks of 5 x 5 x 1, model.C 1, no temporal interpolation.",
    *OPEN,
)
CASME_NOTES = ("[V] .3684 is 63 of 171 clips: four classes, not the five of Table 6's heading.", *NOTES)
CASME2_NOTES = ("[V] The name of Table 7's row 3 is lost; LBP-SIP is inferred from its number.", *NOTES)


def _recipe(variant: str, published: tuple[Published, ...], notes: tuple[str, ...] = NOTES) -> Recipe:
    return described(
        "lbp_sip", variant, paper=PAPER, options={**FACES, **BLOCKS, **RADII}, hparams=POLY, notes=notes, published=published
    )  # fmt: skip


RECIPES = {
    **{variant: _recipe(variant, published) for variant, published in strcn_rows("LBP-SIP [14]").items()},
    "casme": _recipe("casme", (Published(paper="shcnn", table="6", method="LBP-SIP [4]", dataset="CASME"),), CASME_NOTES),
    "casme2-5class": _recipe("casme2-5class", (Published(paper="shcnn", table="7", method="row 3", dataset="CASME II"),), CASME2_NOTES),
    "synthetic": described(
        "lbp_sip",
        "synthetic",
        paper=PAPER,
        options={**PLANTED, **BLOCKS, **NEAR, "rows": 4, "columns": 4},
        hparams={**LINEAR, "C": 100.0},
        notes=PLANTED_NOTES,
    ),
}
SPACE: Space = lbp_top.SPACE
SPACES: dict[str, Space] = {"synthetic": planted(SPACE)}
