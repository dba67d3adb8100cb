"""The RCN family on the MEGC 2019 composite: one shallow recurrent network and its modules without parameters.

Settings  [C]: the authors' code (github.com/xiazhaoqiang/ParameterFreeRCNs-MicroExpressionRec: ModelTrain_Final.py, README); "ours" marks
          the rest.
Reports   None of the four papers' tables has a row for it; of its own tables only one number could be found.
Cost      68 folds of 100 epochs of 7 steps; 23 s a fold on one CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce rcn
"""

import dataclasses

from search_spaces.recipe import Augmentation, Data, Plain, Protocol, Recipe, Target, Training
from search_spaces.space import Choice, Float, Int, Space

PAPER = (
    "Xia et al., Revealing the invisible with model and data shrinking for composite-database micro-expression recognition, IEEE TIP 2020"
)
REPORTED = Target(
    metric="uf1", value=0.851, corpus="casme2", source="the arXiv paper's best form, as a public listing of its results has it (85.1)",
    note="which of its forms this is, and the composite's own scores, have to be read in the paper",
)  # fmt: skip
FORMS = {"": "RCN-A", "s": "RCN-S", "w": "RCN-W", "p": "RCN-P", "c": "RCN-C", "f": "RCN-F", "plain": "RCN"}
NOTES = (
    "[C] SGD with momentum .9 at 5e-4, batches of 64, 100 epochs, cross-entropy, dropout .5; 32 maps and 5 x 5 pooling of the README.",
    "[C] training.lr_decay: the code halves the learning rate after every tenth epoch; here it falls by the tenth root of that per epoch.",
    "[C] data.scale: ToTensor. Neither magnification nor augmentation; the last epoch is scored.",
    "ours: STSTNet's images of 28 x 28 pixels (strain, v, u); the paper's own flow is of TV-L1 in other sizes.",
)


def _hparams(form: str, maps: int = 32) -> dict[str, Plain]:
    return {"form": form, "in_channels": 3, "maps": maps, "pool_size": 5, "dropout": 0.5}


BASE = Recipe(
    model="rcn",
    paper=PAPER,
    data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image", scale=1 / 255),
    training=Training(optimizer="sgd", lr=5e-4, momentum=0.9, lr_decay=0.5**0.1, batch_size=64, epochs=100),
    augmentation=Augmentation(flow_channels=(2, 1), flow_center=0.5),  # none in the paper; for a search
    hparams=_hparams("RCN-A"),
    protocol=Protocol(kind="composite_loso", num_inner=5),
    notes=NOTES,
)


def _synthetic(options: dict[str, Plain], note: str) -> Recipe:
    image = Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"layout": "smic_hs", **options})
    return Recipe(
        model="rcn",
        paper="ours",
        data=dataclasses.replace(image, scale=1 / 255),
        training=Training(optimizer="adam", lr=3e-3, batch_size=16, epochs=15, num_evals=15),
        augmentation=Augmentation(flow_channels=(0, 1), flow_center=128 / 255),
        hparams=_hparams("RCN-A", maps=16),
        notes=(note,),
    )


RECIPES = {
    **{
        f"megc2019_flow-{suffix}" if suffix else "megc2019_flow": dataclasses.replace(
            BASE, hparams=_hparams(form), targets=(REPORTED,) if form == "RCN-A" else ()
        )
        for suffix, form in FORMS.items()
    },
    "synthetic": _synthetic({}, "Motion is planted: honest LOSO scores high."),
    "synthetic_identity": _synthetic(
        {"signal": False, "identity": True}, "Labels can be read from identity only: honest LOSO scores chance."
    ),
}

FOCAL = {"loss.kind": "focal"}
SPACE: Space = {
    "training.lr": Float(low=1e-4, high=1e-1, log=True),
    "training.lr_decay": Float(low=0.8, high=1.0),
    "training.momentum": Float(low=0.8, high=0.99),
    "training.weight_decay": Choice(options=(0.0, 1e-5, 1e-4, 1e-3, 1e-2)),
    "training.batch_size": Choice(options=(16, 32, 64, 128)),
    "training.epochs": Int(low=20, high=300, log=True),
    "model.form": Choice(options=tuple(FORMS.values())),
    "model.maps": Choice(options=(16, 32, 64)),
    "model.pool_size": Choice(options=(3, 5, 7)),
    "model.dropout": Float(low=0.0, high=0.7),
    "loss.kind": Choice(options=("cross_entropy", "focal", "class_balanced")),
    "loss.gamma": Float(low=0.0, high=5.0, when=FOCAL),
    "loss.balance": Choice(options=("none", "batch")),
    "augmentation.flip": Choice(options=(0.0, 0.5)),
    "augmentation.shift": Float(low=0.0, high=0.15),
    "augmentation.rotation": Float(low=0.0, high=15.0),
    "augmentation.magnitude": Float(low=0.0, high=0.5),
    "augmentation.mixup": Float(low=0.0, high=0.4),
}
SMALL: Space = {**SPACE, "training.epochs": Int(low=5, high=40, log=True), "model.maps": Choice(options=(8, 16, 32))}
SPACES: dict[str, Space] = {"synthetic": SMALL, "synthetic_identity": SMALL}
