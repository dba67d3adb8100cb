"""OFF-ApexNet on the MEGC2019 composite.

Settings  Layers of the paper (arXiv 1805.08699); "ours" marks the training, which we could not read in it.
Reports   Table 2 of region CNN+LSTM, whose numbers are those of MEGC 2019: 68 subjects, 442 clips, 3 classes.
Cost      68 folds of 60 epochs of 7 steps of a network of 2.7 million parameters; some 20 s a fold on one busy CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce off_apexnet
"""

from search_spaces.recipe import Augmentation, Data, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FLOW_IMAGE, LOSS
from search_spaces.space import Choice, Float, Int, Space

PAPER = "Liong et al., OFF-ApexNet on micro-expression recognition system, arXiv 1805.08699, 2018"
DATASETS = ("FULL (3DB-combined)", "SMIC", "CASME II", "SAMM")

RECIPES = {
    "megc2019_flow": Recipe(
        model="off_apexnet",
        paper=PAPER,
        data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image", scale=1 / 255),
        training=Training(lr=3e-4, batch_size=64, epochs=60),
        augmentation=Augmentation(flow_channels=(2, 1), flow_center=0.5),  # none in the paper; for a search
        hparams={"in_channels": 3, "streams": (2, 1), "widths": (6, 16), "features": (1024, 1024), "dropout": 0.0},
        protocol=Protocol(kind="composite_loso", num_inner=5),
        published=tuple(Published(paper="region_cnn_lstm", table="2", method="OFF-ApexNet [7]", dataset=dataset) for dataset in DATASETS),
        notes=(
            "paper: two streams, convolutions 5 x 5 of 6 and 16 maps, two fully connected layers of 1024.",
            "[V] these layers on 28 x 28 pixels with convolutions of the same size have the 2,664,475 parameters that are quoted of it.",
            "[V] model.streams: as cv2 reads them the channels are (strain, v, u); the network reads u and v.",
            "ours: training.lr, batch_size and epochs, data.scale, no dropout, protocol.num_inner.",
        ),
    ),
    "synthetic": Recipe(
        model="off_apexnet",
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"layout": "smic_hs"}, scale=1 / 255),
        training=Training(lr=2e-3, batch_size=32, epochs=15),
        augmentation=Augmentation(flow_channels=(0, 1), flow_center=128 / 255),
        hparams={"in_channels": 3, "streams": (0, 1), "widths": (6, 16), "features": (64, 32), "dropout": 0.0},
        notes=("Motion is planted: honest LOSO scores high.",),
    ),
}

SPACE: Space = {
    "training.lr": Float(low=1e-5, high=1e-2, log=True),
    "training.epochs": Int(low=20, high=800, log=True),
    "training.batch_size": Choice(options=(16, 32, 64, 128, 256)),
    "training.weight_decay": Choice(options=(0.0, 1e-5, 1e-4, 1e-3, 1e-2)),
    "model.streams": Choice(options=((2, 1), (2, 1, 0))),  # without and with the strain
    "model.widths": Choice(options=((3, 8), (6, 16), (12, 32))),
    "model.features": Choice(options=((1024, 1024), (1024,), (256, 256), (128,))),
    "model.dropout": Float(low=0.0, high=0.7),
    **LOSS,
    **FLOW_IMAGE,
}
SMALL: Space = {
    **SPACE,
    "training.epochs": Int(low=5, high=60, log=True),
    "model.streams": Choice(options=((0, 1), (0, 1, 2))),
    "model.features": Choice(options=((64, 32), (64,), (16,))),
}
SPACES: dict[str, Space] = {"synthetic": SMALL}
