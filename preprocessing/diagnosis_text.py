"""Diagnosis text: a diagnosis for people. Grouped, at most so many lines a group, each group with what to do, the next command last."""

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

from preprocessing.counts import CountReport
from preprocessing.diagnosis import Diagnosis
from preprocessing.options import Plain
from preprocessing.patches import APPLIED
from preprocessing.survey import Kind, Problem

_MAX_SIZES = 4
_ABOUT: dict[Kind, tuple[str, str]] = {
    "path": ("names that leave the corpus folder", "Correct the sheet: nothing is read until then."),
    "same number": ("frame numbers that two files have", "Keep one file of each: nothing is read until then."),
    "duplicate": ("clips that occur twice", "Rows that differ are refused: keep one. Equal rows count once."),
    "label": ("rows and folders without a usable label", "Correct sheet or folder; until then the clip is left out or the corpus refused."),
    "no folder": ("clips whose folder is missing or closed", "Copy the folder from the archive again, or check --root and permissions."),
    "no frames": ("clips of which no frame is on disk", "Compare with the archive: sheet and images may be of different copies."),
    "range": ("clips whose onset and offset are no range", "See the corrections below, or correct the sheet."),
    "clip name": ("folders that are not named like clips", "Rename or move them."),
    "image": ("clips with images that cannot be decoded", "Copy these files from the archive again."),
    "image size": ("clips whose images differ in size", "Take each clip's images from one archive."),
    "missing frames": ("clips that lack single frames", "They are used with what is there. Copy the others if the archive has them."),
    "apex": ("apexes outside of onset and offset", "These clips count as without apex. See the corrections below."),
    "no apex": ("clips without apex", "Steps that need an apex spot it in the frames."),
    "number": ("cells that are no frame number", "They count as absent. Correct the sheet."),
    "sheet": ("sheet of no known variant", "Counts and corrections by row may not fit it. Compare it with the corpus' own sheet."),
    "emotion": ("emotions that no class scheme knows", "No experiment has them. Correct the spelling, or add it to classes.py."),
    "same image": ("clips that open with the same picture", "Look at them: a clip that lies under two names leaks between folds."),
    "unlabelled folder": ("folders without a row in the sheet", "They are left out. Known corpora have a few."),
}  # fmt: skip
"""Kind of problem -> what it is, and what to do."""


def text(diagnosis: Diagnosis, *, num_lines: int) -> str:
    """The whole report; at most ``num_lines`` entries a group."""
    return "\n".join(_lines(diagnosis, num_lines))


def _lines(diagnosis: Diagnosis, num_lines: int) -> Iterator[str]:
    yield f"{diagnosis.corpus}{f' at {diagnosis.root}' if diagnosis.root else ''}"
    if diagnosis.refusal:
        yield from ("", "cannot be read:", f"  {diagnosis.refusal}", "", _next(diagnosis))
        return
    yield from _facts(diagnosis)
    losses = [problem for problem in diagnosis.problems if problem.is_loss]
    warnings = [problem for problem in diagnosis.problems if not problem.is_loss]
    root = f"{diagnosis.root}{os.sep}"  # paths are told from there
    yield from _problems("problems that lose clips", losses, num_lines, root)
    yield from _problems("warnings", warnings, num_lines, root)
    yield from _corrections(diagnosis.survey.patches, num_lines)
    yield from _counts(diagnosis.counts, num_lines)
    if diagnosis.subsets:
        yield from ("", "what the papers' experiments will find")
    for subset in diagnosis.subsets:
        differences = subset.sample_set or ()
        yield f"  {subset}{'' if subset.complete or differences else '; not complete'}"
        lines = (f"    {difference.split(' (hash ')[0]}" for difference in differences)  # the hashes are in the JSON
        yield from _limited(lines, len(differences), num_lines)
    yield from ("", _next(diagnosis))


def _facts(diagnosis: Diagnosis) -> Iterator[str]:
    clips = diagnosis.survey.clips
    images = "not read (--no-images)" if diagnosis.images is None else _sizes(diagnosis.images)
    facts = {
        **dict(diagnosis.survey.facts), "subjects": str(len({clip.qualified_subject for clip in clips})),
        "clips": f"{len(clips)} labelled, {diagnosis.num_usable} usable", "decoded": images,
    }  # fmt: skip
    width = max(map(len, facts))
    yield from (f"  {name.ljust(width)}  {fact}" for name, fact in facts.items())


def _sizes(images: Mapping[str, int]) -> str:
    sizes = [f"{count} of {size}" for size, count in images.items()]
    more = [f"{len(sizes) - _MAX_SIZES} sizes more"] if len(sizes) > _MAX_SIZES else []
    return f"{sum(images.values())} images: {', '.join([*sizes[:_MAX_SIZES], *more]) or 'none'}"


def _problems(title: str, problems: Sequence[Problem], num_lines: int, root: str) -> Iterator[str]:
    if problems:
        yield from ("", f"{title} ({len(problems)})")
    for kind, (what, advice) in _ABOUT.items():
        of_kind = [problem for problem in problems if problem.kind == kind]
        if of_kind:
            yield f"  {what} ({len(of_kind)})"
            lines = (f"    {problem.where}: {problem.what}".replace(root, "") for problem in of_kind)
            yield from _limited(lines, len(of_kind), num_lines)
            yield f"    -> {advice}"


def _limited(lines: Iterable[str], count: int, num_lines: int) -> Iterator[str]:
    yield from list(lines)[:num_lines]
    if count > num_lines:
        yield f"    and {count - num_lines} more"


def _corrections(patches: Sequence[tuple[str, str]], num_lines: int) -> Iterator[str]:
    """Applied ones first, then the names of the others by what became of them; all can be left out by name."""
    if not patches:
        return
    applied = [f"    {name}: {outcome}" for name, outcome in patches if outcome.startswith(APPLIED)]
    yield from ("", f"published corrections of the sheet ({len(applied)} of {len(patches)} applied)")
    yield from _limited(applied, len(applied), num_lines)
    for other in dict.fromkeys(outcome for _, outcome in patches if not outcome.startswith(APPLIED)):
        names = [name for name, outcome in patches if outcome == other]
        more = [f"{len(names) - num_lines} more"] if len(names) > num_lines else []
        yield f"    {other}: {', '.join([*names[:num_lines], *more])}"
    yield "    -> Leave one out: --option skip_patches=NAME. Leave all out: --option patches=false."


def _counts(counts: Sequence[CountReport], num_lines: int) -> Iterator[str]:
    if counts:
        yield from ("", "counts by class scheme")
    for report in counts:
        verdict = "no counts are published" if report.published is None else f"the official {report.published} ({report.source})"
        if report.differences:
            verdict = f"not {verdict}"
        yield f"  {report.task.split('/')[1]}: {report.num_clips} clips, {len(report.subjects)} subjects; {verdict}"
        yield f"    {', '.join(f'{name} {count}' for name, count in report.classes.items())}"
        yield from _limited((f"    {difference}" for difference in report.differences), len(report.differences), num_lines)


def _next(diagnosis: Diagnosis) -> str:
    again = f"python -m preprocessing.doctor {_arguments(diagnosis)}"
    build = f"python -m preprocessing.build {_arguments(diagnosis)} --home ~/losotune"
    if not diagnosis.reads:
        return f"next: repair this, then look again: {again}"
    if not diagnosis.usable:
        return f"next: repair what loses clips and look again, or build without them: {build}"
    return f"next: {build}"


def _arguments(diagnosis: Diagnosis) -> str:
    root = [] if diagnosis.root is None else ["--root", shlex.quote(str(diagnosis.root))]
    options = [f"--option {shlex.quote(f'{name}={_spelled(value)}')}" for name, value in diagnosis.given.items()]
    return " ".join([diagnosis.corpus, *root, *options])


def _spelled(value: Plain) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
