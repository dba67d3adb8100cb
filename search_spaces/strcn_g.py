"""STRCN-G: every row of the paper's Tables II-VI, one flow image per clip of MEGC 2019, and small recipes for the synthetic corpora.

Settings  IEEE TMM 2020, Sec. III-IV; [C]: the authors' released code (github.com/xiazhaoqiang/STRCN-MicroExpressionRec); "ours" marks the
          rest.
Reports   Tables II-VI: accuracy and F1 under LOSO and 20-fold over videos (LOVO), ablations without augmentation (no_da), without balanced
          loss (no_bl) and by temporal filter; the composite of CASME II and SAMM.
Cost      CASME II: 26 folds of 30 epochs of 12,800 copies, 2.6 GMAC each forward: 8e16 MAC, a GPU's work; its flow takes a CPU days.
          megc2019_flow: 68 folds of 38 s on one CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce strcn_g
"""

import dataclasses

from search_spaces.recipe import Data, Loss, Plain, Protocol, Published, Recipe, Training
from search_spaces.space import Choice, Float, Int, Space

PAPER = "Xia et al., Spatiotemporal recurrent convolutional networks for recognizing spontaneous micro-expressions, IEEE TMM 2020"
COPIES = 50  # Sec. III-D: of each training clip, itself included
EPOCHS = 30
LOVO = "LOVO (repeated 5% hold-out)"
COMPOSITE = "CASME II + SAMM (composite, 55 subjects, 415 samples)"
CORPORA = {  # corpus -> class scheme, data set of the tables
    "casme2": ("casme2_4", "CASME II"),
    "samm": ("samm_4", "SAMM"),
    "smic": ("smic_3", "SMIC"),
}
FILTERS: dict[str, tuple[str, dict[str, Plain]]] = {  # variant -> Table V's row, what it changes
    "filter_removed": ("filter removed", {"alpha": 0.0, "augment": False}),
    "filter_000_005": ("filter [0.0, 0.05]", {"low": 0.0, "high": 0.05}),
    "filter_040_100": ("filter [0.4, 1.0]", {"low": 0.4, "high": 1.0}),
    "filter_100_500": ("filter [1.0, 5.0]", {"low": 1.0, "high": 5.0}),
}
NOTES = (
    "Sec. IV-A: SGD, momentum .9, weight decay 5e-4, learning rate 1e-3 times .8 per epoch, batches of 20, 50 copies of each clip.",
    "Sec. IV-A stops once the mean loss of an epoch changes by less than 1e-3; here 30 epochs, by which the learning rate is 1.5e-6.",
    "Eq. 9-10 literally: binary cross-entropy on the softmax vector, clips weighed by their class's share of the batch.",
    "The printed accuracies are mostly no fraction of the clips: means over folds or runs. Our scores are pooled.",
    "LOVO: 5 % of the videos are held out at a time; how often is not said. Here every clip is held out once, in 20 folds; copies of a "
    "clip stay with it.",
    "ours: model.maps (the range of Fig. 5 is lost; the code has 128, 256 and 512), model.reading, protocol.num_inner.",
)
FEWER = "Without augmentation as many iterations, not epochs (Sec. IV-C): 50 times the epochs, at the same learning rate by iteration."
CLAMPED = "Coefficients above 1 do not converge, which fits this row's fall; here they are clamped to 1, and nothing is magnified."


def tables(base: Recipe, method: str) -> dict[str, Recipe]:
    """A recipe for each row of Tables II-VI of one of the paper's two systems, from its recipe on CASME II under LOSO."""
    recipes: dict[str, Recipe] = {}
    for corpus, (classes, dataset) in CORPORA.items():
        found = _corpus(_of(base, corpus, classes), method, dataset)
        recipes |= {f"{corpus}-{variant}" if variant else corpus: recipe for variant, recipe in found.items()}
    both = _of(base, "casme2_samm", "casme2_4")
    for variant, kind, protocol in (("casme2_samm", "composite_loso", "LOSO"), ("casme2_samm-lovo", "lovo", LOVO)):
        rows = (Published(paper="strcn", method=f"{method} (Ours)", dataset=COMPOSITE, table="VI", protocol=protocol),)
        recipes[variant] = dataclasses.replace(both, protocol=Protocol(kind=kind), published=rows)  # type: ignore[arg-type]
    return recipes


def _corpus(base: Recipe, method: str, dataset: str) -> dict[str, Recipe]:
    def rows(table: str, protocol: str, suffix: str = " (Ours)", variant: str | None = None) -> Published:
        return Published(paper="strcn", method=method + suffix, dataset=dataset, table=table, protocol=protocol, variant=variant)

    found: dict[str, Recipe] = {}
    for name, kind, protocol, table in (("", "loso", "LOSO", "II"), ("lovo", "lovo", LOVO, "III")):
        full = dataclasses.replace(base, protocol=Protocol(kind=kind))  # type: ignore[arg-type]
        filtered = (rows("V", protocol, "", "filter [0.05, 0.4]"),) if kind == "loso" else ()
        found[name] = dataclasses.replace(full, published=(rows(table, protocol), rows("IV", protocol, variant="full"), *filtered))
        prefix = f"{name}-" if name else ""
        found[f"{prefix}no_da"] = dataclasses.replace(
            without_copies(_with_options(full, {"augment": False})), published=(rows("IV", protocol, " without DA"),)
        )
        found[f"{prefix}no_bl"] = dataclasses.replace(
            full, loss=dataclasses.replace(full.loss, balance="none"), published=(rows("IV", protocol, " without BL"),)
        )
    for name, (variant, changes) in FILTERS.items():
        changed = _with_options(found[""], changes)
        found[name] = dataclasses.replace(
            changed if changed.data.options["augment"] else without_copies(changed), published=(rows("V", "LOSO", "", variant),)
        )
    noted = dataclasses.replace(found["filter_100_500"], notes=(CLAMPED, *base.notes))
    return {**found, "filter_100_500": noted}


def without_copies(recipe: Recipe) -> Recipe:
    """As many iterations on the clips alone."""
    training = recipe.training
    fewer = dataclasses.replace(training, epochs=training.epochs * COPIES, lr_decay=training.lr_decay ** (1 / COPIES))
    return dataclasses.replace(recipe, training=fewer, notes=(FEWER, *recipe.notes))


def _of(base: Recipe, corpus: str, classes: str) -> Recipe:
    return dataclasses.replace(base, data=dataclasses.replace(base.data, corpus=corpus, classes=classes))


def _with_options(recipe: Recipe, changes: dict[str, Plain]) -> Recipe:
    return dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, options={**recipe.data.options, **changes}))


TRAINING = Training(optimizer="sgd", lr=1e-3, momentum=0.9, weight_decay=5e-4, lr_decay=0.8, batch_size=20, epochs=EPOCHS)  # Sec. IV-A
BALANCED = Loss(kind="bce_softmax", balance="batch")
MAGNIFIED: dict[str, Plain] = {"augment": True, "alpha": 8.0, "low": 0.05, "high": 0.4}  # Sec. IV-A
TABLE_1: dict[str, Plain] = {
    "in_channels": 2, "maps": 128, "layers": 4, "iterations": 3, "reading": "eq6", "stem": "conv5", "pools": (4, 4, 4, 2),
}  # fmt: skip
BASE = Recipe(
    model="strcn_g",
    paper=PAPER,
    data=Data(corpus="casme2", classes="casme2_4", pipeline="strcn_g", options={**MAGNIFIED, "flow": "classic_l"}),
    training=TRAINING,
    loss=BALANCED,
    hparams=TABLE_1,
    notes=NOTES,
)
SMALL_IMAGE: dict[str, Plain] = {**TABLE_1, "in_channels": 3, "pools": (2, 2, 2, 1)}

RELEASED = dataclasses.replace(
    _with_options(BASE, {"flow": "classic_nl_fast"}),
    training=dataclasses.replace(TRAINING, weight_decay=1e-4, batch_size=10),
    loss=Loss(kind="focal", gamma=2.0),
    hparams={
        **TABLE_1, "maps": 512, "layers": 3, "iterations": 2, "reading": "authors_matconvnet", "stem": "conv3", "pools": (4, 4, 2),
    },
    protocol=Protocol(kind="lovo", num_folds=5),
    notes=(
        "[C] The released network, loss, flow and split, which differ from the paper's: 3 recurrent layers of 512 maps, focal loss, "
        "batches of 10, weight decay 1e-4, classic+nl-fast, 5 folds over videos. ours: the first layer's own learning rate is left out.",
        *NOTES,
    ),
)  # fmt: skip
ON_A_CPU = dataclasses.replace(
    _with_options(BASE, {"flow": "tvl1", "height": 75, "width": 61}),
    hparams={**TABLE_1, "maps": 32, "pools": (4, 4, 2, 1)},
    notes=("ours: a fortieth of the work: 32 maps, TV-L1, flow of 75 x 61 pixels, and so smaller pools.", *NOTES),
)
MEGC2019_FLOW = Recipe(
    model="strcn_g",
    paper=PAPER,
    data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image", scale=1 / 255),
    training=dataclasses.replace(TRAINING, lr=1e-2, lr_decay=0.95, epochs=100),
    loss=BALANCED,
    hparams={**SMALL_IMAGE, "maps": 32},
    protocol=Protocol(kind="composite_loso", num_inner=5),
    notes=(
        "ours: STRCN-G adapted to one image of 28 x 28 pixels and three channels (strain, v, u) per clip, STSTNet's: pools of 2, 2, "
        "2 and 1 instead of 4, 4, 4 and 2, 32 maps, no magnification and no copies, learning rate 1e-2 times .95 per epoch for 100 epochs.",
    ),
)


def _synthetic(options: dict[str, Plain], note: str) -> Recipe:
    image = Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"layout": "smic_hs", **options})
    return Recipe(
        model="strcn_g",
        paper="ours",
        data=dataclasses.replace(image, scale=1 / 255),
        training=dataclasses.replace(TRAINING, lr=3e-2, lr_decay=0.9, epochs=15, num_evals=15),
        loss=BALANCED,
        hparams={**SMALL_IMAGE, "maps": 16},
        notes=(note,),
    )


RECIPES = {
    **tables(BASE, "STRCN-G"),
    "casme2-released": RELEASED,
    "casme2-m32": ON_A_CPU,
    "megc2019_flow": MEGC2019_FLOW,
    "synthetic": _synthetic({}, "Motion is planted: honest LOSO scores high."),
    "synthetic_identity": _synthetic(
        {"signal": False, "identity": True}, "Labels can be read from identity only: honest LOSO scores chance."
    ),
}
QUOTED = Published(paper="shcnn", method="STRCN [42]", dataset="SAMM", table="8", protocol="LOSO")
RECIPES["samm"] = dataclasses.replace(RECIPES["samm"], published=(*RECIPES["samm"].published, QUOTED))

FOCAL = {"loss.kind": "focal"}
LEARNING: Space = {
    "training.lr": Float(low=1e-4, high=1e-1, log=True),
    "training.lr_decay": Float(low=0.7, high=1.0),
    "training.momentum": Float(low=0.8, high=0.99),
    "training.weight_decay": Float(low=1e-5, high=1e-2, log=True),
    "training.batch_size": Choice(options=(8, 10, 20, 32, 64, 128)),
    "loss.balance": Choice(options=("batch", "none")),
    "loss.kind": Choice(options=("bce_softmax", "cross_entropy", "focal")),
    "loss.gamma": Float(low=0.0, high=5.0, when=FOCAL),
    "model.maps": Choice(options=(16, 32, 64, 128, 256, 512)),
    "model.layers": Choice(options=(0, 1, 2, 3)),
    "model.iterations": Choice(options=(1, 2, 3, 4)),
    "model.reading": Choice(options=("eq6", "eq6_literal_init", "unshared", "authors_torch", "authors_matconvnet")),
}
LAYERS: Space = {**LEARNING, "model.layers": Choice(options=(0, 1, 2, 3, 4))}
MAGNIFICATION: Space = {
    "data.options.alpha": Float(low=1.0, high=20.0),
    "data.options.low": Float(low=0.0, high=0.3),
    "data.options.high": Float(low=0.35, high=1.0),
    "data.options.augment": Choice(options=(True, False)),
}
FLOWS: Space = {"data.options.flow": Choice(options=("classic_l", "classic_nl_fast", "tvl1", "farneback"))}
SPACE: Space = {**LAYERS, "training.epochs": Int(low=5, high=60, log=True), **MAGNIFICATION, **FLOWS}
SHORT: Space = {**LAYERS, "training.epochs": Int(low=5, high=60, log=True)}
LONG: Space = {**LAYERS, "training.epochs": Int(low=250, high=3000, log=True)}


def spaces(recipes: dict[str, Recipe]) -> dict[str, Space]:
    """Regions of the variants whose point lies outside of the whole one: filters stay theirs, and no copies mean more epochs."""
    longer = {variant: LONG for variant, recipe in recipes.items() if recipe.training.epochs > EPOCHS * COPIES / 2}
    return {**{variant: SHORT for variant in recipes if "filter" in variant}, **longer}


SPACES: dict[str, Space] = {
    **spaces(RECIPES),
    "casme2-released": {**LEARNING, "training.epochs": Int(low=5, high=60, log=True)},
    "megc2019_flow": {**LAYERS, "training.epochs": Int(low=20, high=300, log=True)},
    "synthetic": {**SHORT, "model.maps": Choice(options=(8, 16, 32))},
    "synthetic_identity": {**SHORT, "model.maps": Choice(options=(8, 16, 32))},
}
