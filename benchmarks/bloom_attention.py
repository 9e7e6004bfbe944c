"""How much faster a BLOOM with random weights runs with this project's attention than with transformers' own.

Both take turns in one process, without a cache and right-padded.
"""

from __future__ import annotations

from copy import deepcopy
from statistics import median
from time import perf_counter
from typing import Any

import torch
from transformers import BloomConfig, BloomModel

from benchmarks.catalogue import Options
from benchmarks.table import Row
from retrieval.batching import choose_compute
from retrieval.bloom_attention import use_fast_attention

# As many tokens a batch as on a processor in use; the width of a head, 64, is that of bloom-560m.
TOKENS_PER_BATCH = 4096
SIZES: dict[str, Any] = {"hidden_size": 512, "n_head": 8, "n_layer": 3, "vocab_size": 1000, "use_cache": False}
ROUNDS = {"small": 2, "usual": 4, "full": 7}


def measure(options: Options) -> list[Row]:
    """Compare batches at 128 and 512 tokens, in float32 and in the number type this machine is best at."""
    compute, rows = choose_compute("auto"), []
    for dtype in sorted({torch.float32, compute.dtype}, key=str, reverse=True):
        for tokens in (128, 512):
            own, ours = compare(tokens, dtype, compute.device, ROUNDS[options.size])
            name = f"BLOOM, {TOKENS_PER_BATCH // tokens} texts of {tokens} tokens, {str(dtype).removeprefix('torch.')}"
            rows.append(Row(name, ours * 1000, "ms", "transformers' own attention", own * 1000, "", met=True))
    return rows


def seconds(model: BloomModel, ids: torch.Tensor, dtype: torch.dtype) -> float:
    """Return the seconds of one forward pass."""
    start = perf_counter()
    with torch.inference_mode(), torch.autocast(ids.device.type, dtype, enabled=dtype != torch.float32):
        state = model(ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0, -1, 0]
    state.item()  # waits for a GPU
    return perf_counter() - start


def compare(tokens: int, dtype: torch.dtype, device: torch.device, rounds: int) -> tuple[float, float]:
    """Return the median seconds per batch of texts of `tokens` tokens: transformers' own, then ours."""
    own = BloomModel(BloomConfig(**SIZES)).train(False).to(device)
    ours = deepcopy(own)
    use_fast_attention(ours)
    ids = torch.randint(4, SIZES["vocab_size"], (TOKENS_PER_BATCH // tokens, tokens), device=device)
    times: list[tuple[float, float]] = [(seconds(own, ids, dtype), seconds(ours, ids, dtype)) for _ in range(rounds)]
    first, second = zip(*times[1:], strict=True)  # the first round warms up
    return median(first), median(second)
