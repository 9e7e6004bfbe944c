"""Passages a second: our forward loop against sentence-transformers and against its bare matrix products."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoConfig

from benchmarks.catalogue import Options
from benchmarks.corpus import read_texts, spread
from benchmarks.table import Row, at_least
from retrieval.batching import choose_compute
from retrieval.bi_encoder import BiEncoder
from retrieval.settings import Settings

PASSAGES = {"small": 24, "usual": 1204, "full": 1204}
ROUNDS = {"small": 1, "usual": 1, "full": 5}
LARGE_BATCH = 128
# The peers round otherwise; vectors of other weights or another text form are far below.
_SAME = 0.995


def measure(options: Options) -> list[Row]:
    """Encode the same passages with each, in turn; figures are those of the median round."""
    name, compute = Settings().encoder, choose_compute("cpu")
    encoder = BiEncoder.from_pretrained(name, "cpu")
    texts = spread(read_texts(options.data, encoder).passages, PASSAGES[options.size])
    plain = SentenceTransformer(name, device="cpu", model_kwargs={"dtype": torch.float32})
    low = SentenceTransformer(name, device="cpu", model_kwargs={"dtype": compute.dtype})
    by_length = sorted(texts, key=len, reverse=True)
    tokens = sum(map(len, plain.tokenizer([text[:4000] for text in texts], truncation=True, max_length=256).input_ids))
    ways: dict[str, Callable[[], Any]] = {
        "ours": partial(encoder.encode_passages, texts),
        "defaults": partial(plain.encode, texts),
        "best": partial(low.encode, by_length, batch_size=LARGE_BATCH),
        "smaller": partial(low.encode, by_length, batch_size=16),
        "int8": partial(quantised(name).encode_passages, texts),
        "bare": partial(multiply, AutoConfig.from_pretrained(name), tokens, len(texts), compute.dtype),
    }
    vectors = ways["ours"]()
    cosine = float(np.sum(vectors * plain.encode(texts), axis=1).min())
    if cosine < _SAME:
        raise ValueError(f"sentence-transformers' vectors are others than ours, cosine {cosine:.4f} at the least.")
    seconds = take_turns(ways, ROUNDS[options.size])
    rate = {way: len(texts) / taken for way, taken in seconds.items()}
    best = max(rate["best"], rate["smaller"])
    loss = 1 - float(np.sum(vectors * ways["int8"](), axis=1).mean())
    what, number_type = f"encoding {len(texts)} passages", str(compute.dtype).removeprefix("torch.")
    plainly = "sentence-transformers, defaults, float32"
    rows = [
        at_least(3, Row(what, rate["ours"], "/s", plainly, rate["defaults"], "", False)),
        at_least(1.3, Row(what, rate["ours"], "/s", f"its best: sorted, {number_type}, batch 16/128", best, "", False)),
        at_least(0.6, Row(what, rate["ours"], "/s", "bare loop of the matrix products", rate["bare"], "", False)),
    ]
    int8 = f"ours with int8 dynamic weights, cosine to ours {1 - loss:.4f}"
    return [*rows, Row(what, rate["ours"], "/s", int8, rate["int8"], "", True)]


def take_turns(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each way; they take turns, so that what else the machine does hits all alike."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, act in ways.items():
            start = perf_counter()
            act()
            taken[way].append(perf_counter() - start)
    return {way: median(times) for way, times in taken.items()}


def multiply(config: Any, tokens: int, texts: int, dtype: torch.dtype) -> None:
    """Do the matrix products of a BERT for so many tokens in texts of the mean length, and nothing else."""
    width, middle, heads = config.hidden_size, config.intermediate_size, config.num_attention_heads
    length = max(tokens // texts, 1)
    rows = 1024 // length + 1
    states, wide = torch.ones(rows * length, width, dtype=dtype), torch.ones(rows * length, middle, dtype=dtype)
    square, up = torch.ones(width, width, dtype=dtype), torch.ones(middle, width, dtype=dtype)
    down, head = torch.ones(width, middle, dtype=dtype), torch.ones(rows * heads, length, width // heads, dtype=dtype)
    with torch.inference_mode():
        for _ in range(config.num_hidden_layers * (-(-texts // rows))):
            for _ in range(4):  # query, key, value, output
                torch.nn.functional.linear(states, square)
            torch.bmm(torch.bmm(head, head.transpose(1, 2)), head)
            torch.nn.functional.linear(states, up)
            torch.nn.functional.linear(wide, down)


def quantised(name: str) -> BiEncoder:
    """Return the encoder with its matrix products in int8, the states rounded at each of them."""
    encoder = BiEncoder.from_pretrained(name, "cpu", "float32")
    quantise: Any = torch.ao.quantization.quantize_dynamic
    quantise(encoder._model, {torch.nn.Linear}, torch.qint8, inplace=True)
    return encoder
