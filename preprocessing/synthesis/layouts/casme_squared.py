"""CAS(ME)^2: a sheet without header, participants 1 to 22 in folders s15 to s40, videos named by a stimulus' code, a stray folder in s19.

Published: 57 micro- and 300 macro-expressions, names of folders and stimuli. Ours: who has which, emotions, lengths, the face's size.
Of a long video only the frames around its expressions are on disk.
"""

import dataclasses
from collections import Counter
from collections.abc import Sequence

from preprocessing.corpora.casme_squared import CODES, FOLDERS
from preprocessing.synthesis.assembly import Pictures, assembled, facs
from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.casting import digits, interleaved, reduced
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings
from preprocessing.synthesis.takes import Take
from preprocessing.synthesis.timing import Lengths, in_sequence, timed
from preprocessing.synthesis.workbook import Cell, xlsx

VARIANTS = ("final",)
IMAGES = ("raw", "cropped")
LENGTHS = {
    "micro": Lengths(mean=12.0, sd=2.5, shortest=5, longest=16),
    "macro": Lengths(mean=45.0, sd=20.0, shortest=17, longest=117),
}
STIMULI = {
    "disgust1": "disgustingteeth", "disgust2": "eatingworms", "anger1": "girlcrashing", "anger2": "beatingpregnantwoman",
    "happy1": "funnyerrors", "happy2": "unnyfarting", "happy3": "funnyinnovations", "happy4": "climbingthewall", "happy5": "funnydunkey",
}  # fmt: skip
_NUM_MICRO, _NUM_MACRO = 57, 300
_MACRO_PX = (3.0, 8.0)
_OTHERS_EVERY, _SURPRISE_EVERY, _NO_OFFSET_EVERY, _NO_APEX_EVERY = 7, 11, 40, 50
_STRAY = ("s23", "rawpic/s19/23_0502funnyerrors", "img{n:03d}.jpg")  # another subject's video among those of s19
CAMERA = Camera(width=640, height=480, face_width=200)


def _video(clip: PlannedClip) -> str:
    return f"rawpic/{clip.subject}/{digits(clip.subject)}_{CODES[clip.video]}{STIMULI[clip.video]}"


PICTURES = {
    "raw": Pictures(camera=CAMERA, folder=_video, file_name="img{n:03d}.jpg", margin=3),
    "cropped": Pictures(
        camera=Camera(width=170, height=210, face_width=140), folder=lambda clip: f"cropped/{digits(clip.subject)}/{clip.filename}",
        file_name="img{n}.jpg",
    ),
}  # fmt: skip


def plan(settings: Settings) -> Plan:
    """The corpus, micro- and macro-expressions."""
    rows = [_odd(clip, row) for row, clip in enumerate(in_sequence(_timed(_cast(settings), settings), gap=12))]
    kept = reduced(rows, settings)
    found = assembled(
        settings, kept, PICTURES, files={"CAS(ME)^2code_final(Updated).xlsx": _sheet(kept)}, options={"expressions": "all"},
        notes=(
            "Who shows which expression, emotions and lengths are assumed.",
            "Of a long video only the frames around its expressions are on disk.",
        ),
    )  # fmt: skip
    stray = [_stray(found)] if any(clip.subject == "s19" for clip in kept) and "casme_squared raw" in found.cameras else []
    return dataclasses.replace(found, units=(*found.units, *stray))


def _cast(settings: Settings) -> list[PlannedClip]:
    """All rows of the sheet; macro-expressions have an amplitude of their own."""
    rows = []
    for at, folder in enumerate(FOLDERS):
        shares = [total // len(FOLDERS) + (at < total % len(FOLDERS)) for total in (_NUM_MICRO, _NUM_MACRO)]
        videos: Counter[str] = Counter()
        for number, kind in enumerate(interleaved(dict(zip(LENGTHS, shares, strict=True)))):
            video = list(STIMULI)[(at + 1 + number) % len(STIMULI)]
            videos[video] += 1
            clip = PlannedClip(
                corpus="casme_squared", subject=f"s{folder}", filename=f"{video}_{videos[video]}", video=video,
                emotion=_emotion(video, number),
            )  # fmt: skip
            amplitude = round(float(settings.rng("macro", clip.key).uniform(*_MACRO_PX)), 3) if kind == "macro" else None
            rows.append(dataclasses.replace(clip, amplitude_px=amplitude))
    return rows


def _emotion(video: str, number: int) -> str:
    if number % _SURPRISE_EVERY == _SURPRISE_EVERY - 1:
        return "surprise"
    if number % _OTHERS_EVERY == _OTHERS_EVERY - 1:
        return "others"
    return "positive" if video.startswith("happy") else "negative"


def _timed(rows: Sequence[PlannedClip], settings: Settings) -> list[PlannedClip]:
    return [
        timed([clip], LENGTHS["micro" if clip.amplitude_px is None else "macro"], settings, first=lambda clip: (1, 300))[0] for clip in rows
    ]


def _odd(clip: PlannedClip, row: int) -> PlannedClip:
    """0 for a number that is missing in the sheet: an offset takes the apex' place."""
    if row % _NO_OFFSET_EVERY == 1:
        return dataclasses.replace(clip, cells={"offset": "0"}, quirk="the sheet has the offset as 0")
    if row % _NO_APEX_EVERY == 2:
        return dataclasses.replace(clip, cells={"apex": "0"}, quirk="the sheet has the apex as 0")
    return clip


def _stray(plan: Plan) -> Take:
    subject, folder, file_name = _STRAY
    clip = PlannedClip(corpus="casme_squared", subject=subject, filename="stray", emotion="positive", onset=1, apex=3, offset=5)
    return Take(folder=folder, file_name=file_name, camera=plan.cameras["casme_squared raw"], clips=(clip,), numbers=clip.numbers)


def _sheet(kept: Sequence[PlannedClip]) -> bytes:
    rows: list[list[Cell]] = [
        [
            FOLDERS.index(digits(clip.subject)) + 1, clip.filename, clip.cell("onset"), clip.cell("apex"), clip.cell("offset"), facs(clip),
            clip.emotion, "micro-expression" if clip.amplitude_px is None else "macro-expression", clip.video.rstrip("12345"),
        ]
        for clip in kept
    ]  # fmt: skip
    participants: list[list[Cell]] = [[at, f"s{folder}"] for at, folder in enumerate(FOLDERS, start=1)]
    stimuli: list[list[Cell]] = [[video, f"{CODES[video]}{name}"] for video, name in STIMULI.items()]
    return xlsx({"CASMEcode_final": rows, "naming rule1": participants, "naming rule2": stimuli})
