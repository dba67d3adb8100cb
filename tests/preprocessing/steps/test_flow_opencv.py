"""OpenCV's methods behind one interface: known flow, new objects, clear errors."""

from typing import Any

import cv2
import numpy as np
import pytest

from preprocessing.steps import flow_opencv
from tests.preprocessing.steps.moving_textures import endpoint_error, smooth_flow, texture_pair


def test_tvl1_is_not_spoilt_by_a_small_image_before() -> None:
    """``calc`` lowers an object's scales for good, so that each pair has an object of its own."""
    pair, small = texture_pair(smooth_flow(64, 64, 1.0)), np.zeros((20, 20), np.uint8)
    fresh: Any = cv2.optflow.DualTVL1OpticalFlow.create()
    expected = fresh.calc(*pair, None).transpose(2, 0, 1)
    fresh.calc(small, small, None)
    assert fresh.getScalesNumber() < 5
    flow_opencv.tvl1(small, small)
    assert np.array_equal(flow_opencv.tvl1(*pair), expected)


def test_tvl1_defaults_are_opencvs() -> None:
    theirs = cv2.optflow.DualTVL1OpticalFlow.create()
    assert flow_opencv.TVL1 == {
        "tau": theirs.getTau(),
        "lambda_": theirs.getLambda(),
        "theta": theirs.getTheta(),
        "num_scales": theirs.getScalesNumber(),
        "num_warps": theirs.getWarpingsNumber(),
        "epsilon": theirs.getEpsilon(),
        "num_inner": theirs.getInnerIterations(),
        "num_outer": theirs.getOuterIterations(),
        "scale_step": theirs.getScaleStep(),
        "median": theirs.getMedianFiltering() == 5,
    }
    assert theirs.getGamma() == 0


def test_options_reach_opencv() -> None:
    pair = texture_pair(smooth_flow(64, 72, 1.5))
    assert endpoint_error(flow_opencv.tvl1(*pair, lambda_=0.02), flow_opencv.tvl1(*pair)) > 1e-3
    assert endpoint_error(flow_opencv.farneback(*pair, window=5), flow_opencv.farneback(*pair)) > 1e-3
    assert endpoint_error(flow_opencv.dis(*pair, preset="fast"), flow_opencv.dis(*pair)) > 1e-3


def test_an_unknown_preset_is_refused() -> None:
    image = np.zeros((32, 32), np.uint8)
    with pytest.raises(ValueError, match="out of ultrafast, fast, medium, but got 'slow'"):
        flow_opencv.dis(image, image, preset="slow")


def test_images_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="'farneback' must get two gray uint8 images"):
        flow_opencv.farneback(np.zeros((32, 32), np.uint8), np.zeros((32, 33), np.uint8))


def test_without_contrib_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "optflow")
    image = np.zeros((32, 32), np.uint8)
    with pytest.raises(ModuleNotFoundError, match="pip uninstall opencv-python .*install.* opencv-contrib-python-headless"):
        flow_opencv.tvl1(image, image)
