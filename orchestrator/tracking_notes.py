"""Tracking notes: a sweep in plain words (Markdown), as it stands at the top of its MLflow run."""

from collections.abc import Sequence

from orchestrator import metrics
from orchestrator.results import SweepResult
from orchestrator.selection import Score, gap
from search_spaces.published import targets
from search_spaces.recipe import HONEST_STAGES, Recipe

LEAKS = "**Leaks:** a stage is fitted on all subjects (`feature_stage: shared`); these scores can never be promoted."
RULES = {
    "nested": "for each held-out subject, the setting best on that fold's inner subjects. **The number to publish.**",
    "inner_mean": "one setting for everyone, chosen on inner subjects. The model to ship.",
    "last_epoch": "the paper's setting, last epoch, nothing chosen.",
    "oracle": "chosen on held-out subjects. It only explains published numbers and is no estimate of anything.",
}
COLUMNS = ("rule", "honest", "UF1 (95 % interval over subjects)", "UAR", "accuracy")


def note(sweep: SweepResult, recipe: Recipe, scores: Sequence[Score]) -> str:
    """What was done, how it came out (once that is known), and how to read it."""
    honest = recipe.protocol.feature_stage in HONEST_STAGES
    parts = [_title(sweep, recipe), *([] if honest else [LEAKS]), *_outcome(sweep, scores), _published(recipe), _reading()]
    return "\n\n".join(parts) + "\n"


def _title(sweep: SweepResult, recipe: Recipe) -> str:
    clips = f"{sweep.tags['num_clips']} clips, " if "num_clips" in sweep.tags else ""
    return (
        f"**{sweep.model} on {sweep.corpus}**: settings around {recipe.paper}, each scored under {recipe.protocol.kind} "
        f"({clips}{len(sweep.fold_names)} folds; classes {', '.join(sweep.classes)}; data `{sweep.data_digest[:12]}`, seed {sweep.seed})."
        "\n\n"
        "Trial 0 is the paper's own setting. Each child run is one setting over all folds; its name says what differs from the paper."
    )


def _outcome(sweep: SweepResult, scores: Sequence[Score]) -> list[str]:
    if not scores:
        return ["No scores yet: they are written when all trials have ended."]
    states = [trial.state for trial in sweep.trials]
    counts = ", ".join(f"{states.count(state)} {state}" for state in ("complete", "pruned", "failed") if state in states)
    rows = [_row(score) for score in scores]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (COLUMNS, ["---"] * len(COLUMNS), *rows))
    by_rule = {score.rule: score for score in scores}
    said = [gap(by_rule).sentence] if {"nested", "oracle"} <= set(by_rule) else []
    return [f"{len(states)} trials: {counts}.", table, *said]


def _row(score: Score) -> list[str]:
    low, high = metrics.interval(score.predictions, "uf1")
    shown = f"{score.value():.4f} ({low:.3f} to {high:.3f})" if low == low else f"{score.value():.4f}"
    return [f"`{score.rule}`", "yes" if score.honest else "**NO**", shown, f"{score.value('uar'):.4f}", f"{score.value('accuracy'):.4f}"]


def _published(recipe: Recipe) -> str:
    rows = [f"- {t.metric} {t.value} on {t.corpus} ({t.source or 'no source given'})" for t in targets(recipe)]
    return "The paper reports:\n" + ("\n".join(rows) or "- nothing for this system and corpus")


def _reading() -> str:
    rules = "\n".join(f"- `{rule}`: {meaning}" for rule, meaning in RULES.items())
    best = "- `heldout.last_epoch/*` on a trial is honest for that one setting; the best of many of them is an oracle."
    return f"How to read the scores (`<rule>/<corpus>/<metric>`):\n{rules}\n{best}"
