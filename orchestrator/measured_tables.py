"""What was measured as Markdown: reproductions with honest and oracle scores side by side, then searches."""

from collections.abc import Sequence

import search_spaces
from orchestrator.measured import Measured, Value
from orchestrator.published_tables import as_printed, decimal, table
from search_spaces.published import targets

COMMAND = "    python -m orchestrator.reproduce --all --corpus {} --root DIR --home HOME --seeds {}"
REPRODUCED = """\
Means over seeds, printed numbers in brackets. The spread is of UF1 between seeds; the interval is the first seed's, from a bootstrap over
subjects.
"""
SEARCHED = """\
`python -m orchestrator.sweep`: `last_epoch` is here the paper's setting as the search trains it, without the inner subjects; the gain is
`nested` less that. What the oracle adds to `nested` is not skill.
"""


def section(known: Sequence[Measured]) -> str:
    """A section per corpus variant; nothing where nothing was measured."""
    variants = dict.fromkeys(entry.variant for entry in known)
    return "\n".join(_variant(variant, [entry for entry in known if entry.variant == variant]) for variant in variants)


def _variant(variant: str, entries: Sequence[Measured]) -> str:
    runs = [entry for entry in entries if entry.kind == "reproduced"]
    searches = [entry for entry in entries if entry.kind == "searched"]
    parts = [f"## Measured on `{variant}`\n"]
    if runs:
        corpora = sorted({value.corpus for entry in runs for value in entry.values} - {"all"})
        parts += [COMMAND.format(variant, max(len(entry.seeds) for entry in runs)), "", REPRODUCED]
        parts += [table([_whole(entry, rule) for entry in runs for rule in _rules(entry)]), ""]
        if corpora:
            parts += ["By source corpus:", "", table([_parts(entry, rule, corpora) for entry in runs for rule in _rules(entry)]), ""]
        parts += ["Measured with:", "", table([_origin(entry) for entry in runs]), ""]
    if searches:
        parts += [f"### Searched on `{variant}`\n", SEARCHED, table([_search(entry) for entry in searches]), ""]
    return "\n".join(parts)


def _whole(entry: Measured, rule: str) -> dict[str, str]:
    uf1, printed = _get(entry, rule, "uf1"), _printed(entry, "uf1", "all")
    return {
        "system": f"`{entry.system}`",
        "rule": rule,
        "honest": "yes" if uf1.honest else "NO",
        "UF1": _cell(entry, rule, "uf1"),
        "95 % interval": _interval(uf1),
        "spread": decimal(uf1.spread) if len(entry.seeds) > 1 else "-",
        "UAR": _cell(entry, rule, "uar"),
        "accuracy": _cell(entry, rule, "accuracy"),
        "UF1 less printed": decimal(None if printed is None else uf1.mean - printed, "+"),
    }


def _parts(entry: Measured, rule: str, corpora: Sequence[str]) -> dict[str, str]:
    names = {"uf1": "UF1", "uar": "UAR"}
    cells = {f"{corpus} {name}": _cell(entry, rule, metric, corpus) for corpus in corpora for metric, name in names.items()}
    return {"system": f"`{entry.system}`", "rule": rule, **cells}


def _origin(entry: Measured) -> dict[str, str]:
    return {
        "system": f"`{entry.system}`",
        "seeds": ", ".join(map(str, entry.seeds)),
        "clips": str(entry.num_clips),
        "folds": str(entry.num_folds),
        "data digest": entry.data_digest,
        "code version": entry.code_version,
    }


def _search(entry: Measured) -> dict[str, str]:
    nested, oracle, paper = _get(entry, "nested", "uf1"), _get(entry, "oracle", "uf1"), entry.value("last_epoch", "uf1")
    return {
        "system": f"`{entry.system}`",
        "settings": str(entry.num_trials),
        "sampler": entry.sampler,
        "seed": ", ".join(map(str, entry.seeds)),
        "`last_epoch` UF1": decimal(paper.mean if paper else None),
        "`nested` UF1": decimal(nested.mean),
        "95 % interval": _interval(nested),
        "gain": decimal(nested.mean - paper.mean if paper else None, "+"),
        "`oracle` UF1": decimal(oracle.mean),
        "oracle less nested": decimal(oracle.mean - nested.mean, "+"),
    }


def _cell(entry: Measured, rule: str, metric: str, corpus: str = "all") -> str:
    printed = _printed(entry, metric, corpus)
    return decimal(_get(entry, rule, metric, corpus).mean) + ("" if printed is None else f" ({as_printed(printed)})")


def _rules(entry: Measured) -> list[str]:
    return list(dict.fromkeys(value.rule for value in entry.values))


def _get(entry: Measured, rule: str, metric: str, corpus: str = "all") -> Value:
    found = entry.value(rule, metric, corpus)
    if found is None:
        raise ValueError(f"A measured rule must have every metric, but {'/'.join(entry.key)} lacks {rule}/{corpus}/{metric}. Run it again.")
    return found


def _printed(entry: Measured, metric: str, corpus: str) -> float | None:
    """What the tables print, before what was recomputed."""
    recipe, _ = search_spaces.load(entry.system, entry.variant)
    return next((target.value for target in targets(recipe) if (target.metric, target.corpus) == (metric, corpus)), None)


def _interval(value: Value) -> str:
    return "-" if value.low is None else f"{decimal(value.low)} to {decimal(value.high)}"
