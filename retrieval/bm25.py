"""BM25 as sparse vectors: term weights here, inverse document frequency in the engine.

score(question, passage) = sum over shared terms of idf(term) * weight(term, passage), with
weight = tf * (K1 + 1) / (tf + K1 * (1 - B + B * length / AVERAGE_LENGTH)) (Robertson and Zaragoza,
"The Probabilistic Relevance Framework: BM25 and Beyond", 2009) and, in Qdrant,
idf = ln(1 + (N - n + 0.5) / (n + 0.5)), which is never negative.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from zlib import crc32

from retrieval.text import token_spans, tokenize

K1 = 1.2
B = 0.75
# Fixed, so that a passage's weights don't depend on the others: passages are cut to a common size.
AVERAGE_LENGTH = 128.0


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Term ids, ascending, and their weights."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


def passage_vector(text: str) -> SparseVector:
    """Return the term weights of a passage."""
    counts = Counter(tokenize(text))
    length = sum(counts.values())
    return _vector({term: term_weight(count, length) for term, count in counts.items()})


def question_vector(question: str) -> SparseVector:
    """Return a question's terms, each with weight 1; empty if it has none."""
    return _vector(dict.fromkeys(tokenize(question), 1.0))


def term_id(term: str) -> int:
    """Return the number a term has in the index, 32 bits."""
    return crc32(term.encode())


def token_vector(token: str) -> SparseVector:
    """Return one token of `tokenize` with weight 1: a stem is not split and stemmed again."""
    return _vector({token: 1.0})


def term_weight(count: int, length: int) -> float:
    """Return the weight of a term that occurs `count` times among a passage's `length` tokens."""
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length / AVERAGE_LENGTH))


def _vector(weights: dict[str, float]) -> SparseVector:
    # Two terms with one 32-bit id are added: at 100,000 terms about one pair in the whole vocabulary.
    by_id: dict[int, float] = {}
    for term, weight in weights.items():
        by_id[term_id(term)] = by_id.get(term_id(term), 0.0) + weight
    indices = tuple(sorted(by_id))
    return SparseVector(indices, tuple(by_id[index] for index in indices))


def matched_spans(text: str, terms: Collection[int]) -> list[tuple[int, int]]:
    """Return where a text has words with one of these ids, as ascending character spans that don't touch."""
    merged: list[tuple[int, int]] = []
    for token, start, end in token_spans(text):
        if term_id(token) not in terms:
            continue
        if merged and start <= merged[-1][1]:
            start, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((start, end))
    return merged
