"""HOG, histograms of oriented gradients, with a linear machine on CASME II: on three planes, and (-image) of the frames alone.

Settings  Li et al., IEEE TAC 2018: aligned faces, 10 frames by TIM, 8 orientations, linear kernel; Dalal and Triggs, CVPR 2005, for the
          image; "ours" marks the rest.
Reports   57.49 % on CASME II without magnification. No table of the four papers has HOG alone.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce hog
"""

import dataclasses

from search_spaces.higo import ALIGNED, GRADIENTS
from search_spaces.higo import PAPER as LI
from search_spaces.higo import SPACE as ON_PLANES
from search_spaces.lbp_top import FACES, LINEAR, MACHINE, PLANTED, PLANTED_NOTES, SHARED, described, planted
from search_spaces.recipe import Target
from search_spaces.space import Choice, Space

PAPER = "Dalal and Triggs, Histograms of oriented gradients for human detection, CVPR 2005"
REVIEW = "Li et al. 2018, HOG-TOP, as quoted by Merghani et al., arXiv 1805.02397, Sec. 3.5"
NOTES = (
    "[I] Li et al., through reviews: local weighted mean, TIM to 10 frames, 8 orientations, linear kernel; without magnification.",
    "ours: blocks of 8 x 8 x 2, all three planes, faces of 170 x 139, model.C 1, protocol.num_inner.",
)
IMAGE_NOTES = (
    "[P] Dalal and Triggs: 9 orientations, blocks of 2 x 2 cells, L2-Hys.",
    "ours: cells of 16 pixels, the mean over frames, faces of 170 x 139, model.C 1, protocol.num_inner.",
)

RECIPES = {
    "casme2-5class": dataclasses.replace(
        described(
            "hog",
            "casme2-5class",
            paper=LI,
            pipeline="hog_top",
            options={**ALIGNED, **GRADIENTS, "alpha": 0.0},
            hparams=LINEAR,
            notes=NOTES,
        ),
        targets=(Target(metric="accuracy", value=0.5749, source=REVIEW),),
    ),
    "casme2-image": described(
        "hog", "casme2-image", paper=PAPER, options={**FACES, "bins": 9, "cell": 16, "block": 2}, hparams=LINEAR, notes=IMAGE_NOTES
    ),
    "synthetic": described(
        "hog",
        "synthetic",
        paper=LI,
        pipeline="hog_top",
        options={**PLANTED, **GRADIENTS, "rows": 4, "columns": 4, "num_frames": 10},
        hparams={**LINEAR, "C": 100.0},
        notes=PLANTED_NOTES,
    ),
}
SPACE: Space = ON_PLANES
SPACES: dict[str, Space] = {
    "synthetic": planted(SPACE),
    "casme2-image": {
        **SHARED,
        "data.options.bins": Choice(options=(6, 9, 12)),
        "data.options.cell": Choice(options=(8, 16, 24)),
        "data.options.block": Choice(options=(1, 2, 3)),
        **MACHINE,
    },
}
