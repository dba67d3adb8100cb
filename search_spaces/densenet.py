"""DenseNet on FERPlus, which SHCNN quotes of another group, and on a flow image.

Settings  Huang et al., CVPR 2017, for the network: 100 layers and growth 12, theirs for small images. The quoted group's network and
          training are not known, so that the rest is ours.
Reports   SHCNN Table 5, row DenseNet.
Cost      FERPlus: 31 epochs of 240,000 crops of .5 GMAC; a GPU's work. synthetic: a few seconds a fold on one CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce densenet
"""

from search_spaces.recipe import Augmentation, Data, Plain, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FERPLUS, FIXED, FLOW_IMAGE, GRAY, LOSS, PAPER, STEPS
from search_spaces.space import Choice, Float, Int, Space

HUANG: dict[str, Plain] = {"stem": "small", "blocks": (16, 16, 16), "growth": 12, "dropout": 0.0}
RECIPES = {
    "ferplus": Recipe(
        model="densenet",
        paper=PAPER,
        data=FERPLUS,
        training=Training(lr=1e-3, batch_size=100, epochs=31, sample="frame", vote="sum_softmax", labels="soft"),
        hparams={"in_channels": 1, **HUANG},
        protocol=FIXED,
        published=(Published(paper="shcnn", table="5", method="DenseNet [47]", dataset="FERPlus PublicTest"),),
        notes=("ours: SHCNN's ten crops, soft labels, vote, batch and epochs, without its L2. The number is another group's.",),
    ),
    "megc2019_flow": Recipe(
        model="densenet",
        paper=PAPER,
        data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image", scale=GRAY),
        training=Training(lr=1e-3, batch_size=32, epochs=30),
        augmentation=Augmentation(flow_channels=(2, 1), flow_center=127.5 * GRAY),
        hparams={"in_channels": 3, **HUANG},
        protocol=Protocol(kind="composite_loso"),
        notes=("ours: nobody reports this network on flow images.",),
    ),
    "synthetic": Recipe(
        model="densenet",
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"layout": "smic_hs"}, scale=GRAY),
        training=Training(lr=2e-3, batch_size=32, epochs=12),
        augmentation=Augmentation(flow_channels=(0, 1), flow_center=128 * GRAY),
        hparams={"in_channels": 3, "stem": "small", "blocks": (2, 2, 2), "growth": 4, "dropout": 0.0},
        notes=("Motion is planted: honest LOSO scores high.",),
    ),
}

SPACE: Space = {
    **STEPS,
    "model.blocks": Choice(options=((6, 6, 6), (10, 10, 10), (16, 16, 16))),
    "model.growth": Choice(options=(8, 12, 24, 32)),
    "model.dropout": Float(low=0.0, high=0.5),
    **LOSS,
}
SPACES: dict[str, Space] = {
    "megc2019_flow": {**SPACE, **FLOW_IMAGE},
    "synthetic": {
        **SPACE,
        "training.epochs": Int(low=4, high=30, log=True),
        "model.blocks": Choice(options=((2, 2), (2, 2, 2))),
        "model.growth": Choice(options=(4, 8)),
        **FLOW_IMAGE,
    },
}
