"""CNN-GRU: VGG-Face on each frame, then a GRU, as STRCN's tables compare with it. All but the cell is as in ``cnn_lstm``.

Settings  The tables give a name alone: VGG-Face features and a GRU. Frames are STRCN-A's; "ours" marks the rest.
Reports   Tables II (LOSO) and III (leaving videos out) of STRCN: accuracy and F1.
Cost      As cnn_lstm: a GPU's work.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce cnn_gru
"""

from search_spaces import cnn_lstm
from search_spaces.space import Space

RECIPES = {
    **{
        f"{corpus}{protocol}": cnn_lstm.published("cnn_gru", "gru", "CNN-GRU [52]", corpus, protocol)
        for protocol in cnn_lstm.PROTOCOLS
        for corpus in cnn_lstm.CORPORA
    },
    "synthetic": cnn_lstm.synthetic("cnn_gru", "gru", ((0, 1),)),
}
SPACE: Space = cnn_lstm.SPACE
SPACES: dict[str, Space] = cnn_lstm.SPACES
