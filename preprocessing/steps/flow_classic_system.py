"""The linear system of one warp of the Classic methods.

The step minimises sum data (change + gradient . step)^2 + sum weight (difference of neighbours of flow + step)^2, for u and v at once:
Sun, Roth, Black, CVPR 2010, Eq. 1, with penalties replaced by weighted squares. Shapes: H x W pixels, flow (2, H, W).
"""

import numpy as np

RIDGE = 1e-8  # of the mean diagonal: where there is no texture at all, the step is 0
TOLERANCE = 1e-8  # of the right-hand side: errors of 1e-5 pixels at 300 x 245
MAX_ITERATIONS = 5000


def solve(data: np.ndarray, gradient: np.ndarray, change: np.ndarray, flow: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """The step (2, H, W) from weights ``data`` (H, W), ``across`` (2, H, W - 1) and ``down`` (2, H - 1, W) between neighbours."""
    from preprocessing.steps.flow_classic_solver import conjugate_gradients  # numba takes a second to load

    across = np.pad(across, ((0, 0), (0, 0), (1, 1)))  # (2, H, W + 1), 0 towards the outside
    down = np.pad(down, ((0, 0), (1, 1), (0, 0)))
    pull = np.diff(across * _differences(flow, axis=2), axis=2) + np.diff(down * _differences(flow, axis=1), axis=1)
    neighbours = across[..., :-1] + across[..., 1:] + down[:, :-1] + down[:, 1:]
    uu, vv = data * gradient**2 + neighbours
    ridge = RIDGE * max(uu.mean(), vv.mean())
    diagonal = np.stack([uu + ridge, data * gradient[0] * gradient[1], vv + ridge])
    step, solved = conjugate_gradients(diagonal, across, down, pull - data * change * gradient, TOLERANCE, MAX_ITERATIONS)
    if not solved:
        raise ValueError(
            f"The system of a flow must be solved within {MAX_ITERATIONS} iterations, but was not for images of "
            f"{flow.shape[2]}x{flow.shape[1]}. Use a smoothness and sigmas nearer to the defaults."
        )
    return step


def _differences(flow: np.ndarray, axis: int) -> np.ndarray:
    """Forward differences with 0 before the first and after the last one."""
    margin = [(0, 0)] * 3
    margin[axis] = (1, 1)
    return np.pad(np.diff(flow, axis=axis), margin)
