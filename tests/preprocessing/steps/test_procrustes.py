"""Least-squares maps against scikit-image and scikit-learn; the mean shape against shapes whose mean is known."""

import numpy as np
import pytest
import skimage.transform
from sklearn.linear_model import LinearRegression

from preprocessing.steps.alignment import model_face
from preprocessing.steps.landmarks import eyes
from preprocessing.steps.procrustes import affine, mean_shape, similarity
from tests.preprocessing.steps.photographs import NAMES, face, moved


@pytest.mark.parametrize("name", NAMES)
def test_maps_are_those_of_libraries(name: str) -> None:
    points, values = model_face(), face(name)
    wanted = skimage.transform.SimilarityTransform.from_estimate(points, values)(points)
    assert np.allclose(moved(points, similarity(points, values)), wanted, atol=1e-9)
    assert np.allclose(moved(points, affine(points, values)), LinearRegression().fit(points, values).predict(points), atol=1e-9)


def test_a_similarity_never_mirrors() -> None:
    """Mirrored points are met by the best rotation instead."""
    points = model_face()
    wanted = skimage.transform.SimilarityTransform.from_estimate(points, points * [-1, 1])
    matrix = similarity(points, points * [-1, 1])
    assert np.linalg.det(matrix[:, :2]) > 0 and np.allclose(matrix, wanted.params[:2], atol=1e-9)


def test_points_that_coincide_are_refused() -> None:
    with pytest.raises(ValueError, match="must differ to be aligned, but got 68 at"):
        similarity(np.ones((68, 2)), model_face())


def test_the_mean_shape_forgets_size_place_and_roll() -> None:
    rng = np.random.default_rng(0)
    base = model_face()
    shapes = []
    for _ in range(8):
        angle, scale, shift = rng.uniform(-0.3, 0.3), rng.uniform(30, 200), rng.uniform(0, 900, 2)
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shapes.append(moved(base, np.column_stack([turn, shift])))
    assert np.allclose(mean_shape(np.stack(shapes)), base, atol=1e-9)


def test_the_mean_shape_is_the_mean_and_any_order_gives_it() -> None:
    rng = np.random.default_rng(0)
    shapes = np.stack([100 * (model_face() + rng.normal(0, 0.05, (68, 2))) for _ in range(40)])
    got = mean_shape(shapes)
    assert np.abs(got - model_face()).mean() < 0.012  # .05 / sqrt(40) = .008
    assert np.allclose(mean_shape(shapes[::-1]), got, atol=1e-8)
    left, right = eyes(got)
    assert left == pytest.approx([-0.5, 0]) and right == pytest.approx([0.5, 0])
