"""LBP-TOP with a support vector machine on SMIC-HS, CASME II, SAMM and the MEGC 2019 composite, as the papers compare with it.

Settings  STRCN (Xia et al., IEEE TMM 2020) Sec. IV: radius 3, 8 neighbours; polynomial kernel of degree 2, gamma .22, coef0 0. "ours" marks
          what it leaves open.
Reports   STRCN Tables II (LOSO), III (-lovo) and VI (casme2_samm), Region CNN+LSTM Table 2 (megc2019), SHCNN Table 8 (samm-3class).
Cost      A descriptor per clip, once: a tenth of a second for 34 faces of 170 x 139. A fold is fitted in a second.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce lbp_top

What the recipes of all texture descriptors share is here too: faces, corpora and the machine.
"""

from collections.abc import Mapping

from search_spaces.recipe import Data, Plain, Protocol, Published, Recipe, Training
from search_spaces.space import Choice, Dimension, Float, Space

PAPER = (
    "Zhao and Pietikainen, Dynamic texture recognition using local binary patterns with an application to facial expressions, TPAMI 2007"
)
CORPORA = {
    "smic_hs": ("smic", "smic_3"), "casme2": ("casme2", "casme2_4"), "samm": ("samm", "samm_4"), "casme": ("casme", "casme_4"),
    "casme-5class": ("casme", "casme_5"), "casme2-5class": ("casme2", "casme2_5"), "casme2-image": ("casme2", "casme2_5"),
    "samm-3class": ("samm", "samm_3"), "casme2_samm": ("casme2_samm", "casme2_4"), "megc2019": ("megc2019", "megc3"),
    "synthetic": ("synthetic", "synthetic3"),
}  # fmt: skip
"""Variant -> corpus and class scheme; those without a suffix are STRCN's and STANet's."""
STRCN = {"smic_hs": "SMIC", "casme2": "CASME II", "samm": "SAMM"}
"""Variant -> corpus as STRCN's tables spell it."""
LOVO = "-lovo"

POLY: Mapping[str, Plain] = {
    "kernel": "poly", "C": 1.0, "gamma": 0.22, "coef0": 0.0, "degree": 2, "normalise": "none", "class_weight": "none",
}  # fmt: skip
"""STRCN Sec. IV; C is LIBSVM's default."""
LINEAR: Mapping[str, Plain] = {**POLY, "kernel": "linear"}
FACES: Mapping[str, Plain] = {"faces": "crop", "face_height": 170, "face_width": 139, "alpha": 0.0, "num_frames": 0}
PLANTED: Mapping[str, Plain] = {**FACES, "layout": "smic_hs", "faces": "synthetic", "face_height": 64, "face_width": 64}
"""164 clips of 16 frames in which the planted flow moves a texture."""
BLOCKS: Mapping[str, Plain] = {"rows": 5, "columns": 5, "depth": 1}
RADII: Mapping[str, Plain] = {"radius_x": 3, "radius_y": 3, "radius_t": 3}
NEIGHBOURS: Mapping[str, Plain] = {"neighbours": 8, "uniform": True}
NEAR: Mapping[str, Plain] = {"radius_x": 1, "radius_y": 1, "radius_t": 1}

OPEN = (
    "ours: data.options of the faces; no paper that prints these numbers says how faces were cut for the descriptor, or how large.",
    "ours: protocol.num_inner; the papers train on all other subjects. The machine is fitted in one call: training says nothing.",
)
NOTES = (
    "[P] STRCN Sec. IV: data.options.radius_* 3, neighbours 8; model.kernel poly, gamma .22, coef0 0, degree 2.",
    "ours: blocks of 5 x 5 x 1, uniform patterns, model.C 1, no temporal interpolation; STRCN states none of them.",
    *OPEN,
)
PLANTED_NOTES = ("Motion is planted in rendered frames: honest LOSO scores high.",)

MACHINE: Space = {
    "model.kernel": Choice(options=("linear", "poly", "rbf", "chi2", "intersection")),
    "model.C": Float(low=1e-3, high=1e4, log=True),
    "model.gamma": Float(low=1e-3, high=10.0, log=True),
    "model.coef0": Choice(options=(0.0, 1.0), when={"model.kernel": "poly"}),
    "model.degree": Choice(options=(2, 3), when={"model.kernel": "poly"}),
    "model.normalise": Choice(options=("none", "l1", "l2")),
    "model.class_weight": Choice(options=("none", "balanced")),
}
SHARED: dict[str, Dimension] = {
    "data.options.faces": Choice(options=("crop", "similarity", "local_weighted_mean")),
    "data.options.alpha": Choice(options=(0.0, 4.0, 8.0, 12.0, 16.0)),
    "data.options.num_frames": Choice(options=(0, 10, 15, 20, 30)),
    "data.options.rows": Choice(options=(2, 4, 5, 6, 8)),
    "data.options.columns": Choice(options=(2, 4, 5, 6, 8)),
    "data.options.depth": Choice(options=(1, 2)),
}
"""Every point of it is a set of shards: choices, so that searches meet again at the same ones."""
SPACE: Space = {
    **SHARED,
    "data.options.radius_x": Choice(options=(1, 2, 3, 4)),
    "data.options.radius_y": Choice(options=(1, 2, 3, 4)),
    "data.options.radius_t": Choice(options=(1, 2, 3)),  # CASME has clips of 9 frames
    "data.options.neighbours": Choice(options=(4, 8)),
    "data.options.uniform": Choice(options=(True, False)),
    **MACHINE,
}


def planted(space: Space) -> Space:
    """The region around the synthetic recipe: faces are given, and small."""
    small = {"rows": (2, 4), "columns": (2, 4), "num_frames": (0, 10), "radius_x": (1, 2), "radius_y": (1, 2), "radius_t": (1, 2)}
    changed = {name: Choice(options=small.get(name.removeprefix("data.options."), ())) for name in space}
    kept = {name: dimension for name, dimension in space.items() if name not in ("data.options.faces", "data.options.alpha")}
    return {name: changed[name] if changed[name].options else dimension for name, dimension in kept.items()}


def described(
    system: str, variant: str, *, paper: str, options: Mapping[str, Plain], hparams: Mapping[str, Plain], notes: tuple[str, ...],
    published: tuple[Published, ...] = (), pipeline: str | None = None,
) -> Recipe:  # fmt: skip
    """A texture descriptor of faces, and the machine that tells classes apart by it."""
    corpus, classes = CORPORA[variant.removesuffix(LOVO)]
    composite = corpus in ("megc2019", "casme2_samm")
    protocol = Protocol(kind="lovo" if variant.endswith(LOVO) else "composite_loso" if composite else "loso")
    return Recipe(
        model="svm",
        system=system,
        paper="ours" if corpus == "synthetic" else paper,
        data=Data(corpus=corpus, classes=classes, pipeline=pipeline or system, options=options),
        training=Training(lr=1.0, batch_size=1, epochs=1),
        hparams=hparams,
        protocol=protocol,
        published=published,
        notes=notes,
    )


def strcn_rows(method: str) -> dict[str, tuple[Published, ...]]:
    """Variant -> rows of STRCN's Table II (LOSO) or III (leave-one-video-out) on single corpora."""
    tables = {"": "II", LOVO: "III"}
    return {
        f"{variant}{suffix}": (Published(paper="strcn", table=table, method=method, dataset=dataset),)
        for suffix, table in tables.items()
        for variant, dataset in STRCN.items()
    }


def strcn_composite_rows(method: str) -> dict[str, tuple[Published, ...]]:
    """Variant -> row of STRCN's Table VI, LOSO or leave-one-video-out on CASME II and SAMM as one corpus."""
    dataset = "CASME II + SAMM (composite, 55 subjects, 415 samples)"
    protocols = {"casme2_samm": "LOSO", f"casme2_samm{LOVO}": "LOVO (repeated 5% hold-out)"}
    return {
        variant: (Published(paper="strcn", table="VI", method=method, dataset=dataset, protocol=protocol),)
        for variant, protocol in protocols.items()
    }


def _recipe(variant: str, published: tuple[Published, ...]) -> Recipe:
    options = {**FACES, **BLOCKS, **RADII, **NEIGHBOURS}
    return described("lbp_top", variant, paper=PAPER, options=options, hparams=POLY, notes=NOTES, published=published)


COMPOSITE = tuple(
    Published(paper="region_cnn_lstm", table="2", method="LBP-TOP [22]", dataset=dataset)
    for dataset in ("FULL (3DB-combined)", "SMIC", "CASME II", "SAMM")
)
RECIPES = {
    **{variant: _recipe(variant, published) for variant, published in strcn_rows("LBP-TOP [6]").items()},
    **{variant: _recipe(variant, published) for variant, published in strcn_composite_rows("LBP-TOP [6]").items()},
    "megc2019": _recipe("megc2019", COMPOSITE),
    "samm-3class": _recipe("samm-3class", (Published(paper="shcnn", table="8", method="LBP-TOP", dataset="SAMM"),)),
    "synthetic": described(
        "lbp_top",
        "synthetic",
        paper=PAPER,
        options={**PLANTED, **BLOCKS, **NEAR, **NEIGHBOURS, "rows": 4, "columns": 4},
        hparams={**LINEAR, "C": 100.0},
        notes=PLANTED_NOTES,
    ),
}
SPACES: dict[str, Space] = {"synthetic": planted(SPACE)}
