"""The fused attention of BLOOM against transformers' own, and the bias against a plain sum."""

from __future__ import annotations

import copy

import pytest
import torch
from checkpoints import tiny_bert
from transformers import BertModel, BloomConfig, BloomForSequenceClassification, BloomModel

from retrieval.bloom_attention import attention_bias, use_fast_attention

LENGTHS = (70, 1, 33, 64, 70)


def tiny_bloom(heads: int = 4, **changes: object) -> BloomModel:
    """Return a BLOOM with 3 layers and random weights, ready for inference."""
    torch.manual_seed(0)
    sizes = {"vocab_size": 300, "hidden_size": 16 * heads, "n_layer": 3, "n_head": heads}
    # Weights larger than usual: with the usual 0.02 attention is nearly even, and hardly anything would show.
    return BloomModel(BloomConfig(**{**sizes, "initializer_range": 0.15, **changes})).eval()


def fast(model: BloomModel) -> BloomModel:
    """Return a copy with the fused attention."""
    copied = copy.deepcopy(model)
    use_fast_attention(copied)
    return copied


def batch(side: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return random ids and the mask of rows of `LENGTHS` tokens, padded on a side."""
    ids = torch.randint(4, 300, (len(LENGTHS), max(LENGTHS)), generator=torch.Generator().manual_seed(1))
    places = torch.arange(max(LENGTHS))
    lengths = torch.tensor(LENGTHS)[:, None]
    return ids, ((places < lengths) if side == "right" else (places >= max(LENGTHS) - lengths)).long()


@pytest.mark.parametrize("heads", [4, 6])
@pytest.mark.parametrize("side", ["left", "right"])
def test_states_equal_transformers_own(side: str, heads: int) -> None:
    """To 1e-5 in float32 on every real token; 6 heads have slopes of the other kind, not powers of one number."""
    model, (ids, mask) = tiny_bloom(heads), batch(side)
    with torch.inference_mode():
        expected = model(ids, attention_mask=mask, use_cache=False).last_hidden_state
        states = fast(model)(ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(states[mask == 1], expected[mask == 1], rtol=0, atol=1e-5)
    assert states.isfinite().all()


@pytest.mark.parametrize("tokens", [1, 2, 15, 16, 17, 128, 512])
def test_any_length(tokens: int) -> None:
    """One text alone, as long as the alignment of the bias or a little more or less."""
    model = tiny_bloom()
    ids = torch.randint(4, 300, (1, tokens), generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        expected = model(ids, attention_mask=torch.ones_like(ids), use_cache=False).last_hidden_state
        states = fast(model)(ids, attention_mask=torch.ones_like(ids)).last_hidden_state
    torch.testing.assert_close(states, expected, rtol=0, atol=1e-5)


def test_padding_changes_nothing() -> None:
    """A text's states are the same alone and padded on either side."""
    model = fast(tiny_bloom())
    for side in ("left", "right"):
        ids, mask = batch(side)
        with torch.inference_mode():
            together = model(ids, attention_mask=mask).last_hidden_state
            for row, length in enumerate(LENGTHS):
                real = mask[row] == 1
                alone = model(ids[row, real][None], attention_mask=torch.ones(1, length)).last_hidden_state[0]
                torch.testing.assert_close(together[row, real], alone, rtol=0, atol=1e-5)


def test_logits_and_gradients_of_a_classifier() -> None:
    """A model with a head is changed too, and can still be trained."""
    torch.manual_seed(0)
    config = tiny_bloom().config
    config.pad_token_id, config.num_labels = 3, 2
    eager = BloomForSequenceClassification(config).eval()
    fused = fast(eager)
    ids, mask = batch("right")
    ids[mask == 0] = 3
    outputs = [model(ids, attention_mask=mask, use_cache=False).logits for model in (eager, fused)]
    torch.testing.assert_close(outputs[1], outputs[0], rtol=0, atol=1e-5)
    for output in outputs:
        output.softmax(-1)[:, 1].sum().backward()
    for (name, one), (_, other) in zip(eager.named_parameters(), fused.named_parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5, msg=name)


def test_the_bias_is_alibi_by_distance() -> None:
    """Two heads have the slopes 1/16 and 1/256 (2^-4 and 2^-8, Press et al. 2021); what comes later is hidden."""
    bias = attention_bias(torch.tensor([[1, 1, 1]]), 2, torch.float32)
    hidden = -1e9
    for head, slope in enumerate((1 / 16, 1 / 256)):
        rows = [[0, hidden, hidden], [-slope, 0, hidden], [-2 * slope, -slope, 0]]
        assert bias[0, head].tolist() == rows


def test_a_right_padded_batch_shares_one_bias() -> None:
    """No memory per row; on the left, pads are hidden from every token of their own row only."""
    shared = attention_bias(torch.tensor([[1, 1, 1], [1, 0, 0]]), 2, torch.float32)
    assert shared.shape == (2, 2, 3, 3)
    assert shared.stride(0) == 0
    own = attention_bias(torch.tensor([[1, 1, 1], [0, 0, 1]]), 2, torch.float32)
    assert (own[1, :, :, :2] == -1e9).all()
    assert torch.equal(own[0], shared[0])


def test_closer_than_transformers_own_in_bfloat16() -> None:
    """Slope * position is rounded to whole numbers there; slope * distance is small near the query."""
    model = tiny_bloom()
    ids = torch.randint(4, 300, (2, 400), generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        exact = model(ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        faults = []
        for half in (model, fast(model)):
            with torch.autocast("cpu", torch.bfloat16):
                states = half(ids, attention_mask=torch.ones_like(ids)).last_hidden_state
            faults.append(float((states.float() - exact).square().mean()))
    assert faults[1] < faults[0] / 2


def test_what_it_cannot_do_is_refused() -> None:
    """Neither a call without a mask nor one with a cache gives wrong states without a word."""
    model, ids = fast(tiny_bloom()), torch.tensor([[5, 6, 7]])
    assert model(ids, attention_mask=torch.ones_like(ids)).past_key_values is None
    with pytest.raises(ValueError, match="needs an attention mask and works without a cache"):
        model(ids)
    with pytest.raises(ValueError, match="needs an attention mask and works without a cache"):
        model(ids, attention_mask=torch.ones_like(ids), use_cache=True)


def test_other_models_are_left_alone() -> None:
    """A BERT is what it was."""
    model = BertModel(tiny_bert())
    before = {name: type(module) for name, module in model.named_modules()}
    use_fast_attention(model)
    assert {name: type(module) for name, module in model.named_modules()} == before
