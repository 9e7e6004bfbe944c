"""Stage 1: place French and Chinese pieces in MiniLM's input space, by translations seen as bags of pieces."""

import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from training.log import logger
from training.vocabulary import SPECIAL, word_piece

BATCH = 2048
LEARNING_RATE = 4e-3
SCALE = 20.0
SMOOTHING = 1e-3
FOREIGN_USE = 3  # an English row that the other languages use this many times as often is theirs


def base_rows(base_vocabulary: Path, tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Pair the rows of pieces both vocabularies hold: (rows of our table, rows of MiniLM's)."""
    ours, theirs = [], []
    for row, token in enumerate(base_vocabulary.read_text("utf-8").split("\n")):
        piece = token if token in SPECIAL else word_piece(token)
        identifier = tokenizer.token_to_id(piece) if token else None
        if identifier is not None:
            ours.append(identifier)
            theirs.append(row)
    return ours, theirs


def _token_ids(tokenizer: Tokenizer, lines: Sequence[str]) -> list[list[int]]:
    return [
        encoding.ids
        for start in range(0, len(lines), 20_000)
        for encoding in tokenizer.encode_batch_fast(lines[start : start + 20_000], add_special_tokens=False)
    ]


def _frequencies(sides: Sequence[Sequence[int]], size: int) -> NDArray[np.float64]:
    counts = np.zeros(size)
    for side in sides:
        counts[np.unique(side)] += 1
    return counts


def _bag(table: Tensor, sides: Sequence[Sequence[int]], weights: Tensor) -> Tensor:
    flat = torch.tensor([token for side in sides for token in side])
    offsets = torch.tensor(np.cumsum([0] + [len(side) for side in sides[:-1]]))
    return functional.normalize(
        functional.embedding_bag(flat, table, offsets, mode="sum", per_sample_weights=weights[flat]), dim=-1
    )


def align(
    old: Tensor,
    rows: tuple[list[int], list[int]],
    tokenizer: Tokenizer,
    pairs: Sequence[tuple[str, str]],
    minutes: float,
) -> Tensor:
    """Learn a table of input vectors for the tokenizer's pieces; return it, shape (pieces, width).

    old: MiniLM's table; rows: as `base_rows` gives; pairs: (English, translation). The bag of a translation's learned
    vectors is pulled to the bag of the English's fixed ones (InfoNCE in the batch), each piece weighted by its rarity
    (smooth inverse frequency, Arora et al. 2017). Rows that English uses keep MiniLM's values.
    """
    rng, size = random.Random(0), tokenizer.get_vocab_size()
    sides = zip(_token_ids(tokenizer, [p[0] for p in pairs]), _token_ids(tokenizer, [p[1] for p in pairs]), strict=True)
    ids = [(english, other) for english, other in sides if english and other]
    used = _frequencies([english for english, _ in ids], size), _frequencies([other for _, other in ids], size)
    weights = [torch.tensor(SMOOTHING / (SMOOTHING + counts / len(ids)), dtype=torch.float32) for counts in used]
    mean = old.mean(0)
    fixed = torch.zeros(size, old.shape[1])
    fixed[rows[0]] = old[rows[1]] - mean
    torch.manual_seed(0)
    learned = torch.nn.Parameter(torch.where(fixed.any(1, keepdim=True), fixed, torch.randn_like(fixed) * 0.01))
    optimizer = torch.optim.Adam([learned], lr=LEARNING_RATE)
    start, step, labels = time.monotonic(), 0, torch.arange(BATCH)
    while (done := (time.monotonic() - start) / 60 / minutes) < 1:
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * max(0.02, 1 - done)
        batch = rng.sample(ids, BATCH)
        english = _bag(fixed, [pair[0] for pair in batch], weights[0])
        other = _bag(learned, [pair[1] for pair in batch], weights[1])
        similarity = other @ english.T * SCALE
        loss = (functional.cross_entropy(similarity, labels) + functional.cross_entropy(similarity.T, labels)) / 2
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        step += 1
        if step % 200 == 0:
            logger.info("alignment: step %d, %.0f %%, loss %.3f", step, 100 * done, loss.item())
    return _merge(old, rows, learned.detach(), used)


def _merge(
    old: Tensor,
    rows: tuple[list[int], list[int]],
    learned: Tensor,
    used: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> Tensor:
    """Keep MiniLM's rows unless French or Chinese use the piece far more; give learned rows the old ones' norm."""
    mean, (english, other) = old.mean(0), used
    seen = torch.tensor(other > 5)
    scale = (old[rows[1]] - mean).norm(dim=1).mean() / learned[seen].norm(dim=1).mean()
    table: Tensor = learned * scale + mean
    ours = [(o, t) for o, t in zip(*rows, strict=True) if not (other[o] > FOREIGN_USE * english[o] and other[o] > 20)]
    table[[o for o, _ in ours]] = old[[t for _, t in ours]]
    return table
