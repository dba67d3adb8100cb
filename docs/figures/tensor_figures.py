"""Figures of the last steps: STRCN-A's mask, ten crop."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from docs.figures.material import Scale, clip, frames, person
from docs.figures.style import ORANGE, sheet, show
from preprocessing.steps import alignment
from preprocessing.steps import strcn_mask as masking
from preprocessing.steps import ten_crop as cropping
from preprocessing.steps.landmarks import landmarks
from preprocessing.steps.magnification import magnify
from preprocessing.steps.resampling import resized
from preprocessing.synthesis import clips, faces

_PEOPLE = (("sub01", "happiness"), ("sub02", "surprise"), ("sub03", "disgust"), ("sub04", "repression"))


def strcn_mask(scale: Scale) -> Figure:
    """What moves in four clips, and the pixels that are kept: by the paper, without the last person, by the released code."""
    magnified = [_magnified(subject, emotion, scale) for subject, emotion in _PEOPLE]
    energies = [masking.clip_energy(stack) for stack in magnified]
    everyone, others = masking.mask(energies), masking.mask(energies[:-1])
    chosen = {"dataset": everyone, f"train_fold, without {_PEOPLE[-1][0]}": others, "released code, 75 %": masking.released_mask(energies)}
    faces_ = [resized(stack[:1], masking.SIZE)[0] for stack in magnified[-2:]]
    figure, axes = sheet(2, 4, 4.6)
    for row, face, (subject, emotion), energy in zip(axes, faces_, _PEOPLE[-2:], energies[-2:], strict=True):
        show(row[0], energy, f"energy of {subject}\n{emotion}", cmap="magma", vmin=0, vmax=energy.max())
        for panel, (name, kept) in zip(row[1:], chosen.items(), strict=True):
            show(panel, np.where(kept[..., None], face, face // 4), f"{name}\n{int(kept.sum())} pixels")
    changed = int((everyone & ~others).sum())
    figure.suptitle(f"{changed} of {int(everyone.sum())} pixels change when the held-out person is left out", fontsize=9)
    return figure


def _magnified(subject: str, emotion: str, scale: Scale) -> np.ndarray:
    """A clip's aligned and magnified faces, as STRCN-A has them: RGB (T, H, W, 3)."""
    shown = clip(subject, emotion, amplitude_px=1.0, num_frames=max(scale.num_frames // 4, 4))
    filmed, size = frames(shown, scale.camera), (scale.camera.height * 280 // 340, scale.camera.width * 230 // 280)
    model = alignment.place(alignment.model_face(), size)
    warp = alignment.fit(landmarks(filmed[0], where=shown.key), model, method="local_weighted_mean")
    return magnify(warp.apply(filmed, size), alpha=8.0)


def ten_crop(scale: Scale) -> Figure:
    """A static image with its five windows, and the ten crops."""
    image = clips.render_static(faces.identity("casme2", person("collins")), "image", "happiness")
    figure, axes = sheet(2, 6, 3.1)
    show(axes[0, 0], image, "48 x 48")
    for x, y in cropping.OFFSETS:
        window = Rectangle((x - 0.5, y - 0.5), cropping.CROP, cropping.CROP, fill=False, edgecolor=ORANGE, linewidth=1)
        axes[0, 0].add_patch(window)
    show(axes[1, 0], cropping.centre_crop(image)[0], "centre alone")
    for at, crop in enumerate(cropping.ten_crop(image)[:, 0]):
        row, column = divmod(at, 5)
        show(axes[row, column + 1], crop, f"{at}: {cropping.OFFSETS[column]}{', mirrored' if row else ''}")
    return figure
