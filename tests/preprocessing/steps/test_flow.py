"""One call for every method: each finds a known flow, and says what it was computed with."""

import subprocess
import sys

import numpy as np
import pytest

from preprocessing.options import Plain
from preprocessing.steps import flow
from tests.preprocessing.steps.moving_textures import endpoint_error, smooth_flow, texture_pair

QUICK = ("tvl1", "tvl1_opencv", "farneback", "dis")  # the classic ones take seconds, FlowNet2 the user's weights: see their own tests


@pytest.mark.parametrize("method", QUICK)
def test_the_call_finds_a_known_flow(method: str) -> None:
    truth = smooth_flow(64, 72, 1.5)
    found = flow.compute(*texture_pair(truth), method=method)
    assert found.dtype == np.float32 and found.shape == truth.shape
    assert endpoint_error(found, truth) < 0.4 * endpoint_error(0 * truth, truth)


@pytest.mark.parametrize("method", flow.METHODS)
def test_every_method_describes_itself(method: str) -> None:
    said = flow.describe(method, {})
    constants = flow.METHODS[method].load(flow.METHODS[method].options)
    assert said["method"] == method and set(constants) <= set(said)
    assert all(said[library] for library in flow.METHODS[method].libraries)


def test_a_description_holds_given_options() -> None:
    assert flow.describe("tvl1", {"lambda_": 0.3})["lambda_"] == 0.3
    with pytest.raises(ValueError, match="flow method 'tvl1' has, but got 'preset'"):
        flow.describe("tvl1", {"preset": "fast"})


@pytest.mark.parametrize("reference", ("first", "previous"))
def test_a_sequence_has_a_flow_per_frame_but_the_first(reference: str) -> None:
    truth = smooth_flow(48, 56, 1.0)
    frames = np.stack([*texture_pair(truth), texture_pair(truth, seed=1)[0]])
    flows = flow.sequence(frames, reference=reference, method="dis", preset="fast")
    start = 0 if reference == "first" else 1
    assert flows.shape == (2, 2, 48, 56)
    assert np.array_equal(flows[0], flow.compute(frames[0], frames[1], method="dis", preset="fast"))
    assert np.array_equal(flows[1], flow.compute(frames[start], frames[2], method="dis", preset="fast"))


@pytest.mark.parametrize(
    ("num_frames", "options", "said"),
    (
        (1, {}, "at least 2 frames, but got 1"),
        (2, {"reference": "apex"}, "'first' or 'previous', but got 'apex'"),
        (2, {"method": "horn"}, "one of tvl1, .* but got 'horn'"),
        (2, {"method": "dis", "tau": 0.1}, "but got 'tau'"),
    ),
)
def test_unfit_calls_are_refused(num_frames: int, options: dict[str, Plain], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        flow.sequence(np.zeros((num_frames, 32, 32), np.uint8), **options)  # type: ignore[arg-type]


def test_importing_loads_no_method() -> None:
    script = "import sys, preprocessing.steps.flow; assert not {'numba', 'cv2', 'torch', 'scipy'} & set(sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
