from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from preprocessing.steps.flow_opencv import dis
from preprocessing.synthesis import clips
from preprocessing.synthesis.camera import CAMERAS, Camera
from preprocessing.synthesis.clips import SyntheticClip, make_clip, render, true_flow
from preprocessing.synthesis.faces import identity

FACE = CAMERAS["casme2_cropped"]
GREY = replace(FACE, colour=False)
PERSON = identity("casme2", "sub01")


def clip_of(emotion: str = "happiness", *, amplitude_px: float = 1.0, noise: float = 0.0, name: str = "EP01_01") -> SyntheticClip:
    return make_clip(PERSON, name, emotion, num_frames=9, apex=4, amplitude_px=amplitude_px, noise=noise)


def moving(flow: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(flow, axis=0)
    return np.asarray(length > 0.1 * length.max())


def root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def test_frames_have_the_size_of_the_camera_and_equal_bytes_every_time() -> None:
    clip = clip_of(noise=1.0)
    stack = render(clip, FACE)
    assert stack.shape == (9, 340, 280, 3) and stack.dtype == np.uint8
    assert np.array_equal(stack, render(clip, FACE))
    assert render(clip, GREY).shape == (9, 340, 280)
    assert not np.array_equal(stack, render(clip_of(noise=1.0, name="EP01_02"), FACE))


def test_amplitudes_are_drawn_between_their_limits_once_per_clip() -> None:
    drawn = [make_clip(PERSON, f"EP{i}", "disgust", num_frames=9, apex=4).amplitude_px for i in range(50)]
    assert 0.2 <= min(drawn) < 0.5 and 1.6 < max(drawn) <= 2.0
    assert drawn[0] == make_clip(PERSON, "EP0", "happiness", num_frames=60, apex=4).amplitude_px


@pytest.mark.parametrize("camera", [FACE, Camera(width=160, height=200, face_width=115)])
def test_true_flow_has_the_amplitude_of_the_clip_and_its_course(camera: Camera) -> None:
    clip = clip_of(amplitude_px=1.5)
    peaks = [np.linalg.norm(true_flow(clip, camera, frame), axis=0).max() for frame in range(9)]
    assert true_flow(clip, camera, 4).dtype == np.float32 and true_flow(clip, camera, 4).shape == (2, camera.height, camera.width)
    assert peaks[4] == pytest.approx(1.5 * camera.scale, rel=0.01)
    assert peaks[0] == 0 and peaks[8] < 1e-6 and np.argmax(peaks) == 4


@pytest.mark.parametrize(("emotion", "amplitude_px"), [("happiness", 0.2), ("surprise", 1.0), ("disgust", 2.0), ("repression", 2.0)])
def test_the_apex_followed_back_by_true_flow_is_the_onset(emotion: str, amplitude_px: float) -> None:
    """Without noise what is left is rounding to 8 bits twice (.29 grey levels each, one of them interpolated) and interpolation."""
    clip = clip_of(emotion, amplitude_px=amplitude_px)
    frames, flow = render(clip, GREY).astype(float), true_flow(clip, GREY, 4)
    y, x = np.mgrid[: GREY.height, : GREY.width].astype(float)
    followed = map_coordinates(frames[4], [y + flow[1], x + flow[0]], order=5, mode="nearest")
    region = moving(flow)
    left = root_mean_square((followed - frames[0])[region])
    assert left < 0.6
    assert root_mean_square((frames[4] - frames[0])[region]) > 1.3 * left
    wrong = map_coordinates(frames[4], [y - flow[1], x - flow[0]], order=5, mode="nearest")  # the opposite sign
    assert root_mean_square((wrong - frames[0])[region]) > 1.5 * left


def test_pixels_outside_the_moving_region_keep_still() -> None:
    frames, flow = render(clip_of("surprise", amplitude_px=2.0), FACE), true_flow(clip_of("surprise", amplitude_px=2.0), FACE, 4)
    still = (flow == 0).all(axis=0)
    assert still.mean() > 0.3 and np.array_equal(frames[0][still], frames[4][still])
    assert np.array_equal(frames[0], frames[8])


def test_noise_is_gaussian_and_independent_between_frames() -> None:
    still = make_clip(PERSON, "rest", "neutral", num_frames=4, apex=1, noise=2.0)
    frames = render(still, FACE)[:, :, :, 1].astype(float)
    differences = frames[1:] - frames[:1]
    assert differences.std() == pytest.approx(np.sqrt(2 * (2.0**2 + 1 / 12)), rel=0.03)
    noise = frames - frames.mean(0)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1] + 1 / 3) < 0.02  # as independent draws against their own mean


@pytest.mark.parametrize("emotion", ["happiness", "surprise", "disgust", "others"])
def test_flow_methods_see_the_motion(emotion: str) -> None:
    """DIS, with its defaults, errs by less than a third of what an answer of zero does."""
    clip = clip_of(emotion, amplitude_px=1.5, noise=1.0)
    frames, flow = render(clip, GREY), true_flow(clip, GREY, 4)
    found = dis(frames[0], frames[4])
    region = moving(flow)
    error = np.linalg.norm(found - flow, axis=0)[region].mean()
    assert error < np.linalg.norm(flow, axis=0)[region].mean() / 3


def test_static_images_show_posed_expressions() -> None:
    neutral, happy = (clips.render_static(PERSON, "1", emotion).astype(float) for emotion in ("neutral", "happy"))
    assert neutral.shape == (48, 48) and neutral.std() > 15
    assert np.abs(neutral - happy).max() > 15
    assert np.array_equal(happy, clips.render_static(PERSON, "1", "happiness"))
    assert clips.render_static(PERSON, "2", "happy").dtype == np.uint8


def test_what_a_clip_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="but got frame 9 of 9 for 'casme2/sub01/EP'"):
        make_clip(PERSON, "EP", "happiness", num_frames=9, apex=9)
    with pytest.raises(ValueError, match="but got 'bored'"):
        make_clip(PERSON, "EP", "bored", num_frames=9, apex=4)


def test_action_units_are_written_as_in_sheets() -> None:
    assert clip_of("happiness").action_units == "6+12" and clip_of("neutral").action_units == ""
