"""What stacked training rests on: folds as one vmapped program give what each gives alone."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state


def assert_equal_to_a_loop(folds: Sequence[nn.Module], x: Tensor, noise: Mapping[str, Tensor]) -> None:
    """Logits, gradients and running statistics of F folds in float64: ``x`` (F, B, ...) and dropout noise (F, ...) by its path."""
    parameters, buffers = stack_module_state(list(folds))
    run = torch.vmap(lambda state, x: functional_call(folds[0], state, (x,)))
    together = run({**parameters, **buffers, **noise}, x)
    together.square().sum().backward()
    for i, fold in enumerate(folds):
        alone = functional_call(fold, {path: drawn[i] for path, drawn in noise.items()}, (x[i],))
        alone.square().sum().backward()
        torch.testing.assert_close(together[i], alone, rtol=0, atol=1e-10)
        for path, parameter in fold.named_parameters():
            assert parameter.grad is not None, path
            torch.testing.assert_close(parameters[path].grad[i], parameter.grad, rtol=1e-9, atol=1e-9)
        for path, buffer in fold.named_buffers():
            torch.testing.assert_close(buffers[path][i], buffer, rtol=0, atol=1e-10)
