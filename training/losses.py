"""The losses, each a pure function."""

import math

import torch
from torch import Tensor
from torch.nn import functional

FIRST_SCALE, MAX_SCALE = 20.0, 100.0


def info_nce(questions: Tensor, passages: Tensor, scale: Tensor | float, ignored: Tensor | None = None) -> Tensor:
    """Return the mean cross-entropy of each question's own passage among all (InfoNCE, van den Oord et al. 2018).

    questions: unit vectors (n, width); passages: unit vectors (m, width), m ≥ n, the first n the right ones in order;
    scale: the inverse temperature; ignored: (n, m), true where a passage must not count as a negative.
    """
    similarity = questions @ passages.T * scale
    if ignored is not None:
        similarity = similarity.masked_fill(ignored, float("-inf"))
    return functional.cross_entropy(similarity, torch.arange(len(questions), device=questions.device))


def first_logarithm(device: torch.device) -> torch.nn.Parameter:
    """Return the logarithm of the inverse temperature as training begins, to be learned."""
    return torch.nn.Parameter(torch.tensor(math.log(FIRST_SCALE), device=device))


def learned_scale(logarithm: Tensor) -> Tensor:
    """Return the inverse temperature of a learned logarithm, at most 100 (CLIP, Radford et al. 2021)."""
    return logarithm.exp().clamp(max=MAX_SCALE)


def translation_loss(
    student: Tensor, teacher: Tensor, same: Tensor, scale: float = 20.0, weight: float = 10.0
) -> Tensor:
    """Return how far translations lie from the teacher's English: InfoNCE both ways plus `weight` · (1 - cosine).

    student, teacher: unit vectors (n, width); same: (n, n), true where two rows have the same English text.
    """
    ignored = same & ~torch.eye(len(student), dtype=torch.bool, device=student.device)
    both = (info_nce(student, teacher, scale, ignored) + info_nce(teacher, student, scale, ignored)) / 2
    return both + weight * (1 - (student * teacher).sum(-1)).mean()


def listwise_loss(scores: Tensor, binary_weight: float = 0.2) -> Tensor:
    """Return the cross-entropy of the right passage among a question's candidates, plus a binary term that anchors 0.5.

    scores: logits (questions, candidates), the right one first.
    """
    target = torch.zeros_like(scores)
    target[:, 0] = 1
    listwise = functional.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long, device=scores.device))
    return listwise + binary_weight * functional.binary_cross_entropy_with_logits(scores, target)
