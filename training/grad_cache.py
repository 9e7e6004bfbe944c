"""Gradients of a batch too large for memory, equal to those of the whole batch (GradCache, Gao et al. 2021)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Encode = Callable[[Sequence[str]], Tensor]


def cached_backward(
    encode: Encode, texts: Sequence[Sequence[str]], loss_of: Callable[..., Tensor], chunk: int
) -> Tensor:
    """Leave on the parameters the gradient of `loss_of(*vectors)`; return the loss, without its graph.

    texts: one list for each argument of `loss_of`, which takes their vectors (texts, width). `encode` runs twice over
    at most `chunk` texts at a time, so it must give the same vectors twice: no dropout. Activations of one chunk only
    are held.
    """
    parts = [[list(side[start : start + chunk]) for start in range(0, len(side), chunk)] for side in texts]
    with torch.no_grad():
        vectors = [torch.cat([encode(part) for part in side]) for side in parts]
    leaves = [side.requires_grad_() for side in vectors]
    loss = loss_of(*leaves)
    loss.backward()  # type: ignore[no-untyped-call]  # reaches what the loss itself holds too: the temperature
    for side, leaf in zip(parts, leaves, strict=True):
        assert leaf.grad is not None
        for part, gradient in zip(side, torch.split(leaf.grad, chunk), strict=True):
            encode(part).backward(gradient)  # type: ignore[no-untyped-call]
    return loss.detach()
