"""A peer to compare with: rank-bm25's BM25Okapi over whole documents, with the same tokens."""

from __future__ import annotations

from collections.abc import Callable

from rank_bm25 import BM25Okapi

from evaluation.datasets import Dataset
from evaluation.measures import Ranking
from retrieval.text import tokenize

REFERENCE = "rank-bm25"


def reference_ranker(dataset: Dataset) -> Callable[[str], Ranking]:
    """Return a function that ranks a data set's documents for a question, best first."""
    names = list(dataset.documents)
    bm25 = BM25Okapi([tokenize(f"{title}\n{text}") for title, text in dataset.documents.values()])

    def rank(question: str) -> Ranking:
        scores = bm25.get_scores(tokenize(question))
        return sorted(zip(names, map(float, scores), strict=True), key=lambda scored: -scored[1])

    return rank
