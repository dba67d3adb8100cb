"""Blocks of ``region_cnn_lstm``: the CNN of one region, and several LSTMs as one program."""
