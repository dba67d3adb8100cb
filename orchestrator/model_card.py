"""Model card: what a registered model is, on what it was scored and by which rule, and what it is not for. Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

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
LICENCES = {
    "casme": "Institute of Psychology, Chinese Academy of Sciences: signed licence agreement, academic research only, not passed on",
    "samm": "Manchester Metropolitan University: signed release agreement, non-commercial research only, not passed on",
    "smic": "University of Oulu: signed licence agreement, academic research only, not passed on",
    "mmew": "Shandong University: signed licence agreement, academic research only, not passed on",
    "fourdme": "University of Oulu: signed licence agreement, academic research only, not passed on",
    "fer": "FER2013: images of the web, published for a challenge in research; FERPlus: its labels, MIT licence",
}
"""By the beginning of a source corpus' name."""
USE = (
    "Use: `python -m orchestrator.predict` takes videos. Without losotune, `mlflow models serve` or `mlflow.pyfunc.load_model` take a "
    "float32 batch of such inputs and give the classes' probabilities, in index order."
)
LIMITS = """\
Intended use: research on spotted micro-expression clips that went through the same preprocessing as the training clips.

Limits: the weights are a refit on *all* subjects, so no subject is left to score them; the scores above belong to the training procedure.
Corpora are small, recorded in laboratories and hardly diverse; expect less on other cameras, lighting, ages and skin tones. A class is
what a coder annotated, not what a person felt. Not for decisions about people: hiring, policing, border control, credibility, diagnosis."""


def model_card(
    sweep: SweepResult, recipe: Recipe, scores: Sequence[Score], preprocessing: Mapping[str, Any], *, num_fold_models: int
) -> str:
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
            _input(preprocessing),
            USE,
            _fold_models(num_fold_models, len(sweep.fold_names)),
            LIMITS,
            _licence(preprocessing),
        )
    )


def _input(preprocessing: Mapping[str, Any]) -> str:
    tensor = preprocessing["tensor"]
    shape = " x ".join("any" if size is None else str(size) for size in tensor["shape"])
    steps = ", ".join(step["name"] for step in preprocessing["steps"])
    return (
        f"Input: {shape}, channels {', '.join(preprocessing['channels'])} ({preprocessing['units']}), made by the steps {steps}. "
        "`preprocessing.md` describes each of them with its constants, `preprocessing.json` holds the same for programs."
    )


def _fold_models(kept: int, num_folds: int) -> str:
    if not kept:
        return "Fold models: not kept, because the network is too large. A prediction comes without its spread over them."
    return (
        f"Fold models: `folds.safetensors` holds the networks of {kept} of {num_folds} folds, each trained without its held-out subject: "
        "tensor `<n>/<name>` of fold n is `network.<name>` of the program's `state_dict`, where shapes agree. "
        "Their spread on a new clip shows how much the answer hangs on who was in the training set; it is no probability of being right."
    )


def _licence(preprocessing: Mapping[str, Any]) -> str:
    if preprocessing["synthetic"]:
        return "Licence of the data: none is needed. The clips are synthetic, and scores on them tell about software, nothing about people."
    found = [
        f"{corpus}: {next((text for name, text in LICENCES.items() if corpus.startswith(name)), 'as its owners say')}"
        for corpus in preprocessing["recordings"]
    ]
    return f"Licence of the data: {'; '.join(found)}. Ask the owners before weights made from it are passed on."


def _table(scores: Sequence[Score]) -> str:
    rows = ["| rule | " + " | ".join(SHOWN) + " | honest | meaning |", "|---|" + "---|" * (len(SHOWN) + 2)]
    for score in scores:
        cells = " | ".join(_cell(score, name) for name in SHOWN)
        rows.append(f"| {score.rule} | {cells} | {'yes' if score.honest else 'NO'} | {RULES.get(score.rule, '')} |")
    return "Scores pooled over all folds, with 95 % intervals from a bootstrap over subjects:\n\n" + "\n".join(rows)


def _cell(score: Score, metric: str) -> str:
    low, high = metrics.interval(score.predictions, metric)
    return f"{score.value(metric):.3f} ({low:.3f} to {high:.3f})"
