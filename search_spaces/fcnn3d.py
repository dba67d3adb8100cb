"""3D-FCNN on CASME and CASME II.

Settings  The three streams are the paper's; layers and training are "ours", because we could not read its tables.
Reports   Tables 6 and 7 of SHCNN: pooled LOSO accuracy of five classes.
Cost      CASME II: 26 folds of 60 epochs of 246 clips of 16 x 64 x 64; hours on one CPU core, minutes on a GPU (estimated).
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce fcnn3d
"""

from search_spaces.recipe import Augmentation, Data, Plain, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FLOW_IMAGE, LOSS
from search_spaces.space import Choice, Float, Int, Space

PAPER = "Li et al., Micro-expression recognition based on 3D flow convolutional neural network, Pattern Analysis and Applications 2019"
SEQUENCE: dict[str, Plain] = {"num_frames": 17, "interpolation": "linear", "reference": "first", "size": 64}


def _published(corpus: str, classes: str, published: Published, *notes: str) -> Recipe:
    return Recipe(
        model="fcnn3d",
        paper=PAPER,
        data=Data(corpus=corpus, classes=classes, pipeline="gray_flow_sequence", options=SEQUENCE),
        training=Training(lr=1e-3, weight_decay=1e-4, batch_size=16, epochs=60),
        augmentation=Augmentation(flip=0.5, flow_channels=(1, 2)),
        hparams={"in_channels": 4, "streams": (0, 1, 2), "widths": (16, 32, 64), "features": 128, "dropout": 0.5},
        protocol=Protocol(kind="loso", num_inner=5),
        published=(published,),
        notes=(
            "paper: one stream each for gray, u and v.",
            "ours: 16 frames of 64 x 64, flow from the first frame, layers, training, faces cut as STRCN's, protocol.num_inner.",
            *notes,
        ),
    )


RECIPES = {
    "casme2": _published(
        "casme2",
        "casme2_5",
        Published(paper="shcnn", table="7", method="row 7", dataset="CASME II"),
        "SHCNN's Table 7 has lost its names; its text and 146 of 247 clips make row 7 this one.",
    ),
    "casme": _published("casme", "casme_5", Published(paper="shcnn", table="6", method="3D-FCNN [50]", dataset="CASME")),
    "synthetic": Recipe(
        model="fcnn3d",
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow", options={"layout": "smic_hs"}),
        training=Training(lr=3e-3, batch_size=16, epochs=8, num_evals=8),
        augmentation=Augmentation(flow_channels=(0, 1)),
        hparams={"in_channels": 2, "streams": (0, 1), "widths": (4, 8), "features": 32, "dropout": 0.0},
        notes=("Motion is planted: honest LOSO scores high.",),
    ),
}

SPACE: Space = {
    "training.lr": Float(low=1e-5, high=1e-2, log=True),
    "training.epochs": Int(low=10, high=200, log=True),
    "training.batch_size": Choice(options=(8, 16, 32)),
    "training.weight_decay": Choice(options=(0.0, 1e-5, 1e-4, 1e-3, 1e-2)),
    "model.streams": Choice(options=((0, 1, 2), (1, 2), (1, 2, 3))),  # all, flow alone, flow and strain
    "model.widths": Choice(options=((8, 16, 32), (16, 32, 64), (32, 64, 128), (16, 32, 64, 128))),
    "model.features": Choice(options=(64, 128, 256)),
    "model.dropout": Float(low=0.0, high=0.7),
    **LOSS,
    **FLOW_IMAGE,
}
SMALL: Space = {
    **SPACE,
    "training.epochs": Int(low=3, high=30, log=True),
    "model.streams": Choice(options=((0, 1), (0,), (1,))),
    "model.widths": Choice(options=((4, 8), (4, 8, 16))),
    "model.features": Choice(options=(16, 32, 64)),
}
SPACES: dict[str, Space] = {"synthetic": SMALL}
