"""Losses and the large-batch gradient, against numbers worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch

from training.grad_cache import cached_backward
from training.losses import info_nce, learned_scale, listwise_loss, translation_loss

UNIT = torch.eye(3)


def test_info_nce_is_the_cross_entropy_of_the_own_passage() -> None:
    """With own passages at cosine 1 and the others at 0: log(e^s + 2) - s."""
    assert info_nce(UNIT, UNIT, 2.0).item() == pytest.approx(math.log(math.exp(2) + 2) - 2, abs=1e-6)


def test_info_nce_leaves_ignored_passages_out() -> None:
    """One of the two wrong passages of each question is not counted: log(e^s + 1) - s."""
    ignored = torch.tensor([[False, True, False], [False, False, True], [True, False, False]])
    assert info_nce(UNIT, UNIT, 2.0, ignored).item() == pytest.approx(math.log(math.exp(2) + 1) - 2, abs=1e-6)


def test_info_nce_takes_hard_negatives_after_the_right_passages() -> None:
    """Two questions, two right passages and one that is as near to the first question as its own."""
    passages = torch.stack([UNIT[0], UNIT[1], UNIT[0]])
    expected = (math.log(2 * math.e + 1) - 1 + math.log(math.e + 2) - 1) / 2
    assert info_nce(UNIT[:2], passages, 1.0).item() == pytest.approx(expected, abs=1e-6)


def test_learned_scale_is_clamped_at_100() -> None:
    """As CLIP does."""
    assert learned_scale(torch.tensor(math.log(14.0))).item() == pytest.approx(14.0, rel=1e-6)
    assert learned_scale(torch.tensor(9.0)).item() == 100.0


def test_translation_loss_counts_the_same_english_once() -> None:
    """Two rows with one English text are no negatives of each other; the cosine term is 10 (1 - cos)."""
    same = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    teacher = torch.stack([UNIT[0], UNIT[0], UNIT[1]])
    exact = translation_loss(teacher, teacher, same, scale=1.0)
    assert exact.item() == pytest.approx(math.log(math.e + 1) * 2 / 3 + math.log(math.e + 2) / 3 - 1, abs=1e-6)
    turned = translation_loss(UNIT[[2, 2, 2]], teacher, same, scale=0.0)
    assert turned.item() == pytest.approx(math.log(2) * 2 / 3 + math.log(3) / 3 + 10, abs=1e-5)


def test_listwise_loss_wants_the_first_candidate_on_top() -> None:
    """All logits 0: log 3, and a fifth of log 2 for the binary part."""
    assert listwise_loss(torch.zeros(2, 3)).item() == pytest.approx(math.log(3) + 0.2 * math.log(2), abs=1e-6)
    assert listwise_loss(torch.tensor([[9.0, -9.0]])) < 1e-3 < listwise_loss(torch.tensor([[-9.0, 9.0]]))


@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_cached_gradients_are_those_of_the_whole_batch(chunk: int) -> None:
    """In float64, for the encoder and for the temperature that only the loss holds."""
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3)).double()
    scale = torch.nn.Parameter(torch.tensor(0.5, dtype=torch.float64))
    numbers = {name: torch.randn(4, dtype=torch.float64) for name in "abcdefgh"}
    questions, passages = list("abc"), list("defgh")

    def encode(texts: Sequence[str]) -> torch.Tensor:
        return torch.nn.functional.normalize(layer(torch.stack([numbers[text] for text in texts])), dim=-1)

    def loss_of(asked: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        return info_nce(asked, told, learned_scale(scale))

    whole = loss_of(encode(questions), encode(passages))
    whole.backward()  # type: ignore[no-untyped-call]
    parameters = [*layer.parameters(), scale]
    expected = [parameter.grad.clone() for parameter in parameters if parameter.grad is not None]
    for parameter in parameters:
        parameter.grad = None
    assert cached_backward(encode, [questions, passages], loss_of, chunk).item() == pytest.approx(whole.item())
    for parameter, gradient in zip(parameters, expected, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-10, atol=1e-12)
