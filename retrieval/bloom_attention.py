"""A faster BLOOM: transformers computes its attention only step by step, with every score in memory.

ALiBi (Press et al. 2021) adds slope * key position to a score. A softmax does not change when all scores of a row
move by the same amount, so slope * (key position - query position) gives the same attention. That form is the same
for every row of a right-padded batch, and stays exact near the query in bfloat16, where slope * position does not.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import GELU
from torch.nn.functional import scaled_dot_product_attention
from transformers import BloomModel, PreTrainedModel
from transformers.models.bloom.modeling_bloom import BloomAttention, build_alibi_tensor, dropout_add

# No weight is left after the softmax. Finite, since a padded row may see no token at all: -inf makes it NaN.
_HIDDEN = -1e9
# Kernels on a GPU copy a bias whose rows do not begin at a multiple of this.
_ALIGNMENT = 16


def use_fast_attention(model: PreTrainedModel) -> None:
    """Let a loaded BLOOM model, with or without a head, compute attention and activation in one step each, in place.

    Equal to transformers' own on every real token, for padding on either side. Afterwards the model
    keeps no cache and must be given an attention mask. Other models are left as they are.
    """
    base = model.base_model
    if not isinstance(base, BloomModel):
        return
    model.config.use_cache = False
    # On the model and not in a class of its own, whose name would be saved as the architecture.
    base.build_alibi_tensor = _bias_for_all_layers  # type: ignore[method-assign]
    blocks: Any = base.h
    for block in blocks:
        block.self_attention.__class__ = _FastBloomAttention
        # The same formula in one step instead of seven, each of which writes the widest states of the model.
        block.mlp.gelu_impl = GELU(approximate="tanh")


def _bias_for_all_layers(attention_mask: torch.Tensor, num_heads: int, dtype: torch.dtype) -> torch.Tensor:
    """Stand in for the model's `build_alibi_tensor`, which it calls once for all layers, with these names."""
    kind = attention_mask.device.type
    autocast = torch.is_autocast_enabled(kind)
    return attention_bias(attention_mask, num_heads, torch.get_autocast_dtype(kind) if autocast else dtype)


class _FastBloomAttention(BloomAttention):
    """Differs in how the scores are used; the weights are the same."""

    def forward(
        self,
        hidden_states: torch.Tensor,
        residual: torch.Tensor,
        alibi: torch.Tensor,
        *_: Any,
        layer_past: Any = None,
        **__: Any,
    ) -> tuple[torch.Tensor, None]:
        """Return (rows, tokens, dimension) and no attention weights."""
        if layer_past is not None or alibi.ndim != 4:
            raise ValueError("The fast BLOOM attention needs an attention mask and works without a cache.")
        query, key, value = self._reshape(self.query_key_value(hidden_states))
        dropout = self.attention_dropout.p if self.training else 0.0
        context = scaled_dot_product_attention(query, key, value, attn_mask=alibi, dropout_p=dropout)
        output = self.dense(context.transpose(1, 2).flatten(2))
        return dropout_add(output, residual, self.hidden_dropout, self.training), None


def attention_bias(mask: torch.Tensor, heads: int, dtype: torch.dtype) -> torch.Tensor:
    """Return ALiBi and the causal mask as one bias: (1, heads, tokens, tokens) if no row is padded on the left.

    `mask` is (rows, tokens) with 1 on real tokens. On the right nothing need be hidden: a real token sees only
    what comes before it.
    """
    tokens = mask.shape[1]
    places = torch.arange(tokens, device=mask.device)
    distance = places[None, :] - places[:, None]  # (query, key)
    # For a mask of two real tokens transformers gives slope * 0 and slope * 1 for each head.
    slopes = build_alibi_tensor(mask.new_ones(1, 2), heads, torch.float32)[:, :, 1:]
    bias = (slopes * distance).masked_fill(distance > 0, _HIDDEN)[None]
    if (mask.diff(dim=1) > 0).any():
        bias = bias.expand(len(mask), -1, -1, -1).masked_fill(mask[:, None, None, :] == 0, _HIDDEN)
    width = tokens + -tokens % _ALIGNMENT
    aligned = torch.empty(*bias.shape[:3], width, dtype=dtype, device=mask.device)[..., :tokens]
    return aligned.copy_(bias).expand(len(mask), -1, -1, -1)
