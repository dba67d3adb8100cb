"""ELRCN on CASME II and SAMM, with temporal enrichment (a CNN for flow, one for strain) and with spatial enrichment (one for all channels).

Settings  [C]: the authors' code (github.com/IcedDoggie/Micro-Expression-with-Deep-Learning); "ours" marks the rest.
Reports   Tables 7 and 8 of SHCNN: accuracy and macro-F1.
Cost      A fold fine-tunes one or two VGG-16 (134 million parameters each, 15.5 GMAC a frame) on 9 frames a clip: a GPU's work.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce elrcn
"""

from search_spaces.cnn_lstm import SMALL, SPACE, synthetic
from search_spaces.recipe import Augmentation, Data, Plain, Protocol, Published, Recipe, Training
from search_spaces.shcnn import FLOW_IMAGE
from search_spaces.space import Choice, Space

PAPER = "Khor et al., Enriched long-term recurrent convolutional network for facial micro-expression recognition, FG 2018"
TEMPORAL, SPATIAL = ((1, 2), (3,)), ((0, 1, 2, 3),)
NOTES = (
    "[C] model: VGG-16's 4096 features, an LSTM of 3000, a fully connected layer of 128. [C] training: Adam at 1e-5 for both stages, 10 "
    "frames by temporal interpolation, 9 flows of 224 x 224.",
    "[C] the code starts from VGG-Face and keeps its convolutions; here all weights learn, from training.initial or random ones.",
    "[C] spatial enrichment in the code stacks 7 channels: a flow image of 3, strain, and gray thrice; here gray, u, v and strain.",
    "ours: batches, epochs (arguments of the code), faces cut as STRCN's, flip, protocol.num_inner.",
)


def _published(corpus: str, classes: str, streams: Plain, published: tuple[Published, ...], *notes: str) -> Recipe:
    return Recipe(
        model="cnn_rnn",
        system="elrcn",
        paper=PAPER,
        data=Data(corpus=corpus, classes=classes, pipeline="gray_flow_sequence"),
        features=Training(lr=1e-5, batch_size=32, epochs=20, sample="frame"),
        training=Training(lr=1e-5, batch_size=16, epochs=100),
        augmentation=Augmentation(flow_channels=(1, 2)),
        hparams={
            "in_channels": 4, "streams": streams, "backbone": "vgg16", "cell": "lstm", "hidden": 3000, "layers": 1, "dense": 128,
            "dropout": 0.5,
        },
        protocol=Protocol(kind="loso", num_inner=5),
        published=published,
        notes=(*notes, *NOTES),
    )  # fmt: skip


CASME2 = Published(paper="shcnn", table="7", method="row 6", dataset="CASME II")
SAMM = Published(paper="shcnn", table="8", method="ELRCN [5]", dataset="SAMM")
LOST = "SHCNN's Table 7 has lost its names; its text and an F1 of 50.0 % make row 6 this one. That it is temporal enrichment is inferred."
CDE = "The printed number is of MEGC 2018's composite evaluation, in which CASME II's subjects train as well; here SAMM's alone."

RECIPES = {
    "casme2": _published("casme2", "casme2_5", TEMPORAL, (CASME2,), LOST),
    "casme2-spatial": _published("casme2", "casme2_5", SPATIAL, (), "Spatial enrichment; no table here has its number."),
    "samm": _published("samm", "samm_3", TEMPORAL, (SAMM,), CDE),
    "synthetic": synthetic("elrcn", "lstm", ((0,), (1,))),
    "synthetic-spatial": synthetic("elrcn", "lstm", ((0, 1),)),
}
CELLS: Space = {"model.cell": Choice(options=("lstm", "gru"))}
SPACE = {**SPACE, "model.streams": Choice(options=(TEMPORAL, SPATIAL, ((1, 2, 3),), ((0,), (1, 2), (3,)))), **CELLS, **FLOW_IMAGE}
SMALL_SPACE: Space = {**SMALL, "model.streams": Choice(options=(((0,), (1,)), ((0, 1),))), **CELLS}
SPACES: dict[str, Space] = {name: SMALL_SPACE for name in RECIPES if name.startswith("synthetic")}
