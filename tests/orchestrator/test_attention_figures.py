from typing import Any

import numpy as np
import pytest
import torch

import models
from models.stanet import PARAMETERS
from orchestrator import attention_figures
from orchestrator.attention_figures import attend, draw, flow_colours, overlay

TINY: dict[str, Any] = {key: value for key, value in PARAMETERS["tiny, both"][0].items() if key != "num_classes"}


def _network(**changes: Any) -> torch.nn.Module:
    torch.manual_seed(0)
    return models.build("stanet", 3, **{**TINY, **changes})


def _clip() -> torch.Tensor:
    return torch.randn(11, 2, 32, 32, generator=torch.Generator().manual_seed(0))


def test_a_figure_of_a_networks_own_attention() -> None:
    network, clip = _network(), _clip()
    probabilities, attention = attend(network, clip)
    assert probabilities.shape == (3,) and probabilities.sum() == pytest.approx(1, abs=1e-5) and network.training
    assert attention["mask"].shape == (11, 16, 4, 4) and attention["temporal"].sum() == pytest.approx(1, abs=1e-5)
    frames = np.full((11, 32, 32), 100, np.uint8)
    figure = draw(clip.numpy(), mask=attention["mask"], temporal=attention["temporal"], frames=frames, title="surprise")
    assert len(figure.axes) == 3 * 8 + 1  # frame, flow and mask of eight flow images, and the weights
    weights: Any = figure.axes[-1]
    heights = [bar.get_height() for bar in weights.patches[:11]]
    np.testing.assert_allclose(heights, attention["temporal"], rtol=1e-6)
    titles = [axes.get_title() for axes in figure.axes[:8]]
    assert titles[0] == "t = 1" and titles[-1] == "t = 11"
    figure.canvas.draw()  # it can be laid out


@pytest.mark.parametrize(("changes", "axes"), [({"tab": False}, 2 * 8), ({"sab": False}, 8 + 1)])
def test_a_part_that_is_off_is_not_drawn(changes: dict[str, bool], axes: int) -> None:
    _, attention = attend(_network(**changes), _clip())
    assert len(draw(_clip().numpy(), mask=attention.get("mask"), temporal=attention.get("temporal")).axes) == axes


def test_the_mask_darkens_what_it_leaves_out() -> None:
    mask = np.zeros((1, 3, 2, 2))
    mask[0, :, 0, 0] = 1
    shown = overlay(np.ones((1, 8, 8, 3)), mask)
    assert shown[0, 0, 0] == pytest.approx([1, 1, 1]) and shown[0, -1, -1] == pytest.approx([0.15] * 3)


def test_directions_have_colours_and_what_stands_still_is_white() -> None:
    flow = np.zeros((1, 2, 1, 3))
    flow[0, :, 0, 0], flow[0, :, 0, 1] = (1, 0), (-1, 0)
    right, left, still = flow_colours(flow)[0, 0]
    assert right == pytest.approx([1, 0, 0]) and left == pytest.approx([0, 1, 1]) and still == pytest.approx([1, 1, 1])


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="must have an attention that is on.*model.sab"):
        attend(_network(sab=False, tab=False), _clip())
    arguments, _ = models.module("ststnet").PARAMETERS["3 classes"]
    with pytest.raises(ValueError, match="must have attention to be drawn, but got STSTNet"):
        attend(models.build("ststnet", **arguments), torch.randn(3, 28, 28))
    with pytest.raises(ValueError, match=r"must be \(T, 2, H, W\), but got \(4, 3, 8, 8\)"):
        draw(np.zeros((4, 3, 8, 8)))
    with pytest.raises(ValueError, match="one temporal for each of 4 flow images, but got 3"):
        draw(np.zeros((4, 2, 8, 8)), temporal=np.ones(3))


def test_importing_it_imports_no_matplotlib() -> None:
    import subprocess
    import sys

    code = f"import sys, {attention_figures.__name__}; assert 'matplotlib' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
