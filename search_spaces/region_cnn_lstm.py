"""Region CNN+LSTM on the MEGC2019 composite, as published and as the original was probably run.

Settings  MLSP 2019, Sec. 2-3; [C]: the authors' later code (github.com/MouathAb/AnalyseMiE-CNN_LSTM_SE); "ours" marks the rest.
Reports   Table 2: 68 subjects, 442 clips, 3 classes, whole and per corpus; printed values are truncated, not rounded.
Cost      A fold is 100 epochs of six CNNs over some 25,000 frames, 49 MMAC each forward: 4e14 MAC, minutes of a GPU, hours of a CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce region_cnn_lstm
"""

import dataclasses

from search_spaces.recipe import Data, Loss, Plain, Protocol, Published, Recipe, Training
from search_spaces.space import Choice, Float, Int, Space

PAPER = (
    "Aouayeb et al., A spatiotemporal deep learning solution for automatic micro-expressions recognition from local facial regions, "
    "MLSP 2019"
)
REGIONS = ("left_eye", "right_eye", "nose", "left_cheek", "right_cheek", "mouth")
SUBSETS = (
    REGIONS,
    ("left_eye", "right_eye", "nose", "mouth"),
    ("left_eye", "right_eye", "mouth"),
    ("left_cheek", "right_cheek", "mouth"),
    ("left_eye", "right_eye"),
    ("mouth",),
)
DATASETS = ("FULL (3DB-combined)", "SMIC", "CASME II", "SAMM")
PUBLISHED = tuple(
    Published(paper="region_cnn_lstm", method="Proposed method (region CNN+LSTM)", dataset=dataset, table="2") for dataset in DATASETS
)
NOTES = (
    "Sec. 2.3: batches of 64 frames and 244 clips, 100 and 60 epochs, sequences padded to 500 frames without a mask: at least 70 % of the "
    "steps are zeros, and the state that is classified has been through all of them.",
    "[C] lr: Adam at 1e-4 in both stages; the paper names neither. [C] loss.gamma: 2, hard-coded. [C] relabelling of regions.",
    "[V] in_channels: only RGBA gives the paper's 1,093,531 parameters; the code pads faces with an RGBA canvas.",
    "ours: data.scale, leaky_slope (Keras' default; the later code has .01), initialisation, protocol.num_inner.",
)
SHARED_NOTE = (
    "Leaks: the CNNs see the frames of held-out subjects. The paper never says that they are trained per fold, its later code trains them "
    "once, and a UF1 of .9857 on CASME II is what that looks like."
)
FOCAL = Loss(kind="focal", form="one_vs_all", gamma=2.0, alpha_mode="inverse_frequency")  # Eq. 2


def _hparams(**changes: Plain) -> dict[str, Plain]:
    cnn: dict[str, Plain] = {"regions": REGIONS, "in_channels": 4, "not_me": True, "feature_dim": 20}
    lstm: dict[str, Plain] = {"lstm_units": 120, "bidirectional": False, "mask_padding": False, "gate": "sigmoid"}
    return {**cnn, **lstm, "dense": 64, "dropout": 0.2, "leaky_slope": 0.3, **changes}


STRICT = Recipe(
    model="region_cnn_lstm",
    paper=PAPER,
    data=Data(corpus="megc2019", classes="megc3", pipeline="region", scale=1 / 255),
    features=Training(optimizer="adam", lr=1e-4, batch_size=64, epochs=100, sample="frame"),
    training=Training(optimizer="adam", lr=1e-4, batch_size=244, epochs=60, pad_to=500),
    loss=FOCAL,
    hparams=_hparams(),
    protocol=Protocol(kind="composite_loso", num_inner=5),
    published=PUBLISHED,
    notes=NOTES,
)


def _synthetic(options: dict[str, Plain], note: str) -> Recipe:
    """8 flows of 32 x 32 pixels per clip, cut where the regions of a mosaic lie; two steps of padding."""
    return Recipe(
        model="region_cnn_lstm",
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow", options={"layout": "smic_hs", **options}),
        features=Training(lr=2e-3, batch_size=64, epochs=6, sample="frame"),
        training=Training(lr=5e-3, batch_size=16, epochs=20, num_evals=10, pad_to=10),
        loss=FOCAL,
        hparams=_hparams(in_channels=2, lstm_units=24, dense=16, mask_padding=True),
        protocol=Protocol(kind="loso", num_inner=5),
        notes=(note,),
    )


RECIPES = {
    "megc2019": STRICT,
    "megc2019-shared": dataclasses.replace(
        STRICT, protocol=Protocol(kind="composite_loso", num_inner=5, feature_stage="shared"), notes=(SHARED_NOTE, *NOTES)
    ),
    "megc2019-masked": dataclasses.replace(
        STRICT, hparams=_hparams(mask_padding=True), published=(), notes=("ours: the state at a clip's last frame is classified.", *NOTES)
    ),
    "synthetic": _synthetic({}, "Motion is planted: honest LOSO scores high."),
    "synthetic_identity": _synthetic(
        {"signal": False, "identity": True}, "Labels can be read from identity only: honest LOSO scores chance."
    ),
    "synthetic_identity-shared": dataclasses.replace(
        _synthetic({"signal": False, "identity": True}, "Leaks: the CNNs see held-out subjects, and can score above chance."),
        protocol=Protocol(kind="loso", num_inner=5, feature_stage="shared"),
    ),
}

SPACE: Space = {
    "features.lr": Float(low=1e-5, high=1e-2, log=True),
    "features.epochs": Int(low=5, high=150, log=True),
    "features.batch_size": Choice(options=(16, 32, 64, 128, 256)),
    "training.lr": Float(low=1e-5, high=1e-2, log=True),
    "training.epochs": Int(low=10, high=250, log=True),
    "training.batch_size": Choice(options=(16, 32, 64, 128, 244)),
    "training.pad_to": Choice(options=(150, 250, 500)),
    "loss.gamma": Float(low=0.0, high=5.0),
    "loss.form": Choice(options=("one_vs_all", "positive_only")),
    "loss.alpha_mode": Choice(options=("inverse_frequency", "none", "constant")),
    "loss.alpha": Float(low=0.05, high=0.95, when={"loss.alpha_mode": "constant"}),
    "model.regions": Choice(options=SUBSETS),
    "model.not_me": Choice(options=(True, False)),
    "model.feature_dim": Choice(options=(10, 20, 32, 64, 128)),
    "model.lstm_units": Int(low=16, high=256, log=True),
    "model.bidirectional": Choice(options=(False, True)),
    "model.mask_padding": Choice(options=(False, True)),
    "model.gate": Choice(options=("sigmoid", "hard_sigmoid")),
    "model.dense": Int(low=16, high=256, log=True),
    "model.leaky_slope": Float(low=0.01, high=0.3, log=True),
    "model.dropout": Float(low=0.0, high=0.6),
}
SMALL: Space = {
    **{name: dimension for name, dimension in SPACE.items() if name != "training.pad_to"},
    "features.epochs": Int(low=2, high=12, log=True),
    "training.epochs": Int(low=5, high=40, log=True),
    "training.batch_size": Choice(options=(8, 16, 32)),
}
SPACES: dict[str, Space] = {variant: SMALL for variant in RECIPES if variant.startswith("synthetic")}
