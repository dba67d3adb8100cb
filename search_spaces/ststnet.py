"""STSTNet on the MEGC2019 composite, as published.

Settings  FG 2019 paper and the authors' PyTorch port (github.com/christy1206/STSTNet); "ours" marks what both leave open.
Reports   68 subjects, 442 clips, 3 classes; UAR recomputed from the authors' public prediction logs.
Cost      68 folds of 800 epochs of 2 steps; about 40 s a fold on one CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce ststnet
"""

from search_spaces.recipe import Augmentation, Data, Plain, Protocol, Published, Recipe, Target, Training
from search_spaces.space import Choice, Float, Int, Space

PAPER = "Liong et al., Shallow triple stream three-dimensional CNN (STSTNet) for micro-expression recognition, FG 2019"
LOG = "recomputed from STSTNet_logfile.txt, the authors' predictions"
PORT = "the authors' PyTorch port: recomputed from STSTNet_python_logfile.txt, equal to its README"
PRECISION = "the published UAR is macro precision: rows and columns of the confusion matrix are swapped"
METHOD = "Liong et al. [8] (STSTNet)"
DATASETS = ("FULL (3DB-combined)", "SMIC", "CASME II", "SAMM")


def _recomputed() -> tuple[Target, ...]:
    values = {"all": 0.7186, "smic": 0.6703, "casme2": 0.8190, "samm": 0.6415}
    uar = (Target(metric="uar", value=value, corpus=corpus, source=LOG, note=PRECISION) for corpus, value in values.items())
    return (*uar, Target(metric="uf1", value=0.7209, source=PORT), Target(metric="uar", value=0.7250, source=PORT))


def _synthetic(options: dict[str, Plain], note: str) -> Recipe:
    return Recipe(
        model="ststnet",
        paper="ours",
        data=Data(
            corpus="synthetic",
            classes="synthetic3",
            pipeline="synthetic_flow_image",
            options={"layout": "smic_hs", **options},
            scale=1 / 255,
        ),
        training=Training(lr=1e-3, batch_size=32, epochs=40),
        augmentation=Augmentation(flow_channels=(0, 1), flow_center=128 / 255),
        hparams={"widths": (3, 5, 8), "dropout": 0.5, "in_channels": 3},
        protocol=Protocol(kind="loso", num_inner=5),
        notes=(note,),
    )


RECIPES = {
    "megc2019_flow": Recipe(
        model="ststnet",
        paper=PAPER,
        data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image", scale=1.0),  # raw 0-255 [C]
        training=Training(optimizer="adam", lr=5e-5, batch_size=256, epochs=800, order="by_class"),
        augmentation=Augmentation(flow_channels=(2, 1), flow_center=127.5),  # none in the paper; for a search
        hparams={"widths": (3, 5, 8), "dropout": 0.5, "in_channels": 3},
        protocol=Protocol(kind="composite_loso", num_inner=5),
        published=(
            *(Published(paper="region_cnn_lstm", method=METHOD, dataset=dataset) for dataset in DATASETS),
            Published(paper="shcnn", method="STSTNet [41]", dataset="SAMM"),
        ),
        targets=_recomputed(),
        notes=(
            "[V] The published UF1 is what the authors' prediction log gives, whole and per corpus.",
            "[C] training.order: main.py appends the clips folder by folder (u_train/0, 1, 2) and builds "
            "DataLoader(dataset_train, batch_size=256) without shuffling, so that every epoch has the same two batches: "
            "256 mostly negative clips, then the rest.",
            "[C] data.scale: pixel values 0-255 as read. The last epoch is scored; no test epoch is picked.",
            "[V] augmentation.flow_center: images are min-max coded per image and channel: zero flow has no fixed code, but 255 - c codes "
            "the negated flow exactly. Magnitude is then a change of contrast, and rotation turns vectors only roughly.",
            "[V] augmentation.flow_channels: as cv2 reads them the channels are (strain, v, u). The strain of two channels correlates "
            "with the third only where that is B (mean .83; the other two below 0), and R alone changes sign under a mirror.",
            "ours: protocol.num_inner; the paper trains on all other subjects.",
        ),
    ),
    "synthetic": _synthetic({}, "Motion is planted: honest LOSO scores high."),
    "synthetic_identity": _synthetic(
        {"signal": False, "identity": True}, "Labels can be read from identity only: honest LOSO scores chance."
    ),
}

SPACE: Space = {
    "training.lr": Float(low=1e-5, high=1e-2, log=True),
    "training.epochs": Int(low=20, high=800, log=True),
    "training.batch_size": Choice(options=(16, 32, 64, 128, 256)),
    "training.weight_decay": Choice(options=(0.0, 1e-5, 1e-4, 1e-3, 1e-2)),
    "training.order": Choice(options=("shuffled", "by_class")),
    "model.dropout": Float(low=0.0, high=0.7),
    "loss.kind": Choice(options=("cross_entropy", "focal", "class_balanced")),
    "loss.form": Choice(options=("positive_only", "one_vs_all"), when={"loss.kind": "focal"}),
    "loss.gamma": Float(low=0.0, high=5.0, when={"loss.kind": "focal"}),
    "loss.alpha_mode": Choice(options=("none", "constant", "inverse_frequency"), when={"loss.kind": "focal"}),
    "loss.alpha": Float(low=0.05, high=0.95, when={"loss.kind": "focal", "loss.alpha_mode": "constant"}),
    "loss.beta": Choice(options=(0.9, 0.99, 0.999, 0.9999), when={"loss.kind": "class_balanced"}),
    "loss.label_smoothing": Float(low=0.0, high=0.3),
    "augmentation.flip": Choice(options=(0.0, 0.5)),
    "augmentation.shift": Float(low=0.0, high=0.15),
    "augmentation.rotation": Float(low=0.0, high=15.0),
    "augmentation.magnitude": Float(low=0.0, high=0.5),
    "augmentation.noise": Float(low=0.0, high=25.0),  # of 0-255
    "augmentation.mixup": Float(low=0.0, high=0.4),
    "augmentation.erase": Float(low=0.0, high=0.5),
}
SMALL: Space = {**SPACE, "training.epochs": Int(low=10, high=80, log=True), "augmentation.noise": Float(low=0.0, high=0.1)}  # of 0-1
SPACES: dict[str, Space] = {"synthetic": SMALL, "synthetic_identity": SMALL}
