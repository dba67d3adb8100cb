"""The annotated picture shows what there is, and the answer always."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from orchestrator import annotated
from orchestrator.annotated import Pictures
from orchestrator.prediction import Answer, Look

CLASSES = ("negative", "positive", "surprise")
RNG = np.random.default_rng(0)
ANSWER = Answer(probabilities=np.array([0.2, 0.7, 0.1]), folds=RNG.dirichlet((1, 1, 1), size=6))


def pictures(num_images: int, *, frames: bool = True, flow: bool = True) -> Pictures:
    moments = annotated.moments(num_images)
    faces = RNG.integers(0, 256, (len(moments), 20, 16, 3), dtype=np.uint8) if frames else None
    vectors = RNG.normal(size=(len(moments), 2, 20, 16)) if flow else None
    return Pictures(moments=moments, frames=faces, flow=vectors, flow_name="flow", is_seen=True)


@pytest.mark.parametrize(
    ("shown", "look", "num_images"),
    [
        (pictures(19), Look(kind="attention", where=RNG.random((19, 4, 4)), when=np.full(19, 1 / 19)), 3 * 8),
        (pictures(1), Look(kind="saliency", where=RNG.random((1, 20, 16)), when=None), 3),
        (pictures(1, frames=False, flow=False), Look(kind="saliency", where=RNG.random((1, 20, 16)), when=None), 1),
        (pictures(1), Look(kind="saliency", where=None, when=None), 2),
        (pictures(1, frames=False, flow=False), Look(kind="saliency", where=None, when=None), 0),
    ],
)
def test_every_kind_of_image_is_drawn_at_every_moment(shown: Pictures, look: Look, num_images: int) -> None:
    figure = annotated.draw(shown, look, ANSWER, CLASSES, title="smile.mp4: positive", where_name=look.kind)
    assert sum(bool(axes.images) for axes in figure.axes) == num_images
    answer = figure.axes[-1]
    assert [label.get_text() for label in answer.get_yticklabels()] == list(CLASSES)
    assert "6 fold models" in answer.get_xlabel() and len(figure.axes) == num_images + 1 + (look.when is not None)


def test_a_map_is_laid_over_the_face_only_where_that_is_what_the_network_sees() -> None:
    look = Look(kind="saliency", where=np.ones((1, 20, 16)), when=None)
    for is_seen in (True, False):
        shown = dataclasses.replace(pictures(1), is_seen=is_seen)
        figure = annotated.draw(shown, look, ANSWER, CLASSES, title="", where_name="saliency")
        laid = np.asarray(figure.axes[2].images[0].get_array())
        assert (laid.std() > 0.01) == is_seen, "of one strength everywhere, it is the face itself, or nothing but gray"


def test_wild_vectors_do_not_pale_the_others() -> None:
    flow = np.ones((1, 2, 20, 20))
    flow[0, :, 0, 0] = 100
    assert np.hypot(*annotated._shortened(flow)[0]).max() == pytest.approx(np.sqrt(2))


def test_without_fold_models_it_says_so_and_is_written(tmp_path: Path) -> None:
    alone = Answer(probabilities=ANSWER.probabilities, folds=np.zeros((0, 3)))
    look = Look(kind="saliency", where=None, when=None)
    annotated.save(tmp_path / "new" / "picture.png", pictures(1), look, alone, CLASSES, title="", where_name="")
    assert np.std(np.asarray(cv2.imread(str(tmp_path / "new" / "picture.png")))) > 10
    assert "no fold models" in annotated.draw(pictures(1), look, alone, CLASSES, title="", where_name="").axes[-1].get_xlabel()
    assert alone.agreeing == 0 and ANSWER.agreeing == int((ANSWER.folds.argmax(1) == 1).sum())
