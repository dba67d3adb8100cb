"""Where and when a network looks: its spatial masks over a clip's flow and its temporal weights, as STANet's Figs. 5 and 6 show them.

Drawn without pyplot, so that no global state is left behind; importing this imports no matplotlib. Shapes: T flow images, C channels, H x W
pixels.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 8
"""At most so many flow images are shown, evenly spaced."""
WIDTH_IN, ROW_IN, WEIGHTS_IN = 8.0, 1.1, 1.3
BLUE = "#0072b2"


def attend(network: nn.Module, clip: Tensor) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Class probabilities (K,) of one clip (T, C, H, W), scaled as the network is used to, and its attention without the batch.

    Raises:
        ValueError: the network has no attention, or none that is switched on.
    """
    training = network.training
    try:
        with torch.no_grad():
            logits, attention = network.eval()(clip.unsqueeze(0), return_attention=True)
    except TypeError as error:
        raise ValueError(
            f"A network must have attention to be drawn, but got {type(network).__name__}. Choose one such as STANet."
        ) from error
    finally:
        network.train(training)
    if not attention:
        raise ValueError(f"{type(network).__name__} must have an attention that is on, but all are off. Set model.sab or model.tab.")
    return logits[0].softmax(0).numpy(), {name: tensor[0].numpy() for name, tensor in attention.items()}


def draw(
    flow: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    temporal: np.ndarray | None = None,
    frames: np.ndarray | None = None,
    title: str = "",
) -> "Figure":
    """One column for each flow image: the frame, the flow, the mask over it; below, the weight of every flow image.

    Args:
        flow: (T, 2, H, W), in any unit: its largest vector of the clip is drawn fully saturated.
        mask: (T, C, h, w) in [0, 1]; its mean over channels is drawn, stretched to the clip's own range (that is written beside it).
        temporal: (T,) weights that sum to 1.
        frames: (T, H, W) 8-bit gray or (T, H, W, 3) RGB; those that the flow leads to.
    """
    _check(flow, mask, temporal, frames)
    from matplotlib.figure import Figure

    shown = np.unique(np.linspace(0, len(flow) - 1, min(COLUMNS, len(flow))).round().astype(int))
    rows = _rows(flow, mask, frames)
    heights = [ROW_IN] * len(rows) + ([WEIGHTS_IN] if temporal is not None else [])
    figure = Figure(figsize=(WIDTH_IN, sum(heights) + 0.3), layout="constrained")
    grid = figure.add_gridspec(len(heights), len(shown), height_ratios=heights)
    for row, (name, images, options) in enumerate(rows):
        for column, t in enumerate(shown):
            axes = figure.add_subplot(grid[row, column])
            axes.imshow(images[t], **options)
            axes.set(xticks=[], yticks=[], title=f"t = {t + 1}" if row == 0 else "", ylabel=name if column == 0 else "")
    if temporal is not None:
        _weights(figure.add_subplot(grid[-1, :]), temporal, shown)
    figure.suptitle(title, fontsize=10)
    return figure


def flow_colours(flow: np.ndarray) -> np.ndarray:
    """(T, 2, H, W) -> RGB in [0, 1] (T, H, W, 3): direction as hue, length as saturation, so that what stands still is white."""
    from matplotlib.colors import hsv_to_rgb

    lengths = np.hypot(flow[:, 0], flow[:, 1])
    hue = np.arctan2(flow[:, 1], flow[:, 0]) / (2 * np.pi) % 1
    saturation = lengths / max(float(lengths.max()), np.finfo(np.float32).tiny)
    return np.asarray(hsv_to_rgb(np.stack([hue, saturation, np.ones_like(hue)], axis=-1)))


def overlay(images: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """RGB images (T, H, W, 3) in [0, 1], dark where the mask's mean over channels is low: (T, H, W, 3)."""
    mean = torch.from_numpy(mask.astype(np.float32)).mean(1, keepdim=True)  # (T, 1, h, w)
    large = nn.functional.interpolate(mean, size=images.shape[1:3], mode="bilinear", align_corners=False)[:, 0].numpy()
    span = max(float(large.max() - large.min()), np.finfo(np.float32).tiny)
    light = 0.15 + 0.85 * (large - large.min()) / span
    return images * light[..., None]


def _rows(flow: np.ndarray, mask: np.ndarray | None, frames: np.ndarray | None) -> list[tuple[str, np.ndarray, dict[str, Any]]]:
    """Name, images (T, H, W[, 3]) and how they are shown."""
    colours = flow_colours(flow)
    rows: list[tuple[str, np.ndarray, dict[str, Any]]] = [("flow", colours, {})]
    if frames is not None:
        gray: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255} if frames.ndim == 3 else {}
        rows.insert(0, ("frame", frames, gray))
    if mask is not None:
        mean = mask.mean(1)
        rows.append((f"mask\n{mean.min():.2f} to {mean.max():.2f}", overlay(colours, mask), {}))
    return rows


def _weights(axes: Any, temporal: np.ndarray, shown: Sequence[int] | np.ndarray) -> None:
    positions = np.arange(1, len(temporal) + 1)
    axes.bar(positions, temporal, color=BLUE, alpha=0.45)
    axes.bar(positions[shown], temporal[shown], color=BLUE)  # those above
    axes.axhline(1 / len(temporal), color="#777777", linewidth=0.8, linestyle="--")
    axes.set(xlabel="flow image t (dashed: all alike)", ylabel="weight", xlim=(0.4, len(temporal) + 0.6), xticks=positions[shown])
    axes.spines[["top", "right"]].set_visible(False)


def _check(flow: np.ndarray, mask: np.ndarray | None, temporal: np.ndarray | None, frames: np.ndarray | None) -> None:
    if flow.ndim != 4 or flow.shape[1] != 2:
        raise ValueError(f"Flow must be (T, 2, H, W), but got {flow.shape}. Pass u and v alone.")
    for name, given in {"mask": mask, "temporal": temporal, "frames": frames}.items():
        if given is not None and len(given) != len(flow):
            raise ValueError(
                f"There must be one {name} for each of {len(flow)} flow images, but got {len(given)}. Pass those of the same clip."
            )
