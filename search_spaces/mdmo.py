"""MDMO (main directional mean optical flow) with a support vector machine on SMIC-HS, CASME and CASME II, and on MEGC 2019's flow images.

Settings  Liu et al., "A main directional mean optical flow feature for spontaneous micro-expression recognition", IEEE Trans. Affective
          Computing 2016: 36 regions, 8 directions, polar form, a polynomial kernel; "ours" marks the rest.
Reports   STANet Table 1, STRCN Table II (smic_hs, casme2), SHCNN Tables 6 and 7 (-5class).
Cost      A flow per frame, once (some seconds a clip); a fold is fitted in a few hundredths of a second.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce mdmo
"""

from collections.abc import Mapping

from search_spaces.bi_woof import FACES, FACES_NOTE, IMAGE, OVER_TIME, PLANTED, PLANTED_NOTES, SIGNED, on_images
from search_spaces.lbp_top import POLY, described
from search_spaces.recipe import Plain, Published, Recipe
from search_spaces.space import Choice, Space

PAPER = "Liu et al., A main directional mean optical flow feature for spontaneous micro-expression recognition, TAC 2016"
NOTES = (
    "[P] 36 regions, data.options.bins 8, form polar, the mean over frames, lengths as shares of the longest; model.kernel poly.",
    "[C] regions: a public partition for dlib's 68 landmarks, made symmetric; the paper's landmarks are others.",
    "ours: flow from the first frame; data.options.balance, model.gamma, coef0 and degree, steady (an affine motion is subtracted where "
    "the paper warps frames).",
    *FACES_NOTE,
)
MEAN_FACE = ("ours: regions of the mean face; the images come without landmarks.",)
DESCRIPTOR: Mapping[str, Plain] = {"bins": 8, "steady": False, "form": "polar", "balance": 0.5}
HPARAMS: Mapping[str, Plain] = {**POLY, "gamma": 0.01, "coef0": 1.0}


def _recipe(
    variant: str, options: Mapping[str, Plain], notes: tuple[str, ...], published: tuple[Published, ...] = (), pipeline: str = "mdmo"
) -> Recipe:
    return described(
        "mdmo",
        variant,
        paper=PAPER,
        options={**DESCRIPTOR, **options},
        hparams=HPARAMS,
        notes=notes,
        published=published,
        pipeline=pipeline,
    )


def _row(paper: str, table: str, method: str, dataset: str) -> Published:
    return Published(paper=paper, table=table, method=method, dataset=dataset)


ROWS = {
    "casme2": (_row("strcn", "II", "MDMO [16]", "CASME II"),),
    "casme2-5class": (_row("stanet", "1", "MDMO", "CASME II"), _row("shcnn", "7", "row 5", "CASME II")),
    "smic_hs": (_row("stanet", "1", "MDMO", "SMIC-HS"), _row("strcn", "II", "MDMO [16]", "SMIC")),
    "casme": (_row("stanet", "1", "MDMO", "CASME"),),
    "casme-5class": (_row("shcnn", "6", "MDMO (reproduced by us)", "CASME"),),
}
CLIPS: Mapping[str, Plain] = {**OVER_TIME, "num_frames": 0, "reference": "first", "steady": True}
RECIPES = {
    **{variant: _recipe(variant, CLIPS, NOTES, rows) for variant, rows in ROWS.items()},
    "megc2019_flow": on_images(_recipe("megc2019", IMAGE, (*MEAN_FACE, *NOTES), pipeline="mdmo_of_image")),
    "synthetic": _recipe("synthetic", PLANTED, PLANTED_NOTES, pipeline="mdmo_of_synthetic"),
}

SPACE: Space = {
    **FACES,
    "data.options.bins": Choice(options=(4, 6, 8, 12, 16)),
    "data.options.steady": Choice(options=(False, True)),
    "data.options.form": Choice(options=("polar", "cartesian")),
    "data.options.balance": Choice(options=(0.1, 0.3, 0.5, 0.7, 0.9)),
    **SIGNED,
    "model.normalise": Choice(options=("none", "l2", "standardise")),
}
