import pytest
import torch
from torch import Tensor, nn

import models

WIDTHS = (3, 5, 8)


class ThreeStreams(nn.Module):
    """STSTNet as its authors wrote it: three streams, concatenated. Dropout is off in this comparison."""

    def __init__(self) -> None:
        super().__init__()
        self.streams = nn.ModuleList(
            nn.Sequential(nn.Conv2d(3, width, 3, padding=2), nn.ReLU(), nn.BatchNorm2d(width), nn.MaxPool2d(3, stride=3, padding=1))
            for width in WIDTHS
        )
        self.pool = nn.AvgPool2d(2)
        self.head = nn.Linear(400, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pool(torch.cat([stream(x) for stream in self.streams], 1)).flatten(1))


def _merged(literal: ThreeStreams) -> nn.Module:
    merged = models.build("ststnet", 3, widths=WIDTHS, dropout=0.0, in_channels=3).double()
    state = {f"head.{name}": tensor for name, tensor in literal.head.state_dict().items()}
    for name in merged.state_dict():
        if name.startswith("streams"):
            parts = [stream.state_dict()[name.removeprefix("streams.")] for stream in literal.streams]
            state[name] = torch.cat(parts) if parts[0].dim() else parts[0]
    merged.load_state_dict(state)
    return merged


def test_the_merged_convolution_is_exactly_the_three_streams() -> None:
    torch.manual_seed(0)
    literal = ThreeStreams().double()
    merged = _merged(literal)
    x = torch.randn(6, 3, 28, 28).double()
    for _ in range(2):
        expected, ours = literal(x), merged(x)
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-12)
        for module, logits in ((literal, expected), (merged, ours)):
            module.zero_grad()
            logits.square().sum().backward()
        gradients = torch.cat([stream[0].weight.grad for stream in literal.streams])  # type: ignore[index]
        torch.testing.assert_close(merged.streams[0].weight.grad, gradients, rtol=0, atol=1e-12)  # type: ignore[index, union-attr]
        torch.testing.assert_close(merged.head.weight.grad, literal.head.weight.grad, rtol=0, atol=1e-12)  # type: ignore[union-attr]
    torch.testing.assert_close(merged.eval()(x), literal.eval()(x), rtol=0, atol=1e-12)  # running statistics


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="28 x 28 pixels, but got"):
        models.build("ststnet", 3, widths=WIDTHS, dropout=0.0, in_channels=3)(torch.randn(1, 3, 32, 32))
