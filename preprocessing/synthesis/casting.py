"""Casting: which clips a synthetic corpus has. As many per subject and class as published, names of our own beside the few known ones."""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence

from preprocessing.classes import scheme
from preprocessing.corpora.megc2019 import SCHEMES
from preprocessing.counts import published_counts
from preprocessing.synthesis.plan import PlannedClip, Settings

Known = Mapping[str, Collection[str]]
"""File name -> the emotions that it may have; none: any."""


def interleaved(counts: Mapping[str, int]) -> list[str]:
    """Each name as often as it counts, evenly spread."""
    return [name for _, name in sorted(((at + 0.5) / count, name) for name, count in counts.items() for at in range(count))]


def per_subject(task: str) -> dict[str, dict[str, int]]:
    """Subject -> class -> published number of clips of a task, ``casme2/casme2_5``."""
    published = published_counts(*task.split("/"))
    return {
        subject.split("/")[1]: {name: count for name, count in zip(published["classes"], numbers, strict=True) if count}
        for subject, numbers in published["subjects"].items()
    }


def dealt(sizes: Sequence[int], emotions: Mapping[str, int], rare: Mapping[str, int]) -> list[list[str]]:
    """Emotions for subjects with that many clips each, where it is not published who has which.

    ``rare`` ones go to the largest subjects, one each in turn, so that no small subject has nothing else.
    """
    hands: list[list[str]] = [[] for _ in sizes]
    order = sorted(range(len(sizes)), key=lambda at: (-sizes[at], at))
    for number, emotion in enumerate(interleaved(rare)):
        hands[order[number % max(1, len(order) // 2)]].append(emotion)
    deck = interleaved(emotions)
    for at, hand in enumerate(hands):
        num_wanted = sizes[at] - len(hand)
        hand += deck[:num_wanted]
        deck = deck[num_wanted:]
    return hands


def named(emotions: Sequence[str], known: Sequence[Known], made_up: Callable[[int], str], where: str) -> list[tuple[str, str]]:
    """(file name, emotion) of one subject's clips, sorted: known names first come, first served, made-up ones for the rest."""
    left, found = list(emotions), dict[str, str]()
    for names in known:
        for name, allowed in sorted(names.items()):
            if name in found:
                continue
            emotion = next((e for e in left if not allowed or e in allowed), None)
            if emotion is None:
                raise ValueError(
                    f"Names must fit the published counts, but {where} has no clip left that is {' or '.join(sorted(allowed)) or 'any'} "
                    f"for '{name}'. Check the list of names."
                )
            left.remove(emotion)
            found[name] = emotion
    fresh = (name for number in range(10**4) if (name := made_up(number)) not in found)
    return sorted({**found, **dict(zip(fresh, left, strict=False))}.items())


def clips(corpus: str, cast: Mapping[str, Sequence[tuple[str, str]]]) -> list[PlannedClip]:
    """Subject -> (file name, emotion) as clips, in that order."""
    return [
        PlannedClip(corpus=corpus, subject=subject, filename=name, emotion=emotion)
        for subject, names in cast.items()
        for name, emotion in names
    ]


def reduced(planned: Sequence[PlannedClip], settings: Settings) -> list[PlannedClip]:
    """As many subjects and clips as wanted, in the order of the sheet: those that show another quirk first, then the largest subjects."""
    groups: dict[str, list[PlannedClip]] = {}
    for clip in planned:
        groups.setdefault(clip.subject, []).append(clip)
    left, seen, order = sorted(groups, key=lambda subject: (-len(groups[subject]), subject)), {""}, list[str]()
    while left and len(order) < (settings.subjects or len(groups)):
        order.append(max(left, key=lambda subject: len({clip.quirk for clip in groups[subject]} - seen)))
        seen |= {clip.quirk for clip in groups[order[-1]]}
        left.remove(order[-1])
    kept = {clip.key for subject in order for clip in _chosen(groups[subject], settings.clips_per_subject)}
    return [clip for clip in planned if clip.key in kept]


def _chosen(group: Sequence[PlannedClip], limit: int) -> list[PlannedClip]:
    """A subject's clips: unlabelled folders besides, one of each quirk first, then one of each class in turn, micro before macro."""
    seen, turns = {""}, dict[tuple[str, bool], int]()
    ranked = []
    for clip in (clip for clip in group if clip.has_row):
        is_macro = clip.amplitude_px is not None
        turns[clip.emotion, is_macro] = turn = turns.get((clip.emotion, is_macro), -1) + 1
        ranked.append((clip.quirk in seen, turn, is_macro, clip.key, clip))
        seen.add(clip.quirk)
    chosen = [clip for *_, clip in sorted(ranked, key=lambda entry: entry[:4])]
    return [*chosen[: limit or None], *(clip for clip in group if not clip.has_row)]


def without_frame(clip: PlannedClip, count: int = 1, quirk: str = "a frame is missing") -> PlannedClip:
    """The clip without ``count`` frames, none of them onset, apex or offset, as far as it has others."""
    spare = [n for n in range(clip.onset + 1, clip.offset) if n != clip.apex]
    missing = tuple(spare[(at + 1) * len(spare) // (count + 1)] for at in range(count)) if len(spare) > count else ()
    return dataclasses.replace(clip, missing=missing, quirk=quirk if missing else clip.quirk)


def given(settings: Settings, corpus: str, subject: str) -> Known:
    """What the list of official names says of a subject: clip -> emotions that belong to its class."""
    merged, classes = scheme(SCHEMES[corpus]), scheme("megc3")
    own = [(clip, label) for name, other, clip, label in settings.names if name == corpus and digits(other) == digits(subject)]
    return {clip: [emotion for emotion in merged.emotions if merged.index(emotion) == classes.index(label)] for clip, label in own}


def check_subjects(settings: Settings, corpus: str, subjects: Collection[str]) -> None:
    """A list of official names must not name a subject that the corpus does not have."""
    known = set(map(digits, subjects))
    unknown = sorted({subject for name, subject, *_ in settings.names if name == corpus and digits(subject) not in known})
    if unknown:
        raise ValueError(f"Names must be of subjects that {corpus} has, but the list has {', '.join(unknown)}. Check the list of names.")


def digits(text: str) -> int:
    """The number in a name: ``sub07`` -> 7."""
    return int("".join(filter(str.isdigit, text)))
