from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from preprocessing.steps.landmarks import landmarks as find
from preprocessing.synthesis import drawing, faces, shape
from preprocessing.synthesis.camera import CAMERAS, Camera
from preprocessing.synthesis.faces import Identity, identity
from preprocessing.synthesis.photographs import PHOTOGRAPHS, photograph

SMALL = Camera(width=160, height=120, face_width=60)


def seen(person: Identity, camera: Camera) -> np.ndarray:
    return np.rint(drawing.at_rest(person, camera).image).astype(np.uint8)


def test_an_identity_is_decided_by_corpus_subject_and_seed() -> None:
    assert identity("casme2", "sub01") == identity("casme2", "sub01", 0)
    others = [identity("casme2", "sub02"), identity("samm", "sub01"), identity("casme2", "sub01", 1)]
    assert len({identity("casme2", "sub01"), *others}) == 4
    first = drawing._drawn(identity("casme2", "sub01"), SMALL, drawing._Grid(0, 0, 160, 120, 1))
    assert np.array_equal(first, drawing._drawn(identity("casme2", "sub01"), SMALL, drawing._Grid(0, 0, 160, 120, 1)))


def test_identities_use_both_photographs_and_both_sides() -> None:
    people = [identity("casme2", f"sub{number:02d}") for number in range(60)]
    assert {(person.photo, person.mirror) for person in people} == {(photo, side) for photo in PHOTOGRAPHS for side in (False, True)}


@pytest.mark.parametrize("photo", sorted(PHOTOGRAPHS))
def test_people_differ_far_more_than_frames_of_one(photo: str) -> None:
    """Even with one photograph, one pose and one backdrop: by shape, skin and light."""
    same: dict[str, Any] = {
        "photo": photo,
        "mirror": False,
        "roll_degrees": 0.0,
        "scale": 1.0,
        "shift": (0.0, 0.0),
        "backdrop": (1.0, 1.0, 1.0),
    }
    people = [replace(identity("samm", str(number)), **same) for number in range(4)]
    images = [seen(person, SMALL)[35:85, 55:105].astype(float) for person in people]
    points = [faces.landmarks(person, SMALL) / SMALL.face_width for person in people]
    for i in range(len(people)):
        for j in range(i):
            assert np.abs(images[i] - images[j]).mean() > 5  # noise within one: 1
            assert np.linalg.norm(points[i] - points[j], axis=1).max() > 0.03 * faces._PLIANCY[photo]


def test_the_fine_grid_holds_the_pixels_of_the_camera() -> None:
    rest = drawing.at_rest(identity("smic", "s1"), SMALL)
    assert rest.image.shape == (120, 160, 3) and rest.image.dtype == rest.fine.dtype == np.float32
    assert np.array_equal(rest.fine[:: drawing.OVERSAMPLING, :: drawing.OVERSAMPLING], rest.image[rest.rows, rest.columns])
    assert not rest.image.flags.writeable and 0 <= rest.image.min() and rest.image.max() <= 250


def test_a_camera_without_colour_sees_grey() -> None:
    grey = drawing.at_rest(identity("samm", "006"), replace(SMALL, colour=False)).image
    assert grey.shape == (120, 160) and grey.std() > 10


@pytest.mark.parametrize("photo", sorted(PHOTOGRAPHS))
def test_shapes_can_be_inverted_at_the_limits_of_every_trait(photo: str) -> None:
    points = photograph(photo).landmarks
    rng = np.random.Generator(np.random.PCG64(0))
    for signs in rng.choice([-1.0, 1.0], (20, len(shape.TRAITS))):
        amounts = tuple((signs * list(shape.TRAITS.values())).tolist())
        moved = shape.invert(amounts, points, points)
        dx, dy = shape.displacement(amounts, points, moved[:, 0], moved[:, 1])
        assert np.abs(moved + np.stack([dx, dy], axis=1) - points).max() < 1e-6
        assert np.abs(moved - points).max() < 0.2


def test_mirrored_faces_are_mirror_images() -> None:
    person = replace(identity("casme2", "sub01"), shape=(0.0,) * len(shape.TRAITS), roll_degrees=0.0, shift=(0.0, 0.0), light=(0.0, 0.0))
    one, other = (seen(replace(person, mirror=side), SMALL).astype(float) for side in (False, True))
    assert np.abs(one - other[:, ::-1]).mean() < 4 < np.abs(one - other).mean()  # the skin's texture is not mirrored


@pytest.mark.parametrize("name", ["casme2", "smic", "samm"])
@pytest.mark.parametrize("photo", sorted(PHOTOGRAPHS))
def test_dlib_finds_the_landmarks_where_they_are(photo: str, name: str) -> None:
    camera = CAMERAS[name]
    for number in range(2):
        person = replace(identity(name, f"t{number}"), photo=photo)
        image = drawing._drawn(person, camera, drawing._Grid(0, 0, camera.width, camera.height, 1)).astype(np.uint8)
        distance = np.linalg.norm(find(image, where=f"{photo}/{number}") - faces.landmarks(person, camera), axis=1) / camera.face_width
        assert distance.shape == (68,) and np.median(distance) < 0.05


def test_a_camera_that_shows_no_whole_face_is_refused() -> None:
    with pytest.raises(ValueError, match="but got a face of 300 in 200x400"):
        Camera(width=200, height=400, face_width=300)
