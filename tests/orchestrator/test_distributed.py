"""One fold over two processes on gloo gives what one process gives."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from orchestrator.training import Outcome, train
from search_spaces.recipe import Loss, Recipe, with_settings
from tests.orchestrator import training_examples as examples
from tests.orchestrator.training_examples import one_thread

__all__ = ["one_thread"]
REPOSITORY = Path(__file__).resolve().parents[2]
SIZES = (6, 5, 4)
RECIPES: dict[str, Recipe] = {
    "ststnet": examples.recipe(
        "ststnet", augmentation=examples.ALL_ON, loss=Loss(kind="focal"), num_inner=0, epochs=50, batch_size=7, weight_decay=1e-3
    ),  # batches of 7 and 2, 3 or 4
    "stanet": examples.recipe("stanet", loss=Loss(mask_l1=1e-3), num_inner=0, epochs=20, batch_size=5, lr=1e-4),  # of 5 and 4, 5 or 1
    "tiny batches": examples.recipe("ststnet", num_inner=0, epochs=4, batch_size=1, optimizer="sgd"),  # smaller than the group
}


def outcome_of(name: str, group: Any = None) -> Outcome:
    recipe = RECIPES[name]
    clips = examples.corpus(recipe.model, SIZES)
    return train(recipe, examples.folds(clips, recipe, 1), clips, seed=0, group=group)[0]


def rank(rank: int, folder: Path) -> None:
    """What each process of the group runs."""
    import torch.distributed as dist

    from orchestrator.distributed import Together

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder / 'store'}", rank=rank, world_size=2)
    found = {name: outcome_of(name, Together()) for name in RECIPES}
    (folder / f"{rank}.pickle").write_bytes(pickle.dumps(found))
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def by_rank(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Outcome]]:
    folder = tmp_path_factory.mktemp("group")
    code = "import sys, pathlib; from tests.orchestrator.test_distributed import rank; rank(int(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    processes = [subprocess.Popen([sys.executable, "-c", code, str(number), str(folder)], cwd=REPOSITORY) for number in range(2)]
    assert [process.wait(timeout=300) for process in processes] == [0, 0]
    return [pickle.loads((folder / f"{number}.pickle").read_bytes()) for number in range(2)]


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_two_processes_equal_one(name: str, by_rank: list[dict[str, Outcome]], one_thread: None) -> None:
    """Weights, running statistics, losses and predictions, with odd batches and batches smaller than the group."""
    alone = outcome_of(name)
    together = by_rank[0][name]
    assert examples.absolute_gap([together], [alone]) <= 1e-12
    np.testing.assert_allclose(together.train_loss, alone.train_loss, rtol=1e-6)
    np.testing.assert_allclose(together.held_out, alone.held_out, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_every_process_ends_with_the_same_weights(name: str, by_rank: list[dict[str, Outcome]]) -> None:
    assert examples.same_bits([by_rank[0][name]], [by_rank[1][name]])


def test_the_reference_can_differ(one_thread: None) -> None:
    """A change that a wrong share of the batch would make is far above the bound."""
    recipe = with_settings(RECIPES["ststnet"], {"training.batch_size": 6})
    clips = examples.corpus("ststnet", SIZES)
    assert examples.absolute_gap(train(recipe, examples.folds(clips, recipe, 1), clips, seed=0), [outcome_of("ststnet")]) > 1e-4
