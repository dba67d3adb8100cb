"""Weights to start from: by name and shape, by content, and never by pickle."""

import dataclasses
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from orchestrator.fold_job import fold_id
from orchestrator.seeds import initial_network
from orchestrator.weights import start_from
from search_spaces.recipe import Recipe
from tests.orchestrator import training_examples as examples


def starting_at(path: Path) -> Recipe:
    recipe = examples.recipe("ststnet")
    return dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, initial=str(path)))


def test_a_head_for_other_classes_keeps_its_own_draw(tmp_path: Path) -> None:
    file = tmp_path / "static.safetensors"
    given = initial_network(examples.recipe("ststnet"), "elsewhere", 7, 5).state_dict()
    save_file(given, file)
    started, own = (
        initial_network(starting_at(file), "toy/a", 3, 0).state_dict(),
        initial_network(examples.recipe("ststnet"), "toy/a", 3, 0),
    )
    head = [name for name in given if given[name].shape != started[name].shape]
    assert head == ["head.weight", "head.bias"]
    assert all(torch.equal(started[name], own.state_dict()[name] if name in head else given[name]) for name in given)


def test_the_content_names_the_record_and_the_path_does_not(tmp_path: Path) -> None:
    first, copy, other = (tmp_path / f"{name}.safetensors" for name in ("first", "copy", "other"))
    save_file({"head.weight": torch.zeros(3, 400)}, first)
    copy.write_bytes(first.read_bytes())
    save_file({"head.weight": torch.ones(3, 400)}, other)
    names = [fold_id(starting_at(path), "toy/a", "data", 0).name for path in (first, copy, other)]
    assert names[0] == names[1] != names[2]


def test_what_does_not_fit_or_is_no_safetensors_file_is_refused(tmp_path: Path) -> None:
    network = initial_network(examples.recipe("ststnet"), "toy/a", 3, 0)
    strange, pickled = tmp_path / "strange.safetensors", tmp_path / "pickled.safetensors"
    save_file({"backbone.weight": torch.zeros(2)}, strange)
    torch.save(network.state_dict(), pickled)
    for path, text in (
        (strange, "none of the 1 tensors of .* does .it has backbone.weight"),
        (pickled, "must be a safetensors file"),
        (tmp_path / "absent", "there is none at"),
    ):
        with pytest.raises(ValueError, match=text):
            start_from(network, str(path))
