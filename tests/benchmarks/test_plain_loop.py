"""The peer is the network it claims to be, and learns."""

import torch

from benchmarks import examples, plain_loop
from models.ststnet import STSTNet


def test_three_streams_is_ststnet() -> None:
    ours = STSTNet(3, widths=plain_loop.STREAMS, dropout=0.5, in_channels=3)
    theirs = plain_loop.ThreeStreams(3)
    assert sum(p.numel() for p in theirs.parameters()) == sum(p.numel() for p in ours.parameters())
    assert theirs(torch.rand(2, 3, 28, 28)).shape == (2, 3)


def test_the_loop_trains_every_fold() -> None:
    clips = examples.random_clips(12, (28, 28, 3))
    inputs = clips.inputs.movedim(-1, -3)
    folds = [(range(8), range(8, 12)), (range(4, 12), range(4))]
    assert plain_loop.train_folds(inputs, clips.labels, folds, epochs=1, batch_size=4, num_workers=0) > 0
    assert plain_loop.train_steps(inputs, clips.labels, plain_loop.ThreeStreams(3), num_steps=2, batch_size=4) > 0
