"""Model card: what a registered model is, on what it was scored and by which rule, and what it is not for. Markdown."""

from collections.abc import Sequence

from orchestrator import metrics
from orchestrator.results import SweepResult
from orchestrator.selection import Score
from search_spaces.published import targets
from search_spaces.recipe import Recipe

SHOWN = ("uf1", "uar", "accuracy")
RULES = {
    "nested": "per held-out subject, the setting best on that fold's inner subjects: the number to quote",
    "inner_mean": "one setting for everyone, chosen on inner subjects: the setting of these weights",
    "last_epoch": "the paper's own setting at its last epoch, nothing chosen",
    "oracle": "chosen by looking at held-out subjects: explains published numbers, says nothing about new faces",
}
LIMITS = """\
Intended use: research on spotted micro-expression clips that went through the same preprocessing as the training clips.

Limits: the weights are a refit on *all* subjects, so no subject is left to score them; the scores above belong to the training procedure.
Corpora are small, recorded in laboratories and hardly diverse; expect less on other cameras, lighting, ages and skin tones. A class is
what a coder annotated, not what a person felt. Not for decisions about people: hiring, policing, border control, credibility, diagnosis."""


def model_card(sweep: SweepResult, recipe: Recipe, scores: Sequence[Score]) -> str:
    """At most 5000 characters, the registry's limit, for any sensible recipe."""
    clips = {key for score in scores for key in score.predictions.keys}
    subjects = {key.rsplit("/", 1)[0] for key in clips}
    reported = [f"{t.metric} {t.value} on {t.corpus}{f' ({t.source})' if t.source else ''}" for t in targets(recipe)]
    return "\n\n".join(
        (
            f"# {sweep.model} on {sweep.corpus}",
            f"After {recipe.paper}. Corpus `{sweep.corpus}`: {len(clips)} clips of {len(subjects)} subjects, "
            f"shards `{sweep.data_digest[:12]}`, pipeline `{recipe.data.pipeline}`. Classes in index order: {', '.join(sweep.classes)}.",
            f"Protocol: {recipe.protocol.kind}, {len(sweep.fold_names)} folds, features fitted {recipe.protocol.feature_stage}, "
            f"seed {sweep.seed}, code `{sweep.tags.get('code_version', '?')[:12]}`, sweep `{sweep.name}`.",
            _table(scores),
            f"The paper reports: {'; '.join(reported) or 'nothing comparable'}.",
            LIMITS,
        )
    )


def _table(scores: Sequence[Score]) -> str:
    rows = ["| rule | " + " | ".join(SHOWN) + " | honest | meaning |", "|---|" + "---|" * (len(SHOWN) + 2)]
    for score in scores:
        cells = " | ".join(_cell(score, name) for name in SHOWN)
        rows.append(f"| {score.rule} | {cells} | {'yes' if score.honest else 'NO'} | {RULES.get(score.rule, '')} |")
    return "Scores pooled over all folds, with 95 % intervals from a bootstrap over subjects:\n\n" + "\n".join(rows)


def _cell(score: Score, metric: str) -> str:
    low, high = metrics.interval(score.predictions, metric)
    return f"{score.value(metric):.3f} ({low:.3f} to {high:.3f})"
