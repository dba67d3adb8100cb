"""FHOFO (fuzzy histograms of flow orientations) with a support vector machine on SMIC-HS and CASME, and on MEGC 2019's flow images.

Settings  Happy and Routray, "Fuzzy histogram of optical flow orientations for micro-expression recognition", IEEE Trans. Affective
          Computing 2019. Its text was not at hand: all constants are ours.
Reports   STANet Table 1 (SMIC-HS), SHCNN Table 6 (CASME); STANet prints gaps for CASME and CASME II.
Cost      Nine flows per clip, once (a second); a fold is fitted in a few hundredths of a second.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce fhofo
"""

import dataclasses
from collections.abc import Mapping

from search_spaces.bi_woof import FACES, FACES_NOTE, IMAGE, OVER_TIME, PLANTED, PLANTED_NOTES, on_images
from search_spaces.lbp_top import LINEAR, MACHINE, described
from search_spaces.recipe import Plain, Published, Recipe
from search_spaces.space import Choice, Space

PAPER = "Happy, Routray, Fuzzy histogram of optical flow orientations for micro-expression recognition, TAC 2019"
NOTES = (
    "ours: data.options of the descriptor: 5 x 5 blocks, 3 stretches of 10 frames, 8 bins of 5 narrow ones, a Gaussian membership.",
    "ours: a linear machine; the paper compares several classifiers.",
    *FACES_NOTE,
)
PNSO = (
    "[P] SHCNN Table 6 prints 65 of 97 clips in four classes, positive, negative, surprise and others; which 97 of CASME's is not said. "
    "Here all labelled clips are used, by the grouping of STRCN.",
)
DESCRIPTOR: Mapping[str, Plain] = {"blocks": 5, "segments": 1, "bins": 8, "spread": 0.5, "still": 0.1}


def _recipe(
    variant: str, options: Mapping[str, Plain], notes: tuple[str, ...], published: tuple[Published, ...] = (), pipeline: str = "fhofo"
) -> Recipe:
    return described(
        "fhofo",
        variant,
        paper=PAPER,
        options={**DESCRIPTOR, **options},
        hparams=LINEAR,
        notes=notes,
        published=published,
        pipeline=pipeline,
    )


def _pnso(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, classes="casme2_4"))


CLIPS: Mapping[str, Plain] = {**OVER_TIME, "segments": 3}
RECIPES = {
    "smic_hs": _recipe("smic_hs", CLIPS, NOTES, (Published(paper="stanet", table="1", method="FHOFO", dataset="SMIC-HS"),)),
    "casme": _pnso(
        _recipe("casme", CLIPS, (*PNSO, *NOTES), (Published(paper="shcnn", table="6", method="Fuzzy Histogram [54]", dataset="CASME"),))
    ),
    "megc2019_flow": on_images(_recipe("megc2019", IMAGE, NOTES, pipeline="fhofo_of_image")),
    "synthetic": _recipe("synthetic", PLANTED, PLANTED_NOTES, pipeline="fhofo_of_synthetic"),
}

SPACE: Space = {
    **FACES,
    "data.options.blocks": Choice(options=(3, 4, 5, 6, 7, 8)),
    "data.options.segments": Choice(options=(1, 2, 3, 5)),
    "data.options.bins": Choice(options=(4, 6, 8, 12, 16)),
    "data.options.spread": Choice(options=(0.1, 0.25, 0.5, 1.0, 2.0)),
    "data.options.still": Choice(options=(0.0, 0.05, 0.1, 0.2, 0.4)),
    **MACHINE,
}
SPACES: dict[str, Space] = {
    "megc2019_flow": {name: dimension for name, dimension in SPACE.items() if name != "data.options.segments"},  # one flow
}
