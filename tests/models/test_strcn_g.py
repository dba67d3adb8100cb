import torch

import models
from models.strcn_g import PARAMETERS, TOTALS


def test_every_total_is_counted() -> None:
    assert len(PARAMETERS) == 4 * len(TOTALS) == 24


def test_the_example_ends_in_two_pixels() -> None:
    """As the paper's input does: batch normalisation of one pixel of one clip is undefined."""
    arguments, _ = PARAMETERS["16 maps, 3 classes"]
    hparams = {key: value for key, value in arguments.items() if key != "num_classes"}
    network = models.build("strcn_g", 3, **hparams)
    sizes: list[tuple[int, ...]] = []
    network.blocks[-1].register_forward_hook(lambda *call: sizes.append(tuple(call[-1].shape[-2:])))  # type: ignore[union-attr, index]
    network(torch.zeros(1, *models.example_shape("strcn_g", **hparams)))  # in training mode
    assert sizes == [(2, 1)]
