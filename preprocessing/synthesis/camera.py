"""Camera: the picture a corpus was filmed in, and how large the face is in it."""

from dataclasses import dataclass

REFERENCE_FACE_PX = 230
"""Width of the face (jaw to jaw) that displacements are given at: the face in CASME II's crops of 280x340."""


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Size of the images of a corpus and of the face in them, in pixels."""

    width: int
    height: int
    face_width: int
    """From ear to ear along the jaw (landmarks 0 to 16), before an identity's own scale of a few per cent."""
    colour: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.face_width <= self.width or self.height <= 0:
            raise ValueError(
                f"A camera must show the width of a face, but got a face of {self.face_width} in {self.width}x{self.height}. Enlarge it."
            )

    @property
    def scale(self) -> float:
        """Pixels of this camera per pixel at the reference face."""
        return self.face_width / REFERENCE_FACE_PX


CAMERAS = {
    "casme": Camera(width=640, height=480, face_width=158),
    "casme2": Camera(width=640, height=480, face_width=210),
    "smic": Camera(width=640, height=480, face_width=190),
    "samm": Camera(width=960, height=650, face_width=400, colour=False),
    "casme2_cropped": Camera(width=280, height=340, face_width=230),
    "mmew_cropped": Camera(width=231, height=231, face_width=170),
}
"""Cameras of the corpora, as far as their sizes are known. Faces are as large as suits dlib, whose detection boxes come in steps of a
fifth: in between, its box for Hopper is too large."""
