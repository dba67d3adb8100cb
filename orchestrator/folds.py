"""Folds: which clips train, validate and test. Leave-one-subject-out (LOSO), composite LOSO, leave-videos-out (LOVO) and fixed splits.

Only indices are produced here; nothing is trained or read. Three rules hold in every protocol: copies of a clip never leave its fold,
copies are never scored, and inner validation is grouped by subject."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from search_spaces.recipe import Protocol

ALL = "all"
"""The name of the fold that trains on every subject and holds out nobody: the refit that is shipped."""


@dataclass(frozen=True, kw_only=True)
class LabelledClip:
    """What folds need to know of a clip; its position in the list is its index."""

    key: str
    subject: str
    """Qualified: ``casme2/sub17``."""
    label: int
    split: str = ""
    copy_of: str = ""

    @property
    def source(self) -> str:
        return self.copy_of or self.key


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Clip indices of one fold. ``inner`` and ``held_out`` hold no copies; the three share no clip and no copy of a clip."""

    name: str
    train: tuple[int, ...]
    inner: tuple[int, ...]
    held_out: tuple[int, ...]


def make_folds(clips: Sequence[LabelledClip], protocol: Protocol, *, seed: int) -> tuple[Fold, ...]:
    """All folds of a protocol, in the order of their names."""
    if protocol.kind == "fixed":
        return (_fixed(clips, protocol, seed),)
    if protocol.kind == "lovo":
        groups = _lovo_groups(clips, protocol.num_folds, seed)
    else:
        groups = _by(clips, "subject")
        _at_least(len(groups), 2, "subjects", protocol.kind)
    dealt = _deal_subjects(clips, protocol.num_inner, seed)
    return tuple(_fold(name, set(indices), clips, dealt, position) for position, (name, indices) in enumerate(sorted(groups.items())))


def refit_fold(clips: Sequence[LabelledClip]) -> Fold:
    """Training on every subject."""
    return Fold(name=ALL, train=tuple(range(len(clips))), inner=(), held_out=())


def _fold(name: str, held: set[int], clips: Sequence[LabelledClip], dealt: list[set[str]], position: int) -> Fold:
    held_sources = {clips[i].source for i in held}
    rest = [i for i in range(len(clips)) if i not in held and clips[i].source not in held_sources]
    inner_subjects = _inner_subjects({clips[i].subject for i in held}, dealt, position)
    inner = [i for i in rest if clips[i].subject in inner_subjects]
    train = [i for i in rest if clips[i].subject not in inner_subjects]
    if not train:
        raise ValueError(
            f"A fold must have training clips, but holding out '{name}' leaves none. Use a corpus with more subjects or num_inner=0."
        )
    return Fold(name=name, train=tuple(train), inner=_originals(inner, clips), held_out=_originals(sorted(held), clips))


def _inner_subjects(held: set[str], dealt: list[set[str]], position: int) -> set[str]:
    """The fold's inner validation subjects: one dealt group, taken in turn among those that do not contain the held-out subject.

    Where clips are held out instead (LOVO), every group may contain them; their other clips validate.
    """
    candidates = [group for group in dealt if not group & held] or dealt
    return candidates[position % len(candidates)] if candidates else set()


def _deal_subjects(clips: Sequence[LabelledClip], num_groups: int, seed: int) -> list[set[str]]:
    """Subjects dealt into groups of about equal clip counts: largest first, each to the smallest group; ties by a seeded shuffle."""
    if num_groups == 0:
        return []
    subjects = [(subject, len(indices)) for subject, indices in sorted(_by(clips, "subject").items())]
    random.Random(seed).shuffle(subjects)
    subjects.sort(key=lambda item: -item[1])
    groups: list[set[str]] = [set() for _ in range(num_groups)]
    sizes = [0] * num_groups
    for subject, size in subjects:
        smallest = sizes.index(min(sizes))
        groups[smallest].add(subject)
        sizes[smallest] += size
    return [group for group in groups if group]


def _lovo_groups(clips: Sequence[LabelledClip], num_folds: int, seed: int) -> dict[str, list[int]]:
    """Source clips dealt at random into folds; a copy follows its source."""
    sources = sorted({clip.source for clip in clips})
    _at_least(len(sources), num_folds, "clips", "lovo")
    random.Random(seed).shuffle(sources)
    fold_of = {source: position % num_folds for position, source in enumerate(sources)}
    groups: dict[str, list[int]] = defaultdict(list)
    for index, clip in enumerate(clips):
        groups[f"part{fold_of[clip.source]:02d}"].append(index)
    return groups


def _fixed(clips: Sequence[LabelledClip], protocol: Protocol, seed: int) -> Fold:
    splits = _by(clips, "split")
    unknown = sorted(set(splits) - {"train", "validation", "test"})
    if unknown or not {"train", "test"} <= set(splits):
        raise ValueError(
            "A fixed protocol needs clips of the splits 'train' and 'test' (and maybe 'validation'), "
            f"but got {sorted(splits)}. Use protocol 'loso'."
        )
    test, validation = set(splits["test"]), set(splits.get("validation", ()))
    if not validation:
        return _fold("test", test, clips, _deal_subjects([clips[i] for i in splits["train"]], protocol.num_inner, seed), 0)
    scored = {clips[i].source for i in test | validation}
    train = [i for i in splits["train"] if clips[i].source not in scored]
    return Fold(name="test", train=tuple(train), inner=_originals(sorted(validation), clips), held_out=_originals(sorted(test), clips))


def _by(clips: Sequence[LabelledClip], attribute: str) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for index, clip in enumerate(clips):
        groups[getattr(clip, attribute)].append(index)
    return groups


def _originals(indices: Iterable[int], clips: Sequence[LabelledClip]) -> tuple[int, ...]:
    return tuple(i for i in indices if not clips[i].copy_of)


def _at_least(number: int, least: int, what: str, protocol: str) -> None:
    if number < least:
        raise ValueError(
            f"Protocol '{protocol}' needs at least {least} {what}, but the corpus has {number}. Check it: python -m preprocessing.build"
        )
