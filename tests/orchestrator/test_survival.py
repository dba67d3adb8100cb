"""Whatever is killed with ``kill -9`` in mid-sweep, it ends with what an undisturbed one leaves, and no fold is trained twice."""

from pathlib import Path

import psutil
import pytest

from tests.orchestrator.ray_examples import HALF_WAY, NUM_FOLDS, NUM_TRIALS, Left, finish, kill, left, start, until, wait_for_folds

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_the_undisturbed_sweep_has_something_to_lose(undisturbed: Left) -> None:
    states = [trial["state"] for trial in undisturbed.table["trials"]]
    assert len(states) == NUM_TRIALS and states[:2] == ["complete", "complete"]
    assert len(undisturbed.runs) == 1 + NUM_TRIALS and len(undisturbed.trials) == NUM_TRIALS and undisturbed.versions == 1


def test_the_driver_is_killed_and_the_same_command_resumes(undisturbed: Left, new_home: Path) -> None:
    killed = start(new_home)
    try:
        wait_for_folds(killed, new_home, HALF_WAY)
        orphans = killed.descendants()
        kill(killed.process.pid)
        resumed = start(new_home)  # at once, as an impatient user would
        try:
            document = finish(resumed)
        finally:
            resumed.end()
        assert left(document, new_home) == undisturbed
        assert 0 < document["num_trained"] <= NUM_TRIALS * NUM_FOLDS + 1 - HALF_WAY
        alive = psutil.wait_procs(orphans, timeout=240)[1]  # Ray's agents notice after a minute or two
        assert not alive, "the killed driver left processes behind"
    finally:
        killed.end()


VICTIMS = {"worker": ("RayTrainWorker",), "trial": ("FoldTrial", "ResourceTrainable"), "queue": ("FoldQueue",)}
"""How Ray titles them. Tune gives a trial's class the second name."""


@pytest.mark.parametrize("victim", VICTIMS)
def test_an_actor_is_killed_and_the_sweep_goes_on(victim: str, undisturbed: Left, new_home: Path) -> None:
    running = start(new_home)
    try:
        wait_for_folds(running, new_home, HALF_WAY)
        before = running.actors(*VICTIMS[victim])
        assert before
        kill(before[0].pid)
        until(lambda: set(running.actors(*VICTIMS[victim])) - set(before), f"another {victim}", running)
        document = finish(running)
        assert left(document, new_home) == undisturbed
    finally:
        running.end()
