"""Batches of questions whose passages are hard to tell apart (topic-aware sampling, Hofstätter et al. 2021)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from training.body import embed_all
from training.corpus import Example

# Shares of the steps. A batch holds same-language questions of one language, or ("mixed") all nine directions: were
# the two together, the model would learn that the right passage is in the question's language.
MIXED = "mixed"
SHARES = {MIXED: 0.7, "zh": 0.15, "en": 0.1, "fr": 0.05}
WEAK_SOURCES = {"laws": 0.15, "docs": 0.3, "pubmedqa": 0.5, "covid": 0.5, "openquizzdb": 0.2}
MAX_PASSAGES = 5_000  # of one language; encoding them all would take longer than they are worth
POOL_TOKENS = 160
NEIGHBOURS = 12
CLUSTER = 4
DUPLICATE = 0.92
"""Passages this alike (cosine) answer the same questions: translations and near copies are no negatives."""


@dataclass(frozen=True)
class Pool:
    """The passages of one kind of batch: their texts, vectors, examples per passage, and the nearest other passages."""

    passages: list[str]
    vectors: NDArray[np.float32]
    examples: list[list[Example]]
    neighbours: NDArray[np.int64]


def kind_of(example: Example) -> str:
    """Return the kind of batch an example belongs to: "mixed" or its language."""
    return MIXED if example.source in ("units", "trilingual") else example.passage_language


def make_pool(
    examples: Sequence[Example], body: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, seed: int = 0
) -> Pool:
    """Gather the passages of the examples and find each one's neighbours with the present encoder.

    All of one kind. Weak sources (headings over sections, quizzes) are thinned to their share, languages to
    `MAX_PASSAGES`.
    """
    rng = random.Random(seed)
    grouped: dict[str, list[Example]] = {}
    for example in examples:
        if rng.random() < WEAK_SOURCES.get(example.source, 1.0):
            grouped.setdefault(example.passage, []).append(example)
    passages = list(grouped)
    if kind_of(examples[0]) != MIXED and len(passages) > MAX_PASSAGES:
        passages = rng.sample(passages, MAX_PASSAGES)
    vectors = embed_all(body, tokenizer, passages, POOL_TOKENS)
    grouped_examples = [grouped[passage] for passage in passages]
    return Pool(passages, vectors, grouped_examples, _neighbours(vectors))


def _neighbours(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return (passages, NEIGHBOURS) places of the nearest passages that are not near copies."""
    rows = []
    for start in range(0, len(vectors), 1024):
        scores = vectors[start : start + 1024] @ vectors.T
        scores[scores > DUPLICATE] = -1.0
        rows.append(np.argpartition(-scores, min(NEIGHBOURS, scores.shape[1] - 1), axis=1)[:, :NEIGHBOURS])
    return np.concatenate(rows)


class ClusteredBatches:
    """Batches by number: seeds drawn at random, each with a few of its neighbours, one question for each passage."""

    def __init__(self, pools: dict[str, Pool], size: int, seed: int = 0) -> None:
        self._pools, self._size, self._seed = pools, size, seed

    def __getitem__(self, number: int) -> tuple[list[Example], Tensor]:
        """Return the examples of a step and (n, n) marks of passages that are no negatives of each other."""
        rng = random.Random(f"{self._seed}-{number}")
        pool = self._pools[rng.choices(list(SHARES), list(SHARES.values()))[0]]
        places: list[int] = []
        while len(places) < min(self._size, len(pool.passages)):
            seed = rng.randrange(len(pool.passages))
            for place in [seed, *rng.sample(pool.neighbours[seed].tolist(), CLUSTER - 1)]:
                if place not in places and len(places) < self._size:
                    places.append(place)
        vectors = torch.from_numpy(pool.vectors[places])
        alike = (vectors @ vectors.T > DUPLICATE) & ~torch.eye(len(places), dtype=torch.bool)
        return [rng.choice(pool.examples[place]) for place in places], alike
