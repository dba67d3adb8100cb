from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from sklearn.metrics.pairwise import chi2_kernel
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC
from torch import Tensor

from models import svm
from models.fitting import kernels

THREE = 3


def machine(num_classes: int = THREE, **changes: Any) -> svm.SVM:
    return svm.SVM(num_classes, **{**svm.SETTINGS, **changes})


def clips(num_clips: int = 60, num_features: int = 12, num_classes: int = THREE, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Overlapping classes of histograms."""
    rng = np.random.default_rng(seed)
    labels = np.arange(num_clips) % num_classes
    features = rng.gamma(1 + (labels[:, None] == np.arange(num_features) % num_classes), size=(num_clips, num_features))
    return torch.tensor(features / features.sum(1, keepdims=True)), torch.tensor(labels)


def theirs(kernel: str, x: np.ndarray, y: np.ndarray) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """scikit-learn's own kernel, or its precomputed form: SVC's arguments, training and test features."""
    if kernel == "chi2":
        return {"kernel": "precomputed"}, chi2_kernel(x, gamma=3.0), chi2_kernel(y, x, gamma=3.0)
    if kernel == "intersection":
        gram = [np.minimum(a[:, None], x[None]).sum(-1) for a in (x, y)]
        return {"kernel": "precomputed"}, gram[0], gram[1]
    return {"kernel": kernel, "gamma": 3.0, "coef0": 0.5, "degree": 3}, x, y


@pytest.mark.parametrize("num_classes", [2, 3, 5])
@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_scores_are_those_of_scikit_learn(kernel: str, num_classes: int) -> None:
    (x, labels), (held_out, _) = clips(num_classes=num_classes), clips(200, num_classes=num_classes, seed=1)
    ours = machine(num_classes, kernel=kernel, C=5.0, gamma=3.0, coef0=0.5, degree=3).double()
    ours.fit(x, labels, torch.ones(num_classes))
    arguments, train, test = theirs(kernel, x.numpy(), held_out.numpy())
    other = SVC(C=5.0, break_ties=True, decision_function_shape="ovr", **arguments).fit(train, labels.numpy())
    scores = ours(held_out)
    assert scores.argmax(1).tolist() == other.predict(test).tolist()
    expected = other.decision_function(test)
    if num_classes == 2:  # scikit-learn gives one margin, positive for the second class
        assert torch.equal(scores[:, 1] > scores[:, 0], torch.tensor(expected > 0))
    else:
        torch.testing.assert_close(scores, torch.tensor(expected), rtol=0, atol=1e-3)  # their solver stops at 1e-3


@pytest.mark.parametrize(
    ("normalise", "transform"), [("l1", Normalizer("l1")), ("l2", Normalizer("l2")), ("standardise", StandardScaler())]
)
def test_features_are_normalised_on_the_training_clips_alone(normalise: str, transform: Any) -> None:
    (x, labels), (held_out, _) = clips(), clips(50, seed=1)
    x[:, 3], held_out[:, 3] = 7.0, 7.0  # constant
    x, held_out = x * 4, held_out * 4
    ours = machine(kernel="rbf", gamma=0.3, normalise=normalise).double()
    ours.fit(x, labels, torch.ones(THREE))
    other = SVC(gamma=0.3, break_ties=True).fit(transform.fit_transform(x.numpy()), labels.numpy())
    expected = other.decision_function(transform.transform(held_out.numpy()))
    torch.testing.assert_close(ours(held_out), torch.tensor(expected), rtol=0, atol=1e-3)


def test_costs_of_classes_are_those_of_scikit_learn() -> None:
    x, labels = clips(90)
    kept = torch.cat([torch.where(labels == c)[0][: 10 * (c + 1)] for c in range(THREE)])
    x, labels = x[kept], labels[kept]
    balanced, weighted = machine(kernel="rbf", gamma=5.0, class_weight="balanced").double(), machine(kernel="rbf", gamma=5.0).double()
    balanced.fit(x, labels, torch.ones(THREE))
    weighted.fit(x, labels, torch.tensor([1.0, 3.0, 0.5]))
    for ours, weights in ((balanced, "balanced"), (weighted, {0: 1.0, 1: 3.0, 2: 0.5})):
        other = SVC(gamma=5.0, class_weight=weights, break_ties=True).fit(x.numpy(), labels.numpy())
        torch.testing.assert_close(ours(x), torch.tensor(other.decision_function(x.numpy())), rtol=0, atol=1e-3)
    assert (balanced(x) - weighted(x)).abs().max() > 0.1


def test_a_class_without_training_clips_is_never_predicted() -> None:
    x, labels = clips(num_classes=4)
    kept = labels != 1
    ours = machine(4, kernel="linear").double()
    ours.fit(x[kept], labels[kept], torch.ones(4))
    other = SVC(kernel="linear", break_ties=True).fit(x[kept].numpy(), labels[kept].numpy())
    assert ours(x).argmax(1).tolist() == other.predict(x.numpy()).tolist()
    assert ours(x).isfinite().all() and not ours(x).softmax(1)[:, 1].any()


def test_one_class_alone_is_always_predicted() -> None:
    x, labels = clips()
    ours = machine().double()
    ours.fit(x, labels, torch.ones(THREE))
    ours.fit(x, torch.full_like(labels, 2), torch.ones(THREE))  # forgets the fit before
    assert ours(x).isfinite().all() and ours(x).argmax(1).eq(2).all()
    assert ours(x).softmax(1)[:, 2].eq(1).all()


def test_before_it_is_fitted_every_class_scores_alike() -> None:
    assert torch.equal(machine()(torch.randn(4, 9)), torch.zeros(4, THREE))


@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_what_was_fitted_survives_safetensors_and_export(kernel: str, tmp_path: Path) -> None:
    x, labels = (tensor.float() if tensor.is_floating_point() else tensor for tensor in clips())
    ours = machine(kernel=kernel)
    ours.fit(x, labels, torch.ones(THREE))
    safetensors.torch.save_file(ours.state_dict(), tmp_path / "svm.safetensors")
    restored = machine(kernel=kernel)
    restored.load_state_dict(safetensors.torch.load_file(tmp_path / "svm.safetensors"))
    assert torch.equal(restored(x), ours(x))
    exported = torch.export.export(ours, (x[:2],), dynamic_shapes=({0: torch.export.Dim("batch")},)).module()
    for batch in (1, 2, 7):
        torch.testing.assert_close(exported(x[:batch]), ours(x[:batch]))


def test_chi2_does_not_depend_on_how_vectors_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    x, labels = clips()
    whole, split = machine(kernel="chi2", gamma=3.0).double(), machine(kernel="chi2", gamma=3.0).double()
    monkeypatch.setattr(kernels, "_CHUNK", 1 << 20)
    monkeypatch.setattr(kernels, "_ROWS", 1 << 20)
    whole.fit(x, labels, torch.ones(THREE))
    expected = whole(x)
    monkeypatch.setattr(kernels, "_CHUNK", 30)
    monkeypatch.setattr(kernels, "_ROWS", 7)
    split.fit(x, labels, torch.ones(THREE))
    torch.testing.assert_close(split(x), expected)


def test_a_batch_scores_as_its_clips_do_one_by_one_and_images_are_flattened() -> None:
    x, labels = clips()
    ours = machine(kernel="intersection").double()
    ours.fit(x.unflatten(1, (3, 4)), labels, torch.ones(THREE))
    torch.testing.assert_close(torch.cat([ours(clip[None]) for clip in x]), ours(x.unflatten(1, (3, 4))))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kernel": "sigmoid"}, "kernel must be one of linear"), ({"C": 0.0}, "C must be positive"), ({"gamma": 0.0}, "gamma must be"),
        ({"degree": 0}, "degree must be"), ({"normalise": "max"}, "normalise must be"), ({"class_weight": "all"}, "class_weight must be"),
        ({"kernel": "chi2", "normalise": "standardise"}, "which compares histograms"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        machine(**changes)


def test_histogram_kernels_refuse_signed_features() -> None:
    x, labels = clips()
    with pytest.raises(ValueError, match="features must be at least 0, but got -"):
        machine(kernel="chi2").fit(x - 1, labels, torch.ones(THREE))
