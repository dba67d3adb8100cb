"""Xception on FER2013, which SHCNN quotes of another group, and on a flow image.

Settings  Chollet, CVPR 2017, for the network; the quoted group's training is not known, so that all of it is ours.
Reports   SHCNN Table 3, row Xception.
Cost      FER2013: 80 epochs of 287,000 crops of .15 GMAC; a GPU's work. synthetic: a few seconds a fold on one CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce xception
"""

from search_spaces.recipe import Augmentation, Data, Plain, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FER2013, FIXED, FLOW_IMAGE, GRAY, LOSS, PAPER, STEPS
from search_spaces.space import Choice, Float, Int, Space

CHOLLET: dict[str, Plain] = {"widths": (32, 64, 128, 256, 728, 1024, 1536, 2048), "num_middle": 8, "dropout": 0.5}
HALF = (16, 32, 64, 128, 364, 512, 768, 1024)
RECIPES = {
    "fer2013": Recipe(
        model="xception",
        paper=PAPER,
        data=FER2013,
        training=Training(lr=1e-3, batch_size=100, epochs=80, sample="frame", vote="sum_softmax"),
        hparams={"in_channels": 1, **CHOLLET},
        protocol=FIXED,
        published=(Published(paper="shcnn", table="3", method="Xception [45]", dataset="FER2013 PublicTest"),),
        notes=(
            "ours: SHCNN's ten crops, vote, batch and epochs, without its L2. The number is another group's, of a layout unknown to us.",
        ),
    ),
    "megc2019_flow": Recipe(
        model="xception",
        paper=PAPER,
        data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image", scale=GRAY),
        training=Training(lr=1e-3, batch_size=32, epochs=40),
        augmentation=Augmentation(flow_channels=(2, 1), flow_center=127.5 * GRAY),
        hparams={"in_channels": 3, **CHOLLET},
        protocol=Protocol(kind="composite_loso"),
        notes=("ours: nobody reports this network on flow images.",),
    ),
    "synthetic": Recipe(
        model="xception",
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"layout": "smic_hs"}, scale=GRAY),
        training=Training(lr=2e-3, batch_size=32, epochs=12),
        augmentation=Augmentation(flow_channels=(0, 1), flow_center=128 * GRAY),
        hparams={"in_channels": 3, "widths": (8, 8, 12, 16, 24, 24, 32, 48), "num_middle": 1, "dropout": 0.2},
        notes=("Motion is planted: honest LOSO scores high.",),
    ),
}

SPACE: Space = {
    **STEPS,
    "model.widths": Choice(options=(HALF, (32, 64, 128, 256, 728, 1024, 1536, 2048))),
    "model.num_middle": Choice(options=(0, 4, 8)),
    "model.dropout": Float(low=0.0, high=0.7),
    **LOSS,
}
SPACES: dict[str, Space] = {
    "megc2019_flow": {**SPACE, **FLOW_IMAGE},
    "synthetic": {
        **SPACE,
        "training.epochs": Int(low=4, high=30, log=True),
        "model.widths": Choice(options=((4, 4, 6, 8, 12, 12, 16, 24), (8, 8, 12, 16, 24, 24, 32, 48))),
        "model.num_middle": Choice(options=(0, 1, 2)),
        **FLOW_IMAGE,
    },
}
