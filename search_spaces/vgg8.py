"""VGG-8 on FER2013 and FERPlus, as SHCNN's authors count it, and on a flow image.

Settings  SHCNN's procedure; the paper (Miao et al., IEEE Access 2019) says of this network only how it is counted and what it scores.
          "ours" marks the rest.
Reports   SHCNN Tables 3 and 5, row VGG-8.
Cost      FER2013: 80 epochs of 287,000 crops of .5 GMAC, with 101 million parameters; a GPU's work. synthetic: a second or
          two a fold on one CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce vgg8
"""

from typing import Literal

from search_spaces.recipe import Augmentation, Data, Plain, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FER2013, FERPLUS, FIXED, FLOW_IMAGE, GRAY, L2, LOSS, PAPER, STEPS
from search_spaces.space import Choice, Float, Int, Space

PUBLISHED: dict[str, Plain] = {"widths": (64, 128, 256, 512), "fc": (4096, 4096, 1000), "dropout": 0.5}
NOTE = "ours: SHCNN's ten crops, vote, batch, epochs and L2 taken over; training.lr is a tenth of its own, for deeper plain networks."
NOTES = ("[V] model.widths, model.fc: the layout that has the 100,886,599 parameters of SHCNN's Table 4; where it pools is open.", NOTE)


def static(
    model: str, data: Data, epochs: int, labels: Literal["hard", "soft"], notes: tuple[str, ...], published: tuple[Published, ...] = ()
) -> Recipe:
    """Gray images by SHCNN's procedure, of a VGG as SHCNN's authors count it."""
    return Recipe(
        model=model,
        paper=PAPER,
        data=data,
        training=Training(
            lr=1e-4, weight_decay=L2, decayed="kernels", batch_size=100, epochs=epochs, sample="frame", vote="sum_softmax", labels=labels
        ),
        hparams={"in_channels": 1, "side": 42, **PUBLISHED},
        protocol=FIXED,
        published=published,
        notes=notes,
    )


def on_flow(model: str) -> dict[str, Recipe]:
    """The recipes of a VGG on one flow image per clip, real and planted."""
    real = Recipe(
        model=model,
        paper=PAPER,
        data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image", scale=GRAY),
        training=Training(lr=1e-4, weight_decay=L2, decayed="kernels", batch_size=100, epochs=30),
        augmentation=Augmentation(flow_channels=(2, 1), flow_center=127.5 * GRAY),
        hparams={"in_channels": 3, "side": 28, **PUBLISHED},
        protocol=Protocol(kind="composite_loso"),
        notes=("ours: nobody reports this network on flow images; its settings are those of fer2013.",),
    )
    planted = Recipe(
        model=model,
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"layout": "smic_hs"}, scale=GRAY),
        training=Training(lr=2e-3, batch_size=32, epochs=30),
        augmentation=Augmentation(flow_channels=(0, 1), flow_center=128 * GRAY),
        hparams={"in_channels": 3, "side": 28, "widths": (8, 12, 16, 24), "fc": (64, 64, 32), "dropout": 0.2},
        notes=("Motion is planted: honest LOSO scores high.",),
    )
    return {"megc2019_flow": real, "synthetic": planted}


def _row(table: str, dataset: str) -> tuple[Published, ...]:
    return (Published(paper="shcnn", table=table, method="VGG-8", dataset=dataset),)


RECIPES = {
    "fer2013": static("vgg8", FER2013, 80, "hard", NOTES, _row("3", "FER2013 PublicTest")),
    "ferplus": static("vgg8", FERPLUS, 31, "soft", NOTES, _row("5", "FERPlus PublicTest")),
    **on_flow("vgg8"),
}

SPACE: Space = {
    **STEPS,
    "model.widths": Choice(options=((32, 64, 128, 256), (64, 128, 256, 512))),
    "model.fc": Choice(options=((512, 512), (1024, 1024), (4096, 4096, 1000))),
    "model.dropout": Float(low=0.0, high=0.7),
    **LOSS,
}
SPACES: dict[str, Space] = {
    "megc2019_flow": {**SPACE, **FLOW_IMAGE},
    "synthetic": {
        **SPACE,
        "training.epochs": Int(low=5, high=60, log=True),
        "model.widths": Choice(options=((4, 8, 8, 12), (8, 12, 16, 24))),
        "model.fc": Choice(options=((32, 32), (64, 64, 32))),
        **FLOW_IMAGE,
    },
}
