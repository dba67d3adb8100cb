"""Bi-WOOF with a support vector machine: LOSO and leave-one-video-out on three corpora, the MEGC 2019 composite, its flow images.

Settings  Liong et al., "Less is more", Signal Processing: Image Communication 62, 2018, and the authors' release
          (github.com/christy1206/biwoof): 8 bins, 5 x 5 blocks; STRCN quotes it with 8 x 8. "ours" marks the rest.
Reports   STRCN Tables II (LOSO), III (-lovo) and VI (casme2_samm), 4 classes on CASME II and SAMM; Region CNN+LSTM Table 2 (megc2019,
          megc2019_flow).
Variants  megc2019_flow-hoof: without the blocks' weights, the plain weighted histogram of flow directions.
Cost      A flow per clip, once (a tenth of a second); a fold is fitted in a few hundredths of a second.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce bi_woof

What the recipes of all flow descriptors share is here too: sources, corpora' rows and spaces.
"""

import dataclasses
from collections.abc import Mapping

from search_spaces.lbp_top import LINEAR, MACHINE, described, strcn_composite_rows, strcn_rows
from search_spaces.recipe import Plain, Published, Recipe
from search_spaces.space import Choice, Float, Space

PAPER = (
    "Liong, See, Wong, Phan, Less is more: micro-expression recognition from video using apex frame, Signal Processing: Image Comm. 2018"
)

APEX: Mapping[str, Plain] = {"faces": "crop", "flow_size": 168, "flow": "tvl1"}
"""The pipelines' defaults, named here so that a search can vary them."""
OVER_TIME: Mapping[str, Plain] = {**APEX, "num_frames": 10, "reference": "previous"}
IMAGE: Mapping[str, Plain] = {"zero": "median"}
PLANTED: Mapping[str, Plain] = {"layout": "smic_hs"}

FACES: Space = {
    "data.options.faces": Choice(options=("crop", "similarity", "local_weighted_mean")),
    "data.options.flow_size": Choice(options=(112, 168, 224)),
    "data.options.flow": Choice(options=("tvl1", "farneback", "dis")),
    "data.options.num_frames": Choice(options=(0, 10, 20)),
    "data.options.reference": Choice(options=("first", "previous")),
    "data.options.zero": Choice(options=("median", "middle")),
}
"""Every point of it is a set of shards: choices, so that searches meet again at the same ones."""
SIGNED: Space = {
    **MACHINE,
    "model.kernel": Choice(options=("linear", "poly", "rbf")),
    "model.C": Float(low=1e-3, high=10.0, log=True),
    "model.gamma": Float(low=1e-4, high=1e-1, log=True),
    "model.normalise": Choice(options=("l2", "standardise")),
}
"""Of features that may be negative and are not shares. A fit takes LIBSVM half a second at C = 10, 14 at 100."""

FACES_NOTE = (
    "ours: data.options of faces and flow; where the paper leaves SMIC without an apex it is spotted.",
    "ours: model.C and protocol.num_inner; the papers train on all other subjects. Fitting takes one call: training says nothing.",
)
IMAGE_NOTES = (
    "[V] min-max coding stretches each channel of each image to 0-255 by itself. Lost: pixels (amplitude), the length of u beside v (a "
    "direction keeps its quadrant, not its angle), and the code of no motion.",
    "[V] data.options.zero: about the median code, most of a face being still, a vector's length correlates with the strain's code at .47 "
    "(mean of 442 images); about 127.5 at .00. Medians of v lie between 54 and 215 in 80 % of the images.",
)
PLANTED_NOTES = ("Motion is planted: honest LOSO scores high.",)

COMPOSITE = tuple(
    Published(paper="region_cnn_lstm", table="2", method="Bi-WOOF [5]", dataset=dataset)
    for dataset in ("FULL (3DB-combined)", "SMIC", "CASME II", "SAMM")
)
RELEASE: Mapping[str, Plain] = {"blocks": 5, "bins": 8, "local": "magnitude", "whole": "strain"}
NOTES = (
    "[C] biwoof.m: data.options.bins 8, local magnitude, whole strain (summed over a block), the whole of norm 1; blocks 5.",
    "[I] a linear machine with C = 1, as public scripts that use the descriptor have it; the release ends with the features.",
    *FACES_NOTE,
)
QUOTED = ("[P] STRCN: data.options.blocks 8.", *NOTES)


def on_images(recipe: Recipe) -> Recipe:
    """A recipe of the composite, on its ready flow images."""
    return dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, corpus="megc2019_flow"), notes=(*IMAGE_NOTES, *recipe.notes))


def _recipe(
    variant: str, options: Mapping[str, Plain], notes: tuple[str, ...], published: tuple[Published, ...] = (), pipeline: str = "bi_woof"
) -> Recipe:
    return described(
        "bi_woof", variant, paper=PAPER, options={**RELEASE, **options}, hparams=LINEAR, notes=notes, published=published, pipeline=pipeline
    )


RECIPES = {
    **{variant: _recipe(variant, {**APEX, "blocks": 8}, QUOTED, published) for variant, published in strcn_rows("Bi-WOOF [10]").items()},
    **{
        variant: _recipe(variant, {**APEX, "blocks": 8}, QUOTED, published)
        for variant, published in strcn_composite_rows("Bi-WOOF [10]").items()
    },
    "megc2019": _recipe("megc2019", APEX, NOTES, COMPOSITE),
    "megc2019_flow": on_images(_recipe("megc2019", IMAGE, NOTES, COMPOSITE, pipeline="bi_woof_of_image")),
    "megc2019_flow-hoof": on_images(_recipe("megc2019", {**IMAGE, "whole": "none"}, NOTES, pipeline="bi_woof_of_image")),
    "synthetic": _recipe("synthetic", PLANTED, PLANTED_NOTES, pipeline="bi_woof_of_synthetic"),
}

SPACE: Space = {
    **FACES,
    "data.options.blocks": Choice(options=(3, 4, 5, 6, 7, 8, 10)),
    "data.options.bins": Choice(options=(4, 6, 8, 12, 16)),
    "data.options.local": Choice(options=("none", "magnitude", "strain")),
    "data.options.whole": Choice(options=("none", "magnitude", "strain")),
    **MACHINE,
}
