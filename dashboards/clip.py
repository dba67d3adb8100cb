"""Clip: one clip of the corpus, and what the networks that never saw its subject make of it.

Everything is about the fold in which the clip's subject was held out: the only one whose answer says something about the method.
"""

from collections.abc import Callable

import numpy as np

from dashboards import clip_figures as figures
from dashboards.clip_case import Case, Witness, case_of, hardest, shares_right
from dashboards.clip_images import images
from dashboards.page import Block, Callout, Choices, Column, Figure, Link, Page, Table, Text
from dashboards.sweep_view import SweepView

LEAD = "What the network that never saw this subject makes of one clip: what it was given, where and when it looks, and what it answers."
PREFERRED = ("nested", "inner_mean", "last_epoch", "oracle")
"""Whose network is examined if none is named: the first of these that scored the clip."""
ALL_CLIPS = "All clips"
Address = Callable[[str, str | None], str]
"""Where the page of a clip (key) by a rule is."""


def clip(view: SweepView, key: str | None = None, rule: str | None = None, *, address: Address) -> Page:
    """The page of one clip, by default the one that most settings miss; ``rule`` says whose network is examined.

    Raises:
        LookupError: the sweep has no such clip.
    """
    if not view.clips:
        text = "No fold has been trained yet: the first clips can be seen when the first trial has settled."
        return Page(name="clip", title="Clip", lead=LEAD, blocks=(Callout(text=text),))
    case = case_of(view, key or hardest(view))
    witness = case.witnesses.get(rule or "") or next((case.witnesses[name] for name in PREFERRED if name in case.witnesses), None)
    blocks: list[Block] = [*_choices(view, case, witness, address)]
    if witness is None:
        blocks.append(Callout(tone="warn", text=f"No trial has a record of the fold {case.fold} yet. Look again when one has settled."))
    else:
        blocks += [_verdict(case, witness), *_answers(case), *images(view.home, case.key, witness), *_curve(case, witness)]
    return Page(name="clip", title=f"Clip {case.key}", lead=LEAD, blocks=(*blocks, _all_clips(view, address)))


def _choices(view: SweepView, case: Case, witness: Witness | None, address: Address) -> list[Block]:
    """Links to the other clips of the fold, and to the networks of other rules."""
    beside = [clip.key for clip in view.clips if clip.fold == case.fold]
    rule = witness.rule if witness else None
    clips = tuple(Link(text=_short(key), url=address(key, rule)) for key in beside)
    blocks: list[Block] = [Choices(title=f"Clips of {case.fold}", links=clips, current=_short(case.key))]
    if witness is not None and len(case.witnesses) > 1:
        rules = tuple(Link(text=name, url=address(case.key, name)) for name in PREFERRED if name in case.witnesses)
        blocks.append(Choices(title="The network chosen by", links=rules, current=witness.rule))
    return blocks


def _all_clips(view: SweepView, address: Address) -> Table:
    rows = tuple(
        (Link(text=clip.key, url=address(clip.key, None)), view.header.classes[clip.truth], float(share))
        for clip, share in sorted(zip(view.clips, shares_right(view), strict=True), key=lambda pair: pair[0].key)
    )
    columns = ("clip", "class", Column(title="recognised by", form=".0%", hint="share of the settings that were tried"))
    return Table(title=ALL_CLIPS, columns=columns, rows=rows, folded=True)


def _short(key: str) -> str:
    """``casme2/sub17/EP01_02`` -> ``EP01_02``: the subject stands above."""
    return key.split("/", 2)[2]


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
