"""Micro-Attention on the MEGC2019 composite: on apex frames as published, and on ready flow images.

Settings  [C]: the prototxt with which the ATNet authors compare it (github.com/Trunpm/ACII19-Apex-Time-Network); "ours" marks the rest.
Reports   Table 2 of region CNN+LSTM, whose numbers are those of the ATNet paper: 68 subjects, 442 clips, 3 classes.
Cost      megc2019: 68 folds of 90 epochs of 442 images of 224 x 224, a GPU's work. megc2019_flow: some 30 s a fold on one busy CPU
          core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce micro_attention
"""

from search_spaces.recipe import Augmentation, Data, Loss, Plain, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FLOW_IMAGE, LOSS
from search_spaces.space import Choice, Float, Int, Space

PAPER = "Wang et al., Micro-attention for micro-expression recognition, Neurocomputing 2020"
DATASETS = ("FULL (3DB-combined)", "SMIC", "CASME II", "SAMM")
PUBLISHED = tuple(Published(paper="region_cnn_lstm", table="2", method="Micro-Attention [13]", dataset=dataset) for dataset in DATASETS)
BALANCED = Loss(kind="focal", gamma=0.0, alpha_mode="inverse_frequency")
NETWORK: dict[str, Plain] = {"attention": True, "dropout": 0.0}

RECIPES = {
    "megc2019": Recipe(
        model="micro_attention",
        paper=PAPER,
        data=Data(corpus="megc2019", classes="megc3", pipeline="apex_frame_gray"),
        training=Training(optimizer="sgd", lr=1e-2, momentum=0.9, weight_decay=5e-6, lr_decay=0.88, batch_size=16, epochs=90),
        loss=BALANCED,
        augmentation=Augmentation(flip=0.5, rotation=5.0),
        hparams={**NETWORK, "in_channels": 1, "stem": "full", "widths": (64, 128, 256, 512), "scale": 1.0},
        protocol=Protocol(kind="composite_loso", num_inner=5),
        published=PUBLISHED,
        notes=(
            "[C] training: SGD at .01 with momentum .9, batches of 16, mirror, rotation of 5 degrees; layers; raw 0-255 into batch norm.",
            "[C] 2,500 steps, the learning rate divided by 10 every 500: here 90 epochs of 28 steps with the same decay, .88 per epoch.",
            "[C] the code lists rarer classes more often (TrainBalance); here the loss weighs them by the inverse of their frequency.",
            "[C] the code shifts brightness by up to 10; not here. paper: pretraining on macro-expressions; training.initial.",
            "ours: faces cut as STRCN's, protocol.num_inner.",
        ),
    ),
    "megc2019_flow": Recipe(
        model="micro_attention",
        paper=PAPER,
        data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image", scale=1 / 255),
        training=Training(lr=1e-3, lr_decay=0.95, batch_size=32, epochs=30),
        loss=BALANCED,
        augmentation=Augmentation(flow_channels=(2, 1), flow_center=0.5),
        hparams={**NETWORK, "in_channels": 3, "stem": "small", "widths": (16, 32, 64, 128), "scale": 8.0},
        protocol=Protocol(kind="composite_loso", num_inner=5),
        published=PUBLISHED,
        notes=(
            "ours: the network at 28 x 28 (a quarter as wide, no stride in the stem), on flow from onset to apex instead of the apex "
            "frame, its training, and features of length 8 instead of 1, with which logits can be sure. Blocks and masks are the paper's.",
        ),
    ),
    "synthetic": Recipe(
        model="micro_attention",
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"layout": "smic_hs"}, scale=1 / 255),
        training=Training(lr=3e-3, batch_size=32, epochs=5, num_evals=5),
        augmentation=Augmentation(flow_channels=(0, 1), flow_center=128 / 255),
        hparams={**NETWORK, "in_channels": 3, "stem": "small", "widths": (8, 16, 32), "scale": 8.0},
        notes=("Motion is planted: honest LOSO scores high.",),
    ),
}

SPACE: Space = {
    "training.lr": Float(low=1e-5, high=1e-1, log=True),
    "training.lr_decay": Float(low=0.85, high=1.0),
    "training.epochs": Int(low=10, high=200, log=True),
    "training.batch_size": Choice(options=(16, 32, 64, 128)),
    "training.weight_decay": Choice(options=(0.0, 5e-6, 1e-4, 1e-3, 1e-2)),
    "model.attention": Choice(options=(True, False)),  # without: the ResNet-10 of the paper's comparison
    "model.scale": Float(low=1.0, high=32.0, log=True),
    "model.dropout": Float(low=0.0, high=0.7),
    **LOSS,
    **FLOW_IMAGE,
}
SMALL: Space = {
    **SPACE,
    "training.epochs": Int(low=4, high=120, log=True),
    "model.widths": Choice(options=((8, 16, 32), (8, 16, 32, 64), (16, 32, 64, 128), (32, 64, 128, 256))),
}
SPACES: dict[str, Space] = {"megc2019_flow": SMALL, "synthetic": SMALL}
