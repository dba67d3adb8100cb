import numpy as np
import pytest

from preprocessing.steps.landmark_model import mean_face
from preprocessing.synthesis.actions import EMOTIONS, action_units
from preprocessing.synthesis.motion import Field, course, field, forward

FACE = mean_face() * 300 + 40  # a face of about 280 pixels
EXPRESSIONS = sorted(set(EMOTIONS) - {"neutral"})


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def grid(size: int = 400) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(size, dtype=float)[None, :], np.arange(size, dtype=float)[:, None]


@pytest.mark.parametrize("emotion", EXPRESSIONS)
def test_a_field_has_its_peak_and_nothing_outside_its_box(emotion: str) -> None:
    found = field(emotion, FACE, 2.0, rng())
    length = np.linalg.norm(found.at(*grid()), axis=0)
    assert length.max() == pytest.approx(2.0, rel=2e-3)
    rows, columns = found.box(400, 400)
    inside = length[rows, columns].copy()
    assert inside.max() == length.max()
    length[rows, columns] = 0
    assert (length == 0).all() and inside.size < 0.7 * length.size


def test_actions_move_what_they_are_named_for() -> None:
    """Happiness pulls the lip corners up and apart, surprise raises the brows, sadness lowers the lip corners; v points down."""

    def at(emotion: str, landmark: int) -> np.ndarray:
        x, y = FACE[landmark]
        return field(emotion, FACE, 1.0, rng()).at(np.array([x]), np.array([y]))[:, 0]

    (left_u, left_v), (right_u, right_v) = at("happiness", 48), at("happiness", 54)
    assert left_u < -0.2 < 0.2 < right_u and left_v < -0.2 and right_v < -0.2
    assert at("surprise", 19)[1] < -0.3 and at("surprise", 24)[1] < -0.3 and np.abs(at("surprise", 57)).max() == 0
    assert at("others", 21)[1] > 0.3 and at("others", 21)[0] > 0.1 and at("others", 22)[0] < -0.1
    assert at("sadness", 48)[1] > 0.3 and at("sadness", 54)[1] > 0.3


def test_emotions_of_a_corpus_move_the_face_differently() -> None:
    for corpus in (("happiness", "surprise", "disgust", "repression", "others"), ("tense", "disgust", "repression", "surprise"),
                   ("anger", "contempt", "happiness", "surprise", "Other"), ("negative", "positive", "surprise")):  # fmt: skip
        fields = np.stack([field(emotion, FACE, 1.0, rng()).at(*grid()).ravel() for emotion in corpus])
        fields /= np.linalg.norm(fields, axis=1, keepdims=True)
        assert (fields @ fields.T - np.eye(len(corpus))).max() < 0.7, corpus  # anger and Other share the lowered brow


def test_clips_of_an_emotion_differ_a_little() -> None:
    first, second = (field("happiness", FACE, 1.0, rng(seed)).at(*grid()) for seed in (1, 2))
    similarity = (first * second).sum() / np.linalg.norm(first) / np.linalg.norm(second)
    assert 0.9 < similarity < 0.9999


def test_contempt_shows_on_one_side_and_a_neutral_face_not_at_all() -> None:
    moved = field("contempt", FACE, 1.0, rng()).at(FACE[[48, 54], 0], FACE[[48, 54], 1])
    assert sorted(np.linalg.norm(moved, axis=0) > 0) == [False, True]
    still = field("neutral", FACE, 1.0, rng())
    assert (still.at(*grid()) == 0).all() and still.box(400, 400) == (slice(0, 0), slice(0, 0))


@pytest.mark.parametrize("peak_px", [0.2, 2.0, 12.0])
def test_forward_flow_leads_back_to_where_the_field_is_given(peak_px: float) -> None:
    found = field("negative", FACE, peak_px, rng())
    x, y = np.meshgrid(*(np.arange(0, 400, 5, dtype=float),) * 2)
    flow = forward(found, x, y)
    assert np.abs(flow - found.at(x + flow[0], y + flow[1])).max() < 1e-4
    assert np.abs(flow - found.at(x, y)).max() > 1e-3 * peak_px  # they are not the same field


def test_a_field_that_folds_the_face_is_refused() -> None:
    with pytest.raises(ValueError, match="Lower its amplitude"):
        forward(Field(np.array([[50.0, 50.0]]), np.array([20.0]), np.array([[40.0, 0.0]])), *np.meshgrid(*(np.arange(100.0),) * 2))


@pytest.mark.parametrize(("num_frames", "apex"), [(68, 34), (68, 10), (24, 20), (12, 11), (2, 1)])
def test_the_course_is_a_bell_from_onset_to_offset(num_frames: int, apex: int) -> None:
    found = course(num_frames, apex)
    assert found[0] == pytest.approx(0, abs=1e-12) and found[apex] == 1 and found.argmax() == apex
    assert (np.diff(found[: apex + 1]) > 0).all() and (np.diff(found[apex:]) < 0).all()
    assert apex == num_frames - 1 or found[-1] == pytest.approx(0, abs=1e-12)


def test_spellings_of_all_corpora_are_known() -> None:
    assert action_units("Other") == action_units("others") == (4,)
    assert action_units("Happiness") == action_units("happy") == (6, 12)
    with pytest.raises(ValueError, match="but got 'bored'"):
        action_units("bored")
