"""STRCN-G: a recurrent convolutional network over the optical flow from onset to apex (geometric connection).

Paper: Xia, Hong, Gao, Feng, Zhao, "Spatiotemporal recurrent convolutional networks for recognizing spontaneous micro-expressions", IEEE
TMM 2020, Table I. Input 2 x 300 x 245; maps of 296 x 241, 74 x 60, 18 x 15, 4 x 3 and 2 x 1 pixels.
Parameters for M maps and K classes, flow of 2 channels: 25 * 2 M + 3 M + 4 (10 M^2 + 9 M) + K M + K; 667,268 for M = 128 and 4 classes,
43,940 for M = 32, 11,715 for M = 16 and 3 classes. The released network (3 layers, MatConvNet) has 14,963,716 with its M = 512.

Differences from the paper: 1. Eq. 6-7 can be read in several ways (``reading``; models/recurrent_convolution/layers.py); ``eq6`` is ours.
2. Initialisation is that of the authors' later PyTorch code. 3. ``stem="conv3"`` with ``reading="authors_matconvnet"`` is the released
network without the last pooling, which is followed by the global average anyway.
"""

from collections.abc import Sequence
from typing import Any

from models.recurrent_convolution.network import Pool, RecurrentNetwork, smallest_input

build = RecurrentNetwork

POOLS = (4, 4, 4, 2)  # Table I
RELEASED_POOLS = (4, 4, 2)
TOTALS = {  # M -> 3 classes, 4 classes, 4 classes unshared, 4 classes released
    16: (11_715, 11_732, 30_164, 15_268),
    32: (43_907, 43_940, 117_668, 59_716),
    64: (169_731, 169_796, 464_708, 236_164),
    128: (667_139, 667_268, 1_846_916, 939_268),
    256: (2_644_995, 2_645_252, 7_363_844, 3_746_308),
    512: (10_532_867, 10_533_380, 29_407_748, 14_963_716),
}


def example_shape(*, in_channels: int, stem: str, pools: Sequence[Pool], **_: Any) -> tuple[int, ...]:
    """Flow just large enough that the last map is 2 x 1, as the paper's is."""
    return (in_channels, *smallest_input(stem, ((2, 1), *pools)))


def _counted(num_classes: int, maps: int, reading: str = "eq6") -> dict[str, Any]:
    released = reading == "authors_matconvnet"
    form = {"stem": "conv3", "layers": 3, "pools": RELEASED_POOLS} if released else {"stem": "conv5", "layers": 4, "pools": POOLS}
    return {"num_classes": num_classes, "in_channels": 2, "maps": maps, "iterations": 2 if released else 3, "reading": reading, **form}


PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    f"{maps} maps, {label}": (_counted(classes, maps, reading), count)
    for maps, counts in TOTALS.items()
    for (label, classes, reading), count in zip(
        (
            ("3 classes", 3, "eq6"),
            ("4 classes", 4, "eq6"),
            ("unshared", 4, "unshared"),
            ("released", 4, "authors_matconvnet"),
        ),
        counts,
        strict=True,
    )
}
