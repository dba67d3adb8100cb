"""CNN-LSTM: VGG-Face on each frame, then an LSTM, as STRCN's tables compare with it.

Settings  The tables give a name alone: VGG-Face features and an LSTM. Frames are STRCN-A's; "ours" marks the rest.
Reports   Tables II (LOSO) and III (leaving videos out) of STRCN: accuracy and F1.
Cost      A fold fine-tunes VGG-16 (134 million parameters, 15.5 GMAC a frame) on 30 frames a clip: a GPU's work.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce cnn_lstm
"""

from search_spaces.recipe import Augmentation, Data, Plain, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FLOW_IMAGE, LOSS
from search_spaces.space import Choice, Float, Int, Space

PAPER = "VGG-Face features with a recurrent layer, as Xia et al. compare with it (STRCN, IEEE TMM 2020, Tables II and III)"
CORPORA = {"smic": ("SMIC", "smic_3"), "casme2": ("CASME II", "casme2_4"), "samm": ("SAMM", "samm_4")}
"""Corpus -> its name in the tables and the class scheme of STRCN."""
PROTOCOLS = {
    "": ("II", "LOSO", Protocol(kind="loso")),
    "-lovo": ("III", "LOVO (repeated 5% hold-out)", Protocol(kind="lovo", num_folds=20)),
}
NOTES = (
    "Both stages inside the fold: VGG-16 learns to classify frames, then the recurrent layer learns on its 4096 features.",
    "training.initial: VGG-Face's weights are the user's to bring as safetensors with this network's names; without them VGG-16 starts "
    "from random ones.",
    "ours: hidden units, both trainings, frames by STRCN-A's chain at 224 x 224 without augmentation, data.scale, protocol.num_inner.",
)


def published(file: str, cell: str, method: str, corpus: str, protocol: str) -> Recipe:
    """One row of the tables; ``file`` is that of the recipe."""
    dataset, classes = CORPORA[corpus]
    table, spelled, split = PROTOCOLS[protocol]
    return Recipe(
        model="cnn_rnn",
        system=file,
        paper=PAPER,
        data=Data(corpus=corpus, classes=classes, pipeline="strcn_a", options={"height": 224, "width": 224}, scale=1 / 255),
        features=Training(lr=1e-5, batch_size=32, epochs=10, sample="frame"),
        training=Training(lr=1e-4, batch_size=16, epochs=60),
        hparams={
            "in_channels": 3, "streams": ((0, 1, 2),), "backbone": "vgg16", "cell": cell, "hidden": 512, "layers": 1, "dense": 0,
            "dropout": 0.5,
        },
        protocol=split,
        published=(Published(paper="strcn", table=table, method=method, dataset=dataset, protocol=spelled),),
        notes=NOTES,
    )  # fmt: skip


def synthetic(file: str, cell: str, streams: Plain) -> Recipe:
    """8 flows of 32 x 32 pixels per clip."""
    return Recipe(
        model="cnn_rnn",
        system=file,
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow", options={"layout": "smic_hs"}),
        features=Training(lr=2e-3, batch_size=64, epochs=4, sample="frame"),
        training=Training(lr=5e-3, batch_size=16, epochs=15, num_evals=5),
        augmentation=Augmentation(flow_channels=(0, 1)),
        hparams={
            "in_channels": 2,
            "streams": streams,
            "backbone": "tiny",
            "cell": cell,
            "hidden": 24,
            "layers": 1,
            "dense": 0,
            "dropout": 0.0,
        },
        notes=("Motion is planted: honest LOSO scores high.",),
    )


RECIPES = {
    **{
        f"{corpus}{protocol}": published("cnn_lstm", "lstm", "CNN-LSTM [48]", corpus, protocol)
        for protocol in PROTOCOLS
        for corpus in CORPORA
    },
    "synthetic": synthetic("cnn_lstm", "lstm", ((0, 1),)),
}

SPACE: Space = {
    "features.lr": Float(low=1e-6, high=1e-2, log=True),
    "features.epochs": Int(low=2, high=100, log=True),
    "features.batch_size": Choice(options=(16, 32, 64, 128)),
    "training.lr": Float(low=1e-5, high=1e-2, log=True),
    "training.epochs": Int(low=5, high=200, log=True),
    "training.batch_size": Choice(options=(8, 16, 32)),
    "training.weight_decay": Choice(options=(0.0, 1e-5, 1e-4, 1e-3, 1e-2)),
    "model.backbone": Choice(options=("vgg16", "resnet18", "shallow")),
    "model.hidden": Int(low=64, high=3000, log=True),
    "model.layers": Choice(options=(1, 2)),
    "model.dense": Choice(options=(0, 128, 512)),
    "model.dropout": Float(low=0.0, high=0.7),
    **LOSS,
}
SMALL: Space = {
    **{name: dimension for name, dimension in SPACE.items() if name != "model.backbone"},
    "model.hidden": Int(low=8, high=64, log=True),
    "model.dense": Choice(options=(0, 16)),
    **FLOW_IMAGE,
}
SPACES: dict[str, Space] = {"synthetic": SMALL}
