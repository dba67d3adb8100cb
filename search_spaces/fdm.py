"""FDM (the facial dynamics map) with a support vector machine on SMIC-HS, CASME and CASME II, and on MEGC 2019's flow images.

Settings  Xu, Zhang, Wang, "Microexpression identification and categorization using a facial dynamics map", IEEE Trans. Affective Computing
          2017. Its text was not at hand: all constants are ours.
Reports   STANet Table 1, STRCN Table II (smic_hs, casme2), SHCNN Tables 6 and 7 (-5class).
Cost      Nine flows per clip, once (a second); a fold is fitted in less than a second.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce fdm
"""

from collections.abc import Mapping

from search_spaces.bi_woof import FACES, FACES_NOTE, IMAGE, OVER_TIME, PLANTED, PLANTED_NOTES, SIGNED, on_images
from search_spaces.lbp_top import LINEAR, described
from search_spaces.recipe import Plain, Published, Recipe
from search_spaces.space import Choice, Space

PAPER = "Xu, Zhang, Wang, Microexpression identification and categorization using a facial dynamics map, TAC 2017"
NOTES = (
    "ours: data.options of the descriptor: 7 x 7 blocks, 3 stretches of 10 frames, 60 degrees, the mean of the supporting vectors.",
    "ours: a linear machine on standardised features.",
    *FACES_NOTE,
)
DESCRIPTOR: Mapping[str, Plain] = {"blocks": 7, "segments": 1, "angle": 60.0, "cell": 0.1, "unit": False}
HPARAMS: Mapping[str, Plain] = {**LINEAR, "C": 0.01, "gamma": 0.01, "normalise": "standardise"}


def _recipe(
    variant: str, options: Mapping[str, Plain], notes: tuple[str, ...], published: tuple[Published, ...] = (), pipeline: str = "fdm"
) -> Recipe:
    return described(
        "fdm", variant, paper=PAPER, options={**DESCRIPTOR, **options}, hparams=HPARAMS, notes=notes, published=published, pipeline=pipeline
    )


def _row(paper: str, table: str, method: str, dataset: str) -> Published:
    return Published(paper=paper, table=table, method=method, dataset=dataset)


ROWS = {
    "smic_hs": (_row("stanet", "1", "FDM", "SMIC-HS"), _row("strcn", "II", "FDM [41]", "SMIC")),
    "casme2": (_row("strcn", "II", "FDM [41]", "CASME II"),),
    "casme2-5class": (_row("stanet", "1", "FDM", "CASME II"), _row("shcnn", "7", "row 2", "CASME II")),
    "casme": (_row("stanet", "1", "FDM", "CASME"),),
    "casme-5class": (_row("shcnn", "6", "FDM [51]", "CASME"),),
}
RECIPES = {
    **{variant: _recipe(variant, {**OVER_TIME, "segments": 3}, NOTES, rows) for variant, rows in ROWS.items()},
    "megc2019_flow": on_images(_recipe("megc2019", {**IMAGE, "cell": 8.0}, NOTES, pipeline="fdm_of_image")),  # in codes
    "synthetic": _recipe("synthetic", PLANTED, PLANTED_NOTES, pipeline="fdm_of_synthetic"),
}

SPACE: Space = {
    **FACES,
    "data.options.blocks": Choice(options=(4, 5, 6, 7, 8, 10)),
    "data.options.segments": Choice(options=(1, 2, 3, 5)),
    "data.options.angle": Choice(options=(30.0, 45.0, 60.0, 75.0, 90.0)),
    "data.options.cell": Choice(options=(0.05, 0.1, 0.2, 0.5)),
    "data.options.unit": Choice(options=(False, True)),
    **SIGNED,
}
SPACES: dict[str, Space] = {
    "megc2019_flow": {
        **{name: dimension for name, dimension in SPACE.items() if name != "data.options.segments"},  # one flow
        "data.options.cell": Choice(options=(4.0, 8.0, 16.0, 32.0)),
    }
}
