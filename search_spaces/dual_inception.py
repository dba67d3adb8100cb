"""Dual-Inception on the MEGC2019 composite, with larger batches than the authors' code has (``-release``), which takes minutes a fold.

Settings  [C]: github.com/xly135846/MEGC2019; "ours" marks the rest.
Reports   Table 2 of region CNN+LSTM, whose numbers are those of MEGC 2019: 68 subjects, 442 clips, 3 classes.
Cost      68 folds of 40 epochs of 7 steps of a network of 6.4 million parameters; some 40 s a fold on one busy CPU core. -release has 148
          steps an epoch: 12 min a fold.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce dual_inception
"""

import dataclasses

from search_spaces.recipe import Augmentation, Data, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FLOW_IMAGE, LOSS
from search_spaces.space import Choice, Float, Int, Space

PAPER = "Zhou et al., Dual-inception network for cross-database micro-expression recognition, FG 2019"
DATASETS = ("FULL (3DB-combined)", "SMIC", "CASME II", "SAMM")
METHOD = "Zhou et al. [27] (Dual-Inception)"

NOTES = (
    "[C] training: Adam, 40 epochs; inputs divided by 255; layers.",
    "[C] class_weight='auto' is a string, which Keras 2.2.4 ignores: no class is weighted.",
    "[C] the released split validates on all other subjects of the held-out one's own corpus, trains on the two other corpora "
    "alone and keeps the epoch with the lowest validation loss; here all other subjects train and the last epoch is scored.",
    "[V] model.streams: as cv2 reads them the channels are (strain, v, u); the network reads u and v.",
    "ours: protocol.num_inner.",
)
BATCHES = "ours: batches of 64 at 3e-4. [C] has 3 at 1e-4: 5,920 steps of 6.4 million parameters a fold."
RELEASE = "[C] batches of 3 at a learning rate of 1e-4."
FLOW = Recipe(
    model="dual_inception",
    paper=PAPER,
    data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image", scale=1 / 255),
    training=Training(lr=3e-4, batch_size=64, epochs=40),
    augmentation=Augmentation(flow_channels=(2, 1), flow_center=0.5),  # none in the code; for a search
    hparams={"in_channels": 3, "streams": (2, 1), "widths": (6, 16), "features": 1024, "dropout": 0.0},
    protocol=Protocol(kind="composite_loso", num_inner=5),
    published=tuple(Published(paper="region_cnn_lstm", table="2", method=METHOD, dataset=dataset) for dataset in DATASETS),
    notes=(BATCHES, *NOTES),
)

RECIPES = {
    "megc2019_flow": FLOW,
    "megc2019_flow-release": dataclasses.replace(FLOW, training=Training(lr=1e-4, batch_size=3, epochs=40), notes=(RELEASE, *NOTES)),
    "synthetic": Recipe(
        model="dual_inception",
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"layout": "smic_hs"}, scale=1 / 255),
        training=Training(lr=3e-3, batch_size=32, epochs=10),
        augmentation=Augmentation(flow_channels=(0, 1), flow_center=128 / 255),
        hparams={"in_channels": 3, "streams": (0, 1), "widths": (2, 6), "features": 64, "dropout": 0.0},
        notes=("Motion is planted: honest LOSO scores high.",),
    ),
}

SPACE: Space = {
    "training.lr": Float(low=1e-5, high=1e-2, log=True),
    "training.epochs": Int(low=20, high=200, log=True),
    "training.batch_size": Choice(options=(3, 8, 16, 32, 64, 128)),
    "training.weight_decay": Choice(options=(0.0, 1e-5, 1e-4, 1e-3, 1e-2)),
    "model.streams": Choice(options=((2, 1), (2, 1, 0))),  # without and with the strain
    "model.widths": Choice(options=((3, 8), (6, 16), (12, 32))),
    "model.features": Choice(options=(64, 256, 1024)),
    "model.dropout": Float(low=0.0, high=0.7),
    **LOSS,
    **FLOW_IMAGE,
}
SMALL: Space = {
    **SPACE,
    "training.epochs": Int(low=5, high=60, log=True),
    "model.streams": Choice(options=((0, 1), (0, 1, 2))),
    "model.widths": Choice(options=((2, 6), (3, 8), (6, 16))),
    "model.features": Choice(options=(32, 64, 128)),
}
SPACES: dict[str, Space] = {"synthetic": SMALL}
