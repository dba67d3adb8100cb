"""Images as the Classic methods see them: texture, pyramid, warp, derivatives.

Source: Sun, Roth, Black, "Secrets of optical flow estimation and their principles", CVPR 2010, Sec. 3; the texture after Wedel et al., "An
improved algorithm for TV-L1 optical flow", 2009, Eq. 8-10. Shapes: H x W pixels; flow (2, H, W) = (u, v) in pixels.
"""

import cv2
import numpy as np
from scipy.ndimage import correlate1d

DERIVATIVE = np.array([1, -8, 0, 8, -1]) / 12
"""Five-point derivative."""
CENTRAL = np.array([-1, 0, 1]) / 2


def texture(pair: np.ndarray, *, theta: float, iterations: int, share: float) -> np.ndarray:
    """Two images (2, H, W) without ``share`` of their structure, which is light and shadow: float64 (2, H, W), 0 to 255 over both.

    Two images of one and the same value throughout have none, and give zeros.
    """
    scaled = 2 * _unit_range(pair) - 1
    return 255 * _unit_range(scaled - share * structure(scaled, theta, iterations))


def structure(images: np.ndarray, theta: float, iterations: int) -> np.ndarray:
    """The u that minimises TV(u) + |u - image|^2 / (2 theta) (Rudin-Osher-Fatemi), for each image (..., H, W), by projected gradient."""
    dual = np.zeros((2, *images.shape))
    for _ in range(iterations):
        u = images + theta * _divergence(dual)
        dual[0, ..., :-1] += np.diff(u, axis=-1) / (4 * theta)
        dual[1, ..., :-1, :] += np.diff(u, axis=-2) / (4 * theta)
        dual /= np.maximum(1, np.hypot(*dual))
    return images + theta * _divergence(dual)


def _divergence(dual: np.ndarray) -> np.ndarray:
    """The negative adjoint of forward differences."""
    return np.diff(dual[0], axis=-1, prepend=0) + np.diff(dual[1], axis=-2, prepend=0)


def _unit_range(images: np.ndarray) -> np.ndarray:
    low, high = images.min(), images.max()
    return (images - low) / (high - low) if high > low else np.zeros(images.shape)


def pyramid(image: np.ndarray, factor: float, num_levels: int) -> list[np.ndarray]:
    """(H, W, C) float64 and its reductions by ``factor``, largest first: Gaussian of sigma sqrt(factor / 2), then bilinear."""
    sigma = np.sqrt(factor / 2)
    size = 2 * int(1.5 * sigma + 0.5) + 1
    levels = [image]
    for _ in range(num_levels - 1):
        smooth = cv2.GaussianBlur(levels[-1], (size, size), sigma, borderType=cv2.BORDER_REFLECT)
        height, width = (int(np.ceil(side / factor - 1e-9)) for side in smooth.shape[:2])
        levels.append(_linear(_linear(smooth, 0, height), 1, width))
    return levels


def resized(flow: np.ndarray, height: int, width: int) -> np.ndarray:
    """The flow of the same motion at another size."""
    scale = np.array([width / flow.shape[2], height / flow.shape[1]])[:, None, None]
    return scale * _linear(_linear(flow, 1, height), 2, width)


def _linear(field: np.ndarray, axis: int, size: int) -> np.ndarray:
    """One axis at another size, linear. OpenCV has single precision for two channels, and its noise would move images without texture."""
    count = field.shape[axis]
    position = np.clip((np.arange(size) + 0.5) * count / size - 0.5, 0, count - 1)
    before = np.minimum(position.astype(np.intp), count - 2)
    share = np.expand_dims(position - before, tuple(range(1, field.ndim - axis)))
    left, right = field.take(before, axis), field.take(before + 1, axis)
    return left + share * (right - left)


def derivatives(first: np.ndarray, second: np.ndarray, flow: np.ndarray, *, warp: str, blend: float) -> np.ndarray:
    """(I_t, I_x, I_y) of the second image seen along the flow: float64 (3, H, W); 0 where the flow leaves the image.

    ``warp``: ``cubic`` interpolates the image and its derivatives by cubic convolution; ``bicubic`` interpolates the image with slopes of
    the five-point filter and differentiates that. ``blend``: the second image's share in I_x and I_y; the rest is the first image's.
    """
    height, width = first.shape
    y, x = np.mgrid[:height, :width] + flow[::-1]
    if warp == "bicubic":
        fields = hermite(second[None], y, x, DERIVATIVE, orders=((0, 0), (0, 1), (1, 0)))[:, 0]
    else:
        fields = hermite(np.stack([second, *_gradient(second)]), y, x, CENTRAL, orders=((0, 0),))[0]
    fields[0] -= first
    fields[1:] = blend * fields[1:] + (1 - blend) * _gradient(first)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return np.where(inside, fields, 0)


def _gradient(image: np.ndarray) -> np.ndarray:
    """(2, H, W): along x, along y; mirrored at the border."""
    return np.stack([correlate1d(image, DERIVATIVE, axis=axis, mode="reflect") for axis in (1, 0)])


def hermite(images: np.ndarray, y: np.ndarray, x: np.ndarray, slope: np.ndarray, *, orders: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Images (K, H, W) at positions y, x (h, w), clamped to the image, by cubic Hermite patches: (len(orders), K, h, w).

    ``slope``: filter of the patches' slopes; CENTRAL makes it Keys' cubic convolution (a = -1/2). ``orders``: derivatives (of y, of x).
    """
    along_x = correlate1d(images, slope, axis=2, mode="reflect")
    along_y = correlate1d(images, slope, axis=1, mode="reflect")
    both = correlate1d(along_y, slope, axis=2, mode="reflect")
    knots = np.array([[images, along_x], [along_y, both]])  # (slope of y, slope of x, K, H, W)
    row, rest_y = _cell(y, images.shape[1])
    column, rest_x = _cell(x, images.shape[2])
    corners = [[knots[..., row + i, column + j] for j in (0, 1)] for i in (0, 1)]
    out = []
    for order_y, order_x in orders:
        basis_y, basis_x = _basis(rest_y, order_y), _basis(rest_x, order_x)  # (corner, slope, h, w)
        parts = [np.einsum("ahw,bhw,abkhw->khw", basis_y[i], basis_x[j], corners[i][j]) for i in (0, 1) for j in (0, 1)]
        out.append(sum(parts))
    return np.stack(out)


def _cell(position: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The knot to the left and the distance from it; the last knot belongs to the cell before it."""
    clamped = np.clip(position, 0, size - 1)
    left = np.minimum(clamped.astype(np.intp), size - 2)
    return left, clamped - left


def _basis(t: np.ndarray, order: int) -> np.ndarray:
    """Hermite's polynomials at t in [0, 1], or their derivatives: (2 ends, value and slope, ...)."""
    if order == 0:
        return np.array([[(1 + 2 * t) * (1 - t) ** 2, t * (1 - t) ** 2], [t * t * (3 - 2 * t), t * t * (t - 1)]])
    return np.array([[6 * t * (t - 1), (1 - t) * (1 - 3 * t)], [6 * t * (1 - t), t * (3 * t - 2)]])
