"""FDM: the facial dynamics map, one principal direction of flow per cuboid of a clip whose frames are aligned by their flow.

Paper: Xu, Zhang, Wang, "Microexpression identification and categorization using a facial dynamics map", IEEE Trans. Affective Computing
8(2), 2017: pixel-level alignment by flow, spatiotemporal cuboids, an iterative optimal strategy for each cuboid's principal direction.
The paper's text was not at hand: the alignment (the translation that most vectors of a frame agree in, found on a grid), the angle within
which vectors support a direction, the mean direction as a start and the mean of the supporters as the map's vector are ours.
"""

import numpy as np

from preprocessing.steps.flow_blocks import block_sums, edges, stretches

MOST_STEPS = 50
"""Directions settle after a few steps; where two sets of supporters alternate, this ends it."""


def aligned(flow: np.ndarray, *, cell: float) -> np.ndarray:
    """Flow (T, 2, H, W) without each frame's commonest translation: the mean of the vectors in the fullest square cell of ``cell`` pixels.

    Cells are centred on the multiples of ``cell``, so that vectors about zero share one; of equally full ones the first by u, then v.
    """
    if not cell > 0:
        raise ValueError(f"A cell of the alignment must have a side, but got {cell} pixels. Pass --option cell=0.1.")
    vectors = flow.astype(np.float64).reshape(len(flow), 2, -1)
    return flow - np.stack([_commonest(frame, cell) for frame in vectors]).astype(flow.dtype)[..., None, None]


def _commonest(vectors: np.ndarray, cell: float) -> np.ndarray:
    """(2, N) -> (2,)."""
    across, down = np.rint(vectors / cell).astype(np.int64)
    number = (across - across.min()) * (down.max() - down.min() + 1) + down - down.min()
    _, which, counts = np.unique(number, return_inverse=True, return_counts=True)
    return np.asarray(vectors[:, which == counts.argmax()].mean(axis=1))


def principal_directions(flow: np.ndarray, *, rows: int, cols: int, segments: int, angle: float) -> np.ndarray:
    """Flow (T, 2, H, W) -> float64 (segments, 2, rows, cols): the mean of each cuboid's vectors that lie within ``angle`` degrees of it.

    The direction starts at the mean of all vectors and moves to the mean of its supporters until these stay the same; it stays where it
    has none. A cuboid without motion, or whose vectors cancel, is 0.
    """
    down, across = stretches(flow.shape[-2], rows), stretches(flow.shape[-1], cols)
    over_time = stretches(len(flow), segments)
    flow = flow.astype(np.float64)
    reach = np.cos(np.deg2rad(angle)) * np.hypot(flow[:, 0], flow[:, 1])
    supports = np.ones(reach.shape, bool)
    mean = np.zeros((segments, 2, rows, cols))
    for _ in range(MOST_STEPS):
        mean = _means(flow, supports, mean)
        everywhere = mean[over_time][:, :, down][:, :, :, across]
        found = (flow * everywhere).sum(axis=1) >= reach * np.hypot(everywhere[:, 0], everywhere[:, 1])
        if np.array_equal(found, supports):
            break
        supports = found
    return mean


def fdm(flow: np.ndarray, *, rows: int, cols: int, segments: int, angle: float, cell: float, unit: bool) -> np.ndarray:
    """Flow (T, 2, H, W) -> float32 (segments * 2 * rows * cols): the map of the aligned clip; ``unit`` keeps directions alone."""
    directions = principal_directions(aligned(flow, cell=cell), rows=rows, cols=cols, segments=segments, angle=angle)
    if unit:
        length = np.hypot(directions[:, 0], directions[:, 1])[:, None]
        directions = np.divide(directions, length, out=np.zeros_like(directions), where=length > 0)
    return directions.astype(np.float32).ravel()


def _means(flow: np.ndarray, supports: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The mean of each cuboid's supporting vectors, (segments, 2, rows, cols); ``before`` where nothing supports."""
    segments, _, rows, cols = before.shape
    starts = edges(len(flow), segments)
    counts = np.add.reduceat(block_sums(supports.astype(np.float64), rows, cols), starts, axis=0)[:, None]
    sums = np.add.reduceat(block_sums(flow * supports[:, None], rows, cols), starts, axis=0)
    return np.divide(sums, counts, out=before.copy(), where=counts > 0)
