"""ATNet on the MEGC2019 composite.

Settings  [C]: the authors' prototxt (github.com/Trunpm/ACII19-Apex-Time-Network); "ours" marks the rest.
Reports   Table 2 of region CNN+LSTM: 68 subjects, 442 clips, 3 classes.
Cost      68 folds of 90 epochs of 442 clips of 16 frames of 224 x 224; 1 GMAC a clip forward and 2.8 GB of tensors, a GPU's work.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce atnet
"""

from search_spaces.recipe import Augmentation, Data, Loss, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FLOW_IMAGE, LOSS
from search_spaces.space import Choice, Float, Int, Space

PAPER = "Peng et al., A novel apex-time network for cross-dataset micro-expression recognition, ACII 2019"
DATASETS = ("FULL (3DB-combined)", "SMIC", "CASME II", "SAMM")

RECIPES = {
    "megc2019": Recipe(
        model="atnet",
        paper=PAPER,
        data=Data(
            corpus="megc2019",
            classes="megc3",
            pipeline="gray_flow_sequence",
            options={"num_frames": 17, "interpolation": "linear", "reference": "first"},
        ),
        training=Training(optimizer="sgd", lr=1e-2, momentum=0.9, weight_decay=5e-6, lr_decay=0.88, batch_size=16, epochs=90),
        loss=Loss(kind="focal", gamma=0.0, alpha_mode="inverse_frequency"),
        augmentation=Augmentation(flip=0.5, rotation=5.0, flow_channels=(1, 2)),
        hparams={
            "in_channels": 4,
            "picture": (0,),
            "flow": (1, 2),
            "stem": "full",
            "widths": (64, 128, 256, 512),
            "grid": 8,
            "hidden": 512,
            "dropout": 0.5,
        },
        protocol=Protocol(kind="composite_loso", num_inner=5),
        published=tuple(Published(paper="region_cnn_lstm", table="2", method="ATNet (Fusion) [26]", dataset=name) for name in DATASETS),
        notes=(
            "[C] training: SGD at .01 with momentum .9, batches of 16, mirror, rotation of 5 degrees; layers, 512 units, dropout .5.",
            "[C] 2,500 steps, the learning rate divided by 10 every 500: here 90 epochs of 28 steps with the same decay, .88 per epoch.",
            "[C] the code lists rarer classes more often (TrainBalance); here the loss weighs them by the inverse of their frequency.",
            "ours: 16 frames of flow (the code: 64 of 128 features from a file), flow from the first frame, the apex by flow, faces cut as "
            "STRCN's, protocol.num_inner. The paper pretrains the ResNet; training.initial.",
        ),
    ),
    "synthetic": Recipe(
        model="atnet",
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow", options={"layout": "smic_hs"}),
        training=Training(lr=2e-3, batch_size=16, epochs=10, num_evals=10),
        augmentation=Augmentation(flow_channels=(0, 1)),
        hparams={
            "in_channels": 2,
            "picture": (0, 1),
            "flow": (0, 1),
            "stem": "small",
            "widths": (8, 16, 32),
            "grid": 4,
            "hidden": 32,
            "dropout": 0.2,
        },
        notes=("Motion is planted: honest LOSO scores high.",),
    ),
}

SPACE: Space = {
    "training.lr": Float(low=1e-5, high=1e-1, log=True),
    "training.lr_decay": Float(low=0.85, high=1.0),
    "training.epochs": Int(low=10, high=200, log=True),
    "training.batch_size": Choice(options=(8, 16, 32)),
    "training.weight_decay": Choice(options=(0.0, 5e-6, 1e-4, 1e-3, 1e-2)),
    "model.grid": Choice(options=(4, 8)),
    "model.hidden": Int(low=32, high=512, log=True),
    "model.dropout": Float(low=0.0, high=0.7),
    **LOSS,
    **FLOW_IMAGE,
}
SMALL: Space = {**SPACE, "training.epochs": Int(low=4, high=40, log=True), "model.hidden": Int(low=8, high=64, log=True)}
SPACES: dict[str, Space] = {"synthetic": SMALL}
