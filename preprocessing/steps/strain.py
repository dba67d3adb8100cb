"""Optical strain: how much a flow field deforms the skin, free of rigid head motion.

Source: STSTNet (Liong et al., FG 2019), Eq. 3-4; the norm of the infinitesimal strain tensor.
"""

import numpy as np


def strain(flow: np.ndarray) -> np.ndarray:
    """(2, H, W) flow (u, v) in pixels -> (H, W) strain, without unit, at least 0."""
    u_y, u_x = np.gradient(flow[0])
    v_y, v_x = np.gradient(flow[1])
    return np.sqrt(u_x**2 + v_y**2 + 0.5 * (u_y + v_x) ** 2)
