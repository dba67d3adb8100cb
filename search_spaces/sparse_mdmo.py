"""Sparse MDMO: sparse codes of MDMO's frames and a support vector machine, on SMIC-HS, CASME and CASME II, and on MEGC 2019's flow images.

Settings  Liu, Li, Lai, "Sparse MDMO: learning a discriminative feature for spontaneous micro-expression recognition", IEEE Trans.
          Affective Computing 2021. Its text was not at hand: all constants are ours; ``models/sparse_mdmo.py`` says what differs.
Reports   STANet Table 1: of 151, 236 and 156 clips, fewer than the corpora have in these classes.
Cost      19 flows per clip, once (two seconds); CASME II: 4,500 frames to code, a fold is fitted in some 20 s on one CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce sparse_mdmo
"""

import dataclasses
from collections.abc import Mapping

from search_spaces.bi_woof import FACES, FACES_NOTE, IMAGE, OVER_TIME, PLANTED, PLANTED_NOTES, SIGNED, on_images
from search_spaces.lbp_top import LINEAR, described
from search_spaces.mdmo import MEAN_FACE
from search_spaces.recipe import Plain, Published, Recipe
from search_spaces.space import Choice, Float, Space

PAPER = "Liu, Li, Lai, Sparse MDMO: learning a discriminative feature for spontaneous micro-expression recognition, TAC 2021"
NOTES = (
    "[P] abstract: graph-regularised sparse coding of MDMO's atomic features, a dictionary learned from the clips.",
    "ours: model.num_atoms, sparsity, graph, neighbours (by angle; the paper has a metric of its own) and pooling; a linear machine.",
    "ours: 20 frames by linear interpolation, so that every clip has as many; flow from the first.",
    "[V] dictionary and machine are fitted on a fold's training clips; the paper does not say whether its dictionary saw held-out people.",
    *FACES_NOTE,
)
REGIONS: Mapping[str, Plain] = {"bins": 8, "steady": False}
CODING: Mapping[str, Plain] = {"num_atoms": 128, "sparsity": 0.1, "graph": 0.1, "neighbours": 5, "pooling": "largest"}


def _recipe(
    variant: str, options: Mapping[str, Plain], notes: tuple[str, ...], published: tuple[Published, ...] = (), pipeline: str = "mdmo_atoms",
    **coding: Plain,
) -> Recipe:  # fmt: skip
    hparams = {**LINEAR, "gamma": 0.01, **CODING, **coding}
    recipe = described(
        "sparse_mdmo", variant, paper=PAPER, options={**REGIONS, **options}, hparams=hparams, notes=notes, published=published,
        pipeline=pipeline,
    )  # fmt: skip
    return dataclasses.replace(recipe, model="sparse_mdmo", system=None)


CLIPS: Mapping[str, Plain] = {**OVER_TIME, "num_frames": 20, "reference": "first", "steady": True}
DATASETS = {"casme2-5class": "CASME II", "casme": "CASME", "smic_hs": "SMIC-HS"}
RECIPES = {
    **{
        variant: _recipe(variant, CLIPS, NOTES, (Published(paper="stanet", table="1", method="Sparse MDMO", dataset=dataset),))
        for variant, dataset in DATASETS.items()
    },
    "megc2019_flow": on_images(_recipe("megc2019", IMAGE, (*MEAN_FACE, *NOTES), pipeline="mdmo_atoms_of_image")),
    "synthetic": _recipe("synthetic", PLANTED, PLANTED_NOTES, pipeline="mdmo_atoms_of_synthetic", num_atoms=32),
}

SPACE: Space = {
    **FACES,
    "data.options.num_frames": Choice(options=(10, 20, 30)),
    "data.options.bins": Choice(options=(4, 6, 8, 12, 16)),
    "data.options.steady": Choice(options=(False, True)),
    "model.num_atoms": Choice(options=(32, 64, 128, 256)),
    "model.sparsity": Float(low=0.01, high=1.0, log=True),
    "model.graph": Choice(options=(0.0, 0.01, 0.1, 1.0)),
    "model.neighbours": Choice(options=(3, 5, 10)),
    "model.pooling": Choice(options=("mean", "largest")),
    **SIGNED,
    "model.normalise": Choice(options=("none", "l2", "standardise")),
}
