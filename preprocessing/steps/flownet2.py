"""FlowNet2 flow between two images, with the weights of a checkpoint that the user has.

Source: Ilg et al., "FlowNet 2.0", CVPR 2017; STANet computes it between adjacent frames of 192 x 192. The weights (620 MB) come from the
user: there is no substitute and no download. The network is in ``flownet2_network.py``.
"""

import numpy as np

from preprocessing.options import Plain

OPTIONS: dict[str, Plain] = {
    "checkpoint": "",  # path of NVIDIA's FlowNet2_checkpoint.pth.tar, or its tensors as .safetensors
    "align_corners": False,  # grid of bilinear upsampling: torch 0.4.1, which the public program names, used False; older ones True
    "device": "cpu",
}
MULTIPLE = 64  # six halvings
MAX_VALUE = 255.0


def compute(first: np.ndarray, second: np.ndarray, *, checkpoint: str, align_corners: bool = False, device: str = "cpu") -> np.ndarray:
    """Two uint8 images, gray (H, W) or RGB (H, W, 3), sides multiples of 64 -> float32 (2, H, W) = (u, v), pixels, first to second.

    Gray is repeated to three channels. ValueError: images that do not fit; a checkpoint that is missing or not FlowNet2's.
    """
    import torch  # seconds, and only this method needs it

    from preprocessing.steps.flownet2_checkpoint import network

    model = network(checkpoint, device)
    pair = torch.from_numpy(normalised_pair(first, second)).to(device)
    with torch.inference_mode():
        flow = model(pair[None], align_corners=align_corners)[0]
    return np.ascontiguousarray(flow.cpu().numpy())


def normalised_pair(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """float32 (6, H, W): R, G, B of the first image, then of the second, minus each channel's mean over both, divided by 255."""
    _check(first, second)
    pair = np.stack([_three_channels(first), _three_channels(second)])  # (2, 3, H, W)
    pair = (pair - pair.mean(axis=(0, 2, 3), keepdims=True)) / MAX_VALUE
    return pair.reshape(6, *pair.shape[2:]).astype(np.float32)


def _three_channels(image: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, 3) -> float64 (3, H, W)."""
    channels = np.stack([image] * 3) if image.ndim == 2 else image.transpose(2, 0, 1)
    return channels.astype(np.float64)


def _check(first: np.ndarray, second: np.ndarray) -> None:
    is_image = first.ndim == 2 or first.shape[2:] == (3,)
    if first.shape != second.shape or {first.dtype, second.dtype} != {np.dtype(np.uint8)} or not is_image:
        raise ValueError(
            f"FlowNet2 must get two uint8 images of one shape, (H, W) or (H, W, 3), but got {first.dtype} {first.shape} and "
            f"{second.dtype} {second.shape}. Decode both frames of a clip the same way."
        )
    height, width = first.shape[:2]
    if height % MULTIPLE or width % MULTIPLE or 0 in (height, width):
        raise ValueError(
            f"FlowNet2 needs sides that are multiples of {MULTIPLE}, but got {width}x{height}. Resize the frames, to 192x192 say."
        )
