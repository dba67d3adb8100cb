"""The Laplacian pyramid of matlabPyrTools written as matrices, straight from its definition: the truth that ours is tested against."""

import numpy as np

BINOMIAL = np.array([1, 4, 6, 4, 1]) / 16


def mirror(index: int, size: int) -> int:
    """Reflection about the edge pixels, without repeating them ('reflect1')."""
    return abs(index) if index < size else 2 * (size - 1) - index


def reduction(size: int, gain: float = 1.0) -> np.ndarray:
    """corrDn, step 2, start 1: (ceil(size / 2), size)."""
    matrix = np.zeros(((size + 1) // 2, size))
    for row in range(len(matrix)):
        for tap, weight in enumerate(BINOMIAL):
            matrix[row, mirror(2 * row + tap - 2, size)] += gain * weight
    return matrix


def expansion(size: int, gain: float = 2.0) -> np.ndarray:
    """upConv: zeros between the samples, then the filter, mirrored about the ends of the large image: (size, ceil(size / 2))."""
    matrix = np.zeros((size, (size + 1) // 2))
    for row in range(size):
        for tap, weight in enumerate(BINOMIAL):
            source = mirror(row + tap - 2, size)
            if source % 2 == 0:
                matrix[row, source // 2] += gain * weight
    return matrix


def build(image: np.ndarray, levels: int, gain: float = 1.0) -> list[np.ndarray]:
    """Bands of (H, W), finest first, the residual last. ``gain`` is the filter's per axis: 1, or the package's square root of 2."""
    bands = []
    for _ in range(levels - 1):
        height, width = image.shape
        small = reduction(height, gain) @ image @ reduction(width, gain).T
        bands.append(image - expansion(height, 2 / gain) @ small @ expansion(width, 2 / gain).T)
        image = small
    return [*bands, image]


def collapse(bands: list[np.ndarray], gain: float = 1.0) -> np.ndarray:
    image = bands[-1]
    for band in bands[-2::-1]:
        image = band + expansion(band.shape[0], 2 / gain) @ image @ expansion(band.shape[1], 2 / gain).T
    return image
