"""STANet on CASME II, CASME and SMIC-HS, as published, and small recipes for the synthetic corpora.

Settings  Section 4 of the paper: learning rate, weight decay, weight of the mask's L1 norm, epochs, frames, image size, augmentation.
          "ours" marks the rest.
Reports   Tables 1 and 2: pooled LOSO accuracy; each is an exact fraction of the clips.
Variants  casme-baseline, casme-sab and casme-sab_l1: the ablations of Table 2. -pretrained: from ImageNet's weights, which the learning
          rate suggests and the text does not mention.
Cost      CASME II: 26 folds of 30 epochs, 27.8 GMAC a clip forward; a GPU's work. synthetic: 16 folds of 1.4 s on one CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce stanet
"""

import dataclasses

from search_spaces.recipe import Augmentation, Data, Loss, Plain, Protocol, Published, Recipe, Training
from search_spaces.space import Choice, Float, Int, Space

PAPER = "Spatial-temporal attention network for micro-expression recognition (STANet)"
OURS = (
    "ours: backbone (ResNet-18's layout, not pretrained; the paper's figure is lost), batch of 4, crop of 168 (7/8 of 192, as 224 of 256), "
    "mask of all channels at L3 with depth 3, hidden 512, flow in pixels, protocol.num_inner.",
    "Without pretrained weights a learning rate of 1e-5 trains slowly; the space reaches to 1e-3.",
)

FROM_IMAGENET = "stanet_imagenet.safetensors"
IMAGENET = "training.initial: ResNet-18 of ImageNet in our names, which python -m models.backbones.pretrained makes of torchvision's file."


def _attention(**changes: Plain) -> dict[str, Plain]:
    paper: dict[str, Plain] = {
        "sab": True,
        "mask": "channel",
        "mask_at": "L3",
        "sab_depth": 3,
        "tab": True,
        "hidden": 512,
        "affinity_scale": False,
    }
    return {"in_channels": 2, "backbone": "resnet18", "dropout": 0.0, **paper, **changes}


def _published(corpus: str, dataset: str, classes: str, epochs: int, augmentation: Augmentation) -> Recipe:
    return Recipe(
        model="stanet",
        paper=PAPER,
        data=Data(corpus=corpus, classes=classes, pipeline="flow_sequence"),
        training=Training(optimizer="adam", lr=1e-5, weight_decay=1e-4, batch_size=4, epochs=epochs),
        loss=Loss(mask_l1=1e-8),
        augmentation=augmentation,
        hparams=_attention(),
        protocol=Protocol(kind="loso", num_inner=5),
        published=(Published(paper="stanet", method="STANet (Ours)", dataset=dataset),),
        notes=OURS,
    )


def _ablation(row: str, *, sab: bool, mask_l1: float) -> Recipe:
    """Table 2: parts of STANet on CASME, all without temporal attention."""
    return dataclasses.replace(
        CASME,
        loss=Loss(mask_l1=mask_l1),
        hparams=_attention(sab=sab, tab=False),
        published=(Published(paper="stanet", method=row, dataset="CASME", table="2"),),
    )


def _pretrained(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, initial=FROM_IMAGENET), notes=(IMAGENET, *OURS))


def _synthetic(options: dict[str, Plain], note: str) -> Recipe:
    """8 flows of 32 x 32 pixels per clip, 164 clips of 16 subjects."""
    return Recipe(
        model="stanet",
        paper="ours",
        data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow", options={"layout": "smic_hs", **options}),
        training=Training(optimizer="adam", lr=2e-3, weight_decay=1e-4, batch_size=16, epochs=8, num_evals=8),
        loss=Loss(mask_l1=1e-8),
        augmentation=Augmentation(flow_channels=(0, 1)),
        hparams=_attention(backbone="tiny", hidden=64, sab_depth=2),
        protocol=Protocol(kind="loso", num_inner=5),
        notes=(note,),
    )


CROP = Augmentation(crop=168, crop_scales=(0.9, 1.0, 1.1), flow_channels=(0, 1))
FLIP = Augmentation(crop=168, flip=0.5, flow_channels=(0, 1))
CASME = dataclasses.replace(
    _published("casme", "CASME", "casme_4", 60, CROP),
    published=tuple(Published(paper="stanet", method=row, dataset="CASME") for row in ("STANet (Ours)", "baseline+SAB+TAB+l1")),
)

CASME2 = _published("casme2", "CASME II", "casme2_5", 30, CROP)
SMIC = _published("smic", "SMIC-HS", "smic_3", 100, FLIP)

RECIPES = {
    "casme2": CASME2,
    "casme": CASME,
    "casme-baseline": _ablation("baseline", sab=False, mask_l1=0.0),
    "casme-sab": _ablation("baseline+SAB", sab=True, mask_l1=0.0),
    "casme-sab_l1": _ablation("baseline+SAB+l1", sab=True, mask_l1=1e-8),
    "smic_hs": SMIC,
    **{f"{name}-pretrained": _pretrained(recipe) for name, recipe in {"casme2": CASME2, "casme": CASME, "smic_hs": SMIC}.items()},
    "synthetic": _synthetic({}, "Motion is planted: honest LOSO scores high."),
    "synthetic_identity": _synthetic(
        {"signal": False, "identity": True}, "Labels can be read from identity only: honest LOSO scores chance."
    ),
}

FOCAL = {"loss.kind": "focal"}
SAB = {"model.sab": True}
TAB = {"model.tab": True}

SPACE: Space = {
    "training.lr": Float(low=1e-6, high=1e-3, log=True),
    "training.weight_decay": Choice(options=(0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)),
    "training.epochs": Int(low=10, high=150, log=True),
    "training.batch_size": Choice(options=(2, 4, 8, 16)),
    "model.backbone": Choice(options=("resnet18", "resnet10_half")),
    "model.dropout": Float(low=0.0, high=0.7),
    "model.sab": Choice(options=(True, False)),
    "model.mask": Choice(options=("channel", "spatial"), when=SAB),
    "model.mask_at": Choice(options=("L2", "L3", "L4"), when=SAB),
    "model.sab_depth": Choice(options=(1, 2, 3), when=SAB),
    "loss.mask_l1": Float(low=1e-10, high=1e-4, log=True, when=SAB),
    "model.tab": Choice(options=(True, False)),
    "model.hidden": Choice(options=(64, 128, 256, 512), when=TAB),
    "model.affinity_scale": Choice(options=(False, True), when=TAB),
    "loss.kind": Choice(options=("cross_entropy", "focal", "class_balanced")),
    "loss.form": Choice(options=("positive_only", "one_vs_all"), when=FOCAL),
    "loss.gamma": Float(low=0.0, high=5.0, when=FOCAL),
    "loss.alpha_mode": Choice(options=("none", "constant", "inverse_frequency"), when=FOCAL),
    "loss.alpha": Float(low=0.05, high=0.95, when={**FOCAL, "loss.alpha_mode": "constant"}),
    "loss.beta": Choice(options=(0.9, 0.99, 0.999, 0.9999), when={"loss.kind": "class_balanced"}),
    "loss.label_smoothing": Float(low=0.0, high=0.3),
    "augmentation.flip": Choice(options=(0.0, 0.5)),
    "augmentation.crop": Choice(options=(144, 160, 168, 176, 184)),
    "augmentation.crop_scales": Choice(options=((1.0,), (0.9, 1.0, 1.1), (0.8, 0.9, 1.0, 1.1, 1.2))),
    "augmentation.rotation": Float(low=0.0, high=10.0),
    "augmentation.shift": Float(low=0.0, high=0.1),
    "augmentation.magnitude": Float(low=0.0, high=0.5),
    "augmentation.mixup": Float(low=0.0, high=0.4),
    "augmentation.erase": Float(low=0.0, high=0.5),
}
SMALL: Space = {
    **{name: dimension for name, dimension in SPACE.items() if name not in ("model.backbone", "model.mask_at", "augmentation.crop_scales")},
    "training.lr": Float(low=1e-4, high=1e-2, log=True),
    "training.epochs": Int(low=4, high=12, log=True),
    "training.batch_size": Choice(options=(8, 16, 32)),
    "model.sab_depth": Choice(options=(1, 2), when=SAB),  # L3 has 4 x 4 pixels
    "model.hidden": Choice(options=(16, 32, 64), when=TAB),
    "augmentation.crop": Choice(options=(None, 28)),
}
WITHOUT_L1: Space = {name: dimension for name, dimension in SPACE.items() if name != "loss.mask_l1"}
SPACES: dict[str, Space] = {"casme-sab": WITHOUT_L1, "synthetic": SMALL, "synthetic_identity": SMALL}
