"""Run a registered model on new clips: find the face, run the registered pipeline, print probabilities and the fold models' spread.

A clip is a video file (also a webcam's), a folder of numbered frames, or, for models of flow images, one image. MODEL is a registered name
(its champion), NAME/3, NAME@challenger, or models:/NAME@champion. Exit codes: 0 all clips answered; 1 some were not.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator import console

if TYPE_CHECKING:
    from orchestrator.clip_source import Span
    from orchestrator.prediction import Answer, Version

EXAMPLES = (
    "python -m orchestrator.predict stanet smile.mp4 --out predictions",
    "python -m orchestrator.predict stanet/3 webcam.webm --onset 45 --offset 60",
    "python -m orchestrator.predict models:/stanet@champion CASME2/sub01/EP02_01f --fps 200 --json",
    "python -m orchestrator.predict ststnet flow_image.png       a model that reads flow images",
)
SERVICE_PORT = 5001


def main(arguments: Sequence[str] | None = None) -> int:
    parser = console.parser(str(__doc__), examples=EXAMPLES, flags=("home", "tracking-uri", "json"))
    parser.add_argument("model", metavar="MODEL", help="NAME, NAME/VERSION, NAME@ALIAS or models:/...")
    parser.add_argument("clips", metavar="CLIP", nargs="+", type=console.absolute, help="video file, folder of frames, or image")
    parser.add_argument("--onset", type=int, metavar="N", help="first frame of the expression (default: the clip's first)")
    parser.add_argument("--apex", type=int, metavar="N", help="its frame of most motion (default: spotted)")
    parser.add_argument("--offset", type=int, metavar="N", help="its last frame (default: the clip's last)")
    parser.add_argument("--fps", type=float, metavar="N", help="frames per second, where the clip does not tell or tells wrongly")
    parser.add_argument("--out", type=console.absolute, metavar="DIR", help="write an annotated picture of each clip into DIR")
    options = parser.parse_args(arguments)

    from orchestrator import prediction, registry  # torch and MLflow take seconds to import: not for --help
    from orchestrator.clip_source import Span
    from orchestrator.tracking import Tracker

    span = Span(onset=options.onset, apex=options.apex, offset=options.offset)
    name, number = reference(options.model)
    tracker = Tracker.existing(options.tracking_uri, options.home)
    found = registry.resolve(tracker, name, number or registry.CHAMPION)
    told, pictures = [], picture_names(options.clips)
    with registry.folder(tracker, found) as path:
        version = prediction.open_version(path, f"{found.name}/{found.version}")
        for clip in options.clips:
            try:
                picture = None if options.out is None else options.out / pictures[clip]
                one = predict(version, clip, span, fps=options.fps, picture=picture)
            except (ValueError, OSError) as error:
                one = {"clip": str(clip), "error": console.explain(error)}
            told.append(one)
            _tell(one, version.classes, as_json=options.json)
    scores = {metric: float(found.tags.get(f"nested.{metric}", "nan")) for metric in ("uf1", "uar")}
    service = _service(name, str(found.version), options.home, options.tracking_uri)
    if options.json:
        about = {"version": version.label, "corpus": found.tags["corpus"], "nested": scores, "service": service}
        console.emit({"model": about, "clips": told})
    else:
        people = f"on {found.tags['corpus']}, each person left out of the training that scored them"
        console.say(f"{version.label}: nested UF1 {scores['uf1']:.3f}, UAR {scores['uar']:.3f} {people}")
        console.say(f"as a service: {service}")
    return 1 if any("error" in one for one in told) else 0


def reference(text: str) -> tuple[str, str]:
    """(name, version or alias, empty for the champion) of NAME, NAME/3, NAME@alias and their models:/ forms."""
    plain = text.removeprefix("models:/").strip("/")
    name, _, number = plain.partition("@") if "@" in plain else plain.partition("/")
    if not name or (plain != name and not number):
        raise ValueError(f"A model must be NAME, NAME/VERSION, NAME@ALIAS or models:/..., but got '{text}'. Correct it: stanet@champion.")
    return name, number


def picture_names(clips: Sequence[Path]) -> dict[Path, str]:
    """A file name for each clip's picture: the clip's, with its folder's before it where several clips have one name."""
    names = [clip.name for clip in clips]
    return {clip: f"{clip.parent.name}_{clip.name}.png" if names.count(clip.name) > 1 else f"{clip.name}.png" for clip in clips}


def predict(version: "Version", path: Path, span: "Span", *, fps: float | None = None, picture: Path | None = None) -> dict[str, Any]:
    """A version's answer to one clip, as plain values; ``picture`` is where to draw it.

    Raises:
        ValueError: the clip cannot be read, or is not one that the version can judge.
    """
    from orchestrator import clip_input, prediction

    with tempfile.TemporaryDirectory(prefix="losotune-clip-") as scratch:
        made = clip_input.prepare(version, path, span, fps=fps, scratch=Path(scratch))
        batch = prediction.batch_of(version, made.tensor)
        answer = prediction.answer(version, batch)
        if picture is not None:
            _annotate(version, made, batch, answer, picture)
    clip = made.clip
    return {
        "clip": str(path),
        "num_frames": len(clip.frames),
        "fps": clip.fps,
        **{name: getattr(clip, name) for name in ("onset", "apex", "offset")},
        **_described(version.classes, answer),
        "notes": list(made.notes),
        "picture": None if picture is None else str(picture),
    }


def _described(classes: tuple[str, ...], answer: "Answer") -> dict[str, Any]:
    predicted = int(answer.probabilities.argmax())
    probabilities = {name: float(value) for name, value in zip(classes, answer.probabilities, strict=True)}
    spread = {}
    if len(answer.folds):
        quantiles = np.quantile(answer.folds, (0, 0.25, 0.5, 0.75, 1), axis=0)
        names = ("least", "quarter", "median", "three_quarters", "most")
        spread = {kind: dict(zip(names, map(float, quantiles[:, at]), strict=True)) for at, kind in enumerate(classes)}
    folds = {"num": len(answer.folds), "agree": answer.agreeing, "spread": spread}
    return {"predicted": classes[predicted], "probabilities": probabilities, "fold_models": folds}


def _annotate(version: "Version", made: Any, batch: np.ndarray, answer: "Answer", path: Path) -> None:
    from orchestrator import annotated, clip_pictures, prediction

    look = prediction.look(version, batch)
    pictures = clip_pictures.pictures(version, made, batch, 1 if look.where is None else len(look.where))
    predicted = version.classes[int(answer.probabilities.argmax())]
    title = f"{made.clip.filename}: {predicted} ({version.label})"
    annotated.save(path, pictures, look, answer, version.classes, title=title, where_name=look.kind)


def _service(name: str, number: str, home: Path, tracking_uri: str | None) -> str:
    """How to serve the version over HTTP, by MLflow alone."""
    uri = tracking_uri or f"sqlite:///{home / 'mlflow.db'}"
    return (
        f"MLFLOW_TRACKING_URI={uri} mlflow models serve -m models:/{name}/{number} --env-manager local --host 127.0.0.1 "
        f"--port {SERVICE_PORT}, "
        f"then POST {{'inputs': [clip tensor]}} to http://127.0.0.1:{SERVICE_PORT}/invocations"
    )


def _tell(one: dict[str, Any], classes: tuple[str, ...], *, as_json: bool) -> None:
    if "error" in one:
        console.fail(f"{one['clip']}: {one['error']}")
        return
    if as_json:
        return
    folds = one["fold_models"]
    columns = ["class", "probability", *(["fold models: least", "quarter", "median", "three quarters", "most"] if folds["num"] else [])]
    rows = [[kind, one["probabilities"][kind], *folds["spread"].get(kind, {}).values()] for kind in classes]
    rate = "" if one["fps"] is None else f" at {one['fps']:g} frames per second"
    apex = "" if one["apex"] is None else f", apex {one['apex']}"
    console.say(f"{one['clip']}: {one['num_frames']} frame{'' if one['num_frames'] == 1 else 's'}{rate}{apex}")
    console.print_table(columns, rows)
    agree = f"{folds['agree']} of {folds['num']} fold models agree" if folds["num"] else "its fold models were not kept: no spread"
    console.say(f"{one['predicted']}; {agree}")
    for note in one["notes"]:
        console.say(f"note: {note}")
    if one["picture"]:
        console.say(f"look at {one['picture']}")


if __name__ == "__main__":
    sys.exit(console.run(main))
