import numpy as np

from preprocessing.corpora.synthetic import OPTIONS
from preprocessing.steps import synthetic_flow, synthetic_frames


def render(key: str = "smic/s01/surprise_01", emotion: str = "surprise", **how: int) -> np.ndarray:
    return synthetic_frames.render(OPTIONS, key, emotion, **{"num_frames": 9, "height": 64, "width": 64, **how})


def test_frames_are_a_pure_function_of_the_clip() -> None:
    assert np.array_equal(render(), render()) and render().dtype == np.uint8 and render().shape == (9, 64, 64)
    assert not np.array_equal(render(), render("smic/s01/surprise_02"))
    assert np.array_equal(render()[0], render("smic/s01/negative_01", "negative")[0])  # one face per subject
    assert not np.array_equal(render()[0], render("smic/s02/surprise_01")[0])
    assert np.array_equal(render(width=40), render()[:, :, 12:52])


def test_what_moves_is_where_motion_is_planted() -> None:
    frames = render().astype(float)
    flow = synthetic_flow.render(OPTIONS, "smic/s01/surprise_01", "surprise", 8, 64)
    apex = int(np.abs(flow).sum(axis=(1, 2, 3)).argmax())
    moved, speed = np.abs(frames[apex + 1] - frames[0]), np.hypot(*flow[apex])
    assert moved[speed > 1.5].mean() > 2 * moved[speed < 0.5].mean() > 0


def test_frames_follow_the_flow() -> None:
    """Where the flow is (u, v), the frame at x shows what the onset has at x - (u, v): the linear change is -(u, v) . gradient."""
    frames, flow = render().astype(float), synthetic_flow.render(OPTIONS, "smic/s01/surprise_01", "surprise", 8, 64)
    dy, dx = np.gradient(frames[0])
    expected = -(flow[0, 0] * dx + flow[0, 1] * dy)
    assert np.corrcoef(expected[2:-2, 2:-2].ravel(), (frames[1] - frames[0])[2:-2, 2:-2].ravel())[0, 1] > 0.9
