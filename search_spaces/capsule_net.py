"""CapsuleNet on the MEGC2019 composite: on apex frames as published, and on ready flow images.

Settings  [C]: the authors' code (github.com/davidnvq/me_recognition); "ours" marks the rest.
Reports   Table 2 of region CNN+LSTM, whose numbers are those of MEGC 2019: 68 subjects, 442 clips, 3 classes.
Cost      megc2019: 68 folds of 30 epochs of 442 images of 224 x 224, a GPU's work. megc2019_flow: some 20 s a fold on one busy CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce capsule_net
"""

from search_spaces.recipe import Augmentation, Data, Loss, Plain, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FLOW_IMAGE
from search_spaces.space import Choice, Float, Int, Space

PAPER = "Quang et al., CapsuleNet for micro-expression recognition, FG 2019"
DATASETS = ("FULL (3DB-combined)", "SMIC", "CASME II", "SAMM")
METHOD = "Quang et al. [12] (CapsuleNet)"
PUBLISHED = tuple(Published(paper="region_cnn_lstm", table="2", method=METHOD, dataset=dataset) for dataset in DATASETS)
MARGINS = "[C] the margins are .99 and .01; here those of Sabour et al., .9 and .1, which the paper cites."
CAPSULES: dict[str, Plain] = {"sizes": (8, 16), "routings": 3, "in_channels": 3}
SMALL_IMAGES: dict[str, Plain] = {**CAPSULES, "side": 28, "stem": "small", "blocks": 1, "kernel": 3, "capsules": 8}

RECIPES = {
    "megc2019": Recipe(
        model="capsule_net",
        paper=PAPER,
        data=Data(corpus="megc2019", classes="megc3", pipeline="apex_frame", scale=1 / 255),
        training=Training(lr=1e-4, lr_decay=0.9, batch_size=32, epochs=30),
        loss=Loss(kind="margin"),
        augmentation=Augmentation(flip=0.5, rotation=8.0, shift=0.03),
        hparams={**CAPSULES, "side": 224, "stem": "full", "widths": (64, 64, 128, 256), "blocks": 2, "kernel": 9, "capsules": 32},
        protocol=Protocol(kind="composite_loso", num_inner=5),
        published=PUBLISHED,
        notes=(
            "[C] training: Adam at 1e-4, .9 per epoch, batches of 32, 30 epochs, rotation of 8 degrees, flip; layers; 3 routings.",
            MARGINS,
            "[C] the code starts from ImageNet's ResNet-18, then from weights of macro-expressions; here from random weights, or from "
            "training.initial.",
            "[C] the code adds frames near the apex of rarer classes to the training set, jitters colour, and keeps each fold's best test "
            "epoch; none of these here.",
            "ours: a shift of .03 for the random crop of 224 from 234 x 240; faces cut as STRCN's; protocol.num_inner.",
        ),
    ),
    "megc2019_flow": Recipe(
        model="capsule_net",
        paper=PAPER,
        data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image", scale=1 / 255),
        training=Training(lr=1e-3, lr_decay=0.95, batch_size=32, epochs=40),
        loss=Loss(kind="margin"),
        augmentation=Augmentation(flow_channels=(2, 1), flow_center=0.5),
        hparams={**SMALL_IMAGES, "widths": (16, 16, 32, 64)},
        protocol=Protocol(kind="composite_loso", num_inner=5),
        published=PUBLISHED,
        notes=(
            "ours: the network at 28 x 28 (narrower, kernels of 3, no stride in the stem), on flow from onset to apex instead of the apex "
            "frame, and its training. Capsules, routing and loss are the paper's.",
            MARGINS,
        ),
    ),
    "synthetic": Recipe(
        model="capsule_net",
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"layout": "smic_hs"}, scale=1 / 255),
        training=Training(lr=2e-3, batch_size=32, epochs=8, num_evals=8),
        loss=Loss(kind="margin"),
        augmentation=Augmentation(flow_channels=(0, 1), flow_center=128 / 255),
        hparams={**SMALL_IMAGES, "widths": (8, 8, 16, 16)},
        notes=("Motion is planted: honest LOSO scores high.",),
    ),
}

SPACE: Space = {
    "training.lr": Float(low=1e-5, high=1e-2, log=True),
    "training.lr_decay": Float(low=0.85, high=1.0),
    "training.epochs": Int(low=10, high=200, log=True),
    "training.batch_size": Choice(options=(16, 32, 64, 128)),
    "training.weight_decay": Choice(options=(0.0, 1e-5, 1e-4, 1e-3, 1e-2)),
    "model.capsules": Choice(options=(8, 16, 32)),
    "model.sizes": Choice(options=((8, 8), (8, 16), (16, 16))),
    "model.routings": Choice(options=(1, 2, 3, 5)),
    "loss.label_smoothing": Float(low=0.0, high=0.3),
    **FLOW_IMAGE,
}
SMALL: Space = {
    **SPACE,
    "training.epochs": Int(low=4, high=120, log=True),
    "model.blocks": Choice(options=(1, 2)),
    "model.widths": Choice(options=((8, 8, 16, 16), (16, 16, 32, 64), (32, 32, 64, 128))),
}
SPACES: dict[str, Space] = {"megc2019_flow": SMALL, "synthetic": SMALL}
