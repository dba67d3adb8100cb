"""The four papers from JPEG frames to a pooled score: synthesize, build, every fold under the paper's protocol, MLflow.

Faces are as large and clips as long as the official ones, subjects and clips are few, and recipes are smaller where two cores need it:
``settings`` says how. What a fold costs in the paper's own setting is ``paper_folds``'s matter. The score is one of made-up faces: it shows
that the whole way is open, and nothing about a paper.
"""

import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import search_spaces
from benchmarks.measure import NUM_WORKERS, Row, Size, seconds
from benchmarks.sessions import local_ray, synthesized
from orchestrator.reproduction import reproduce
from orchestrator.results import SweepResult
from orchestrator.selection import score_all
from orchestrator.setting_shards import plan_corpus
from preprocessing.build import finish
from preprocessing.plan import Plan as CorpusPlan
from preprocessing.resume import prepare
from preprocessing.shards import Shards
from search_spaces.recipe import Plain, Recipe, with_settings


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A system of a paper and what is smaller than in its recipe."""

    title: str
    model: str
    variant: str
    settings: Mapping[str, Plain] = field(default_factory=dict)

    @property
    def recipe(self) -> Recipe:
        return with_settings(search_spaces.load(self.model, self.variant)[0], {"training.num_evals": 1, **self.settings})


@dataclass(frozen=True, kw_only=True)
class Plan:
    subjects: int
    """Of each corpus."""
    clips_per_subject: int
    papers: tuple[Paper, ...]
    synthetic: Mapping[str, Any] = field(default_factory=dict)
    """What else the corpora are smaller by."""


REGION: dict[str, Plain] = {"features.epochs": 5, "training.epochs": 3, "training.pad_to": 150}
SHCNN = Paper(title="SHCNN", model="shcnn", variant="casme2", settings={"training.epochs": 2})
PAPERS = (
    SHCNN,
    Paper(title="Region CNN+LSTM", model="region_cnn_lstm", variant="megc2019", settings=REGION),
    Paper(title="STRCN-A", model="strcn_a", variant="casme2-m32", settings={"training.epochs": 2}),
    Paper(title="STRCN-G", model="strcn_g", variant="casme2-m32", settings={"training.epochs": 2}),
    Paper(title="STANet", model="stanet", variant="casme2", settings={"training.epochs": 2}),
)
TINY = Paper(
    title="SHCNN", model="shcnn", variant="casme2", settings={"training.epochs": 1, "model.filters": (4, 4, 8), "model.fc": (16, 8)}
)
PLANS: dict[Size, Plan] = {
    "full": Plan(subjects=4, clips_per_subject=4, papers=PAPERS),
    "quick": Plan(subjects=2, clips_per_subject=3, papers=PAPERS),
    "tiny": Plan(subjects=2, clips_per_subject=1, papers=(TINY,), synthetic={"max_frames": 6, "size": "half"}),
}


def run(size: Size) -> list[Row]:
    plan = PLANS[size]
    with tempfile.TemporaryDirectory(prefix="losotune-bench-", ignore_cleanup_errors=True) as folder:
        return [row for paper in plan.papers for row in _rows(paper, plan, Path(folder))]


def _rows(paper: Paper, plan: Plan, folder: Path) -> list[Row]:
    recipe = paper.recipe
    root, home = folder / recipe.data.corpus, folder / "home"
    about = {"images": "both", "subjects": plan.subjects, "clips_per_subject": plan.clips_per_subject, **plan.synthetic}
    drawn_s = 0.0 if root.exists() else seconds(lambda: synthesized(recipe.data.corpus, root, **about))
    corpus = plan_corpus(recipe, root)
    built_s = seconds(lambda: _build(corpus, home))
    results: list[SweepResult] = []
    trained_s = seconds(lambda: results.extend(reproduce(recipe, paper.variant, root=root, home=home, seeds=(0,), num_workers=NUM_WORKERS)))
    (result,) = results
    folds_s = statistics.mean(record.wall_s for record in result.trials[0].folds.values())
    num_frames = sum(len(clip.frames) for clip in corpus.clips)
    changes = ", ".join(f"{name.partition('.')[2]} {value}" for name, value in paper.settings.items())
    return [
        Row(what=f"{paper.title}: {len(corpus.clips)} clips, {num_frames:,} frames to shards", ours=built_s, unit="s"),
        Row(what=f"{paper.title}: a fold of {paper.variant} with {changes}", ours=folds_s, unit="s"),
        Row(
            what=f"{paper.title}: frames to the pooled score of {len(result.fold_names)} folds, Ray's and MLflow's start included",
            ours=drawn_s + built_s + trained_s, unit="s",
        ),
        Row(what=f"{paper.title}: pooled UF1 on made-up faces, rule last_epoch", ours=score_all(result)["last_epoch"].value("uf1")),
    ]  # fmt: skip


def _build(corpus: CorpusPlan, home: Path) -> Shards:
    with local_ray():
        return finish(prepare(corpus, home), num_workers=NUM_WORKERS, progress=False)
