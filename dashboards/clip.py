"""Clip: one clip of the corpus, and what the networks that never saw its subject make of it.

Everything is about the fold in which the clip's subject was held out: the only one whose answer says something about the method.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dashboards import clip_figures as figures
from dashboards.clip_network import Examined, examine
from dashboards.clip_sources import Source, face_frames, trained_on, with_flow
from dashboards.page import Block, Callout, Choices, Column, Figure, Page, Table, Text
from orchestrator.attention_figures import flow_colours, overlay
from orchestrator.ledger import FoldRecord

LEAD = "What the network that never saw this subject makes of one clip: what it was given, where and when it looks, and what it answers."
PREFERRED = ("nested", "inner_mean", "last_epoch", "oracle")
"""Whose network is examined if none is named: the first of these that scored the clip."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Witness:
    """The setting that a rule chose for the clip's fold, and its record there."""

    rule: str
    honest: bool
    trial: int
    epoch: int
    record: FoldRecord

    def probabilities(self, key: str) -> np.ndarray:
        """(K,) of the clip at the chosen epoch."""
        curve: np.ndarray = self.record.held_out.probabilities[self.record.epochs.index(self.epoch), self.record.held_out.keys.index(key)]
        return curve


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A clip, its witnesses, and how all settings of the sweep answered."""

    sweep: str
    classes: tuple[str, ...]
    key: str
    fold: str
    witnesses: Mapping[str, Witness]
    """By rule."""
    answers: np.ndarray
    """(N,) class indices, one per setting that held this clip out; empty where none is known."""

    @property
    def truth(self) -> int:
        record = next(iter(self.witnesses.values())).record
        return int(record.held_out.truth[record.held_out.keys.index(self.key)])


def clip(home: Path, case: Case, *, rule: str | None = None, choices: Sequence[Choices] = ()) -> Page:
    """The page of one clip; ``rule`` says whose network is examined, ``choices`` lead to other clips and rules."""
    witness = case.witnesses[rule or next(name for name in PREFERRED if name in case.witnesses)]
    blocks: list[Block] = [*choices, _verdict(case, witness), *_answers(case)]
    try:
        source = trained_on(home, witness.record, case.key)
    except ValueError as error:
        blocks.append(Callout(tone="warn", title="No images", text=str(error)))
    else:
        examined = examine(home, witness.record, case.key, source.tensor)
        blocks += [*_given(home, source, examined, witness), *_attention(examined, witness), *_numbers(source, examined)]
    blocks += [*_curve(case, witness)]
    return Page(name="clip", title=f"Clip {case.key}", lead=LEAD, blocks=tuple(blocks))


def _verdict(case: Case, witness: Witness) -> Callout:
    probabilities = witness.probabilities(case.key)
    predicted, truth = int(probabilities.argmax()), case.truth
    right = predicted == truth
    text = (
        f"The sheet says {case.classes[truth]}; the network of trial {witness.trial} (rule {witness.rule}, epoch {witness.epoch}), trained "
        f"without subject {case.fold}, says {case.classes[predicted]} with probability {probabilities[predicted]:.2f}."
    )
    if len(case.answers) > 1:
        correct = int((case.answers == truth).sum())
        text += f" Of the {len(case.answers)} settings that were tried on this fold, {correct} recognise it."
    if not witness.honest:
        text += " This rule chose by looking at held-out clips or fitted something on them: it explains, it does not measure."
    return Callout(tone="good" if right else "bad", title="Recognised" if right else "Not recognised", text=text)


def _answers(case: Case) -> list[Block]:
    """Every rule's answer, and all settings' answers."""
    found = {name: case.witnesses[name].probabilities(case.key) for name in PREFERRED if name in case.witnesses}
    rows = tuple(
        (name, "yes" if case.witnesses[name].honest else "NO", case.witnesses[name].trial, case.witnesses[name].epoch,
         case.classes[int(each.argmax())], "yes" if int(each.argmax()) == case.truth else "no", *map(float, each))
        for name, each in found.items()
    )  # fmt: skip
    heads = ("rule", Column(title="honest", hint="no held-out clip had a part in the choice"), "trial", "epoch", "answer", "right")
    probabilities = tuple(Column(title=f"p({name})", form=".3f") for name in case.classes)
    blocks: list[Block] = [
        Table(title="The answer by each rule", columns=(*heads, *probabilities), rows=rows),
        Figure(
            figure=figures.answers(list(found), list(found.values()), case.classes, case.truth),
            caption=f"Probabilities by the setting of each rule, for the fold that holds {case.fold} out; the true class is "
            f"{case.classes[case.truth]}.",
        ),
    ]
    if len(case.answers) > 1:
        counts = np.bincount(case.answers, minlength=len(case.classes))
        shares = tuple((name, int(count), float(count / len(case.answers))) for name, count in zip(case.classes, counts, strict=True))
        columns = ("answer", "settings", Column(title="share", form=".1%"))
        blocks.append(Table(title="The answer by every setting", columns=columns, rows=shares, folded=True))
    return blocks


def _given(home: Path, source: Source, examined: Examined, witness: Witness) -> list[Block]:
    """What the network was given, over time, with what it made of it below."""
    rows, notes = _rows(home, source, examined)
    if not rows:
        return [Text(title="Images", text=" ".join(notes))]
    names = ", then ".join(row.name.replace("<br>", " ") for row in rows)
    caption = f"{source.row.key} by the pipeline {source.manifest['pipeline']} ({source.manifest['units']}); from above: {names}."
    if len(rows[0].images) == 1:
        caption = caption.replace("from above", "from left to right")
    blocks: list[Block] = [Figure(title="What it was given, and where it looks", figure=figures.strip(rows), caption=caption)]
    if epoch_note := _epoch_note(examined, witness):
        notes.append(epoch_note)
    return [*blocks, *([Text(text="\n\n".join(notes))] if notes else [])]


def _epoch_note(examined: Examined, witness: Witness) -> str:
    if examined.probabilities is None or witness.epoch == witness.record.epochs[-1]:
        return ""
    return (
        f"Attention and saliency are those of the last epoch, {witness.record.epochs[-1]}: weights of epoch {witness.epoch} are not kept."
    )


def _rows(home: Path, source: Source, examined: Examined) -> tuple[list[figures.Row], list[str]]:
    """The lines of the strip, and why others are missing."""
    rows, notes = [], []
    frames = face_frames(home, source)
    if frames is not None:
        rows.append(figures.Row("face", np.asarray(frames)))
    if source.pictures is not None:
        rows.append(figures.Row("input", source.pictures))
    if not rows:
        notes.append(_no_frames(source))
    moving = with_flow(home, source)
    if moving is None or moving.flow is None:
        notes.append(f"No flow: the pipeline {source.manifest['pipeline']} makes none, and no other build in {home / 'shards'} has it.")
    else:
        rows += _motion(moving, source, examined)
    if examined.saliency is not None:
        rows.append(figures.Row("saliency", figures.heat(examined.saliency)))
    notes += [f"No {part}: {reason}" for part, reason in _reasons(examined).items()]
    return rows, notes


def _reasons(examined: Examined) -> dict[str, str]:
    """Part -> why it is missing; where there is no network at all, once."""
    if "network" in examined.missing:
        return {"attention and no saliency": examined.missing["network"]}
    return dict(examined.missing)


def _no_frames(source: Source) -> str:
    if not source.provenance["frames"]:
        return "No frames: the clips of this corpus are rendered as tensors, there was never a video."
    if len(source.provenance["frames"]) == 1:
        return "No frames: the corpus is distributed as one flow image per clip."
    corpus = source.manifest["corpus"]
    return (
        "No frames: HOME/intermediates, where builds keep the faces, has none of this clip (it may have been removed, or the pipeline keeps "
        f"none). A build makes them again: python -m preprocessing.build {corpus} --root DIR, after removing its shards."
    )


def _motion(moving: Source, source: Source, examined: Examined) -> list[figures.Row]:
    """Flow, and the mask over it, in the network's own view where it is known."""
    flow = moving.flow
    assert flow is not None
    if moving is source and examined.seen is not None and examined.seen.shape[0] == len(flow):
        places = [source.channels.index("u"), source.channels.index("v")]
        flow = examined.seen[:, places]
        if source.tensor.dtype == np.uint8:
            flow = flow - np.median(flow, axis=(2, 3), keepdims=True)
    colours = flow_colours(flow)
    rows = [figures.Row("flow", _to_bytes(colours))]
    if examined.mask is not None and len(examined.mask) == len(colours):
        rows.append(figures.Row("attention<br>over flow", _to_bytes(overlay(colours, examined.mask[:, None]))))
    return rows


def _attention(examined: Examined, witness: Witness) -> list[Block]:
    """Temporal weights, and the spatial mask as numbers."""
    blocks: list[Block] = []
    if examined.temporal is not None:
        caption = (
            f"Temporal attention of trial {witness.trial}: image {int(examined.temporal.argmax()) + 1} of {len(examined.temporal)} counts "
            "most. Dashed: what each would weigh if all counted alike."
        )
        blocks.append(Figure(title="When it looks", figure=figures.weights(examined.temporal), caption=caption))
    if examined.mask is not None:
        mean = examined.mask.mean(0)
        caption = (
            f"Spatial attention, mean over channels and images: {mean.shape[1]} x {mean.shape[0]} cells between {mean.min():.3f} and "
            f"{mean.max():.3f}. In the strip it is stretched to its own range: read here how much it varies at all."
        )
        figure = figures.arrays([("attention", mean)])
        blocks.append(Figure(title="Where it looks", figure=figure, caption=caption))
    return blocks


def _numbers(source: Source, examined: Examined) -> list[Block]:
    """The input as numbers: channels of the image that moves most, or a descriptor's values."""
    if source.images is None:
        if source.tensor.ndim != 1:
            return []
        caption = f"The {len(source.tensor)} numbers that the classifier sees ({source.manifest['units']})."
        return [Figure(title="The descriptor", figure=figures.descriptor(source.tensor), caption=caption)]
    images = examined.seen if examined.seen is not None else source.images.astype(np.float32)
    strongest = int(np.abs(images - np.median(images, axis=(2, 3), keepdims=True)).mean((1, 2, 3)).argmax())
    names = [(name, images[strongest, place]) for place, name in enumerate(source.channels)]
    which = f"image {strongest + 1} of {len(images)}, the one that differs most from rest" if len(images) > 1 else "its one image"
    caption = f"The channels of {which}: {source.manifest['units']}."
    return [Figure(title="The input as numbers", figure=figures.arrays(names[:4]), caption=caption)]


def _curve(case: Case, witness: Witness) -> list[Block]:
    record = witness.record
    if len(record.epochs) == 1:
        text = "The record has one evaluation: a network that fits itself has no epochs, and a recipe may score its last epoch only."
        return [Text(title="While it was trained", text=text)]
    probabilities = record.held_out.probabilities[:, record.held_out.keys.index(case.key)]
    caption = (
        f"Probabilities of this held-out clip while trial {witness.trial} was trained without its subject; dashed: epoch {witness.epoch}, "
        f"which {witness.rule} reads. Nothing was chosen by this curve, unless the rule is oracle."
    )
    figure = figures.epochs(record.epochs, probabilities, case.classes, case.truth, witness.epoch)
    return [Figure(title="While it was trained", figure=figure, caption=caption)]


def _to_bytes(images: np.ndarray) -> np.ndarray:
    """RGB in [0, 1] -> uint8."""
    return np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)
