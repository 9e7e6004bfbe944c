"""Fusion of the two legs by their scores, over all languages at once."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import pstdev

from retrieval.passages import Language, Passage, ScoredPassage

# How many standard deviations of the vectors' scores count as much as the best match by words. Chosen with
# `Recipe.lexical_weight` on XQuAD's development half among other passages.
SPREAD = 6.0


def fuse(
    lexical: Sequence[ScoredPassage], dense: Sequence[ScoredPassage], lexical_weight: float
) -> tuple[ScoredPassage, ...]:
    """Merge the rankings of the two legs into one, best first, scores in 0-1, ties in the dense order.

    A convex combination (Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2023, who find
    it better than reciprocal ranks): w * l + (1 - w) * d with w = `lexical_weight`, 0 from a leg that lacks a passage.
    """
    passages: dict[str, Passage] = {hit.passage.id: hit.passage for hit in (*dense, *lexical)}
    by_words, by_vectors = _shares_of_best(lexical), _heights(dense)
    hits = [
        ScoredPassage(passage, lexical_weight * by_words.get(id, 0.0) + (1 - lexical_weight) * by_vectors.get(id, 0.0))
        for id, passage in passages.items()
    ]
    return tuple(sorted(hits, key=lambda hit: -hit.score))


def _shares_of_best(lexical: Sequence[ScoredPassage]) -> dict[str, float]:
    """Return l: the score as a share of the best in the passage's language.

    BM25 cannot compare a language with another: neither how rare words are nor how many a question has is alike.
    """
    best: dict[Language, float] = {}
    for hit in lexical:
        best[hit.passage.language] = max(best.get(hit.passage.language, 0.0), hit.score)
    return {hit.passage.id: hit.score / (best[hit.passage.language] or 1.0) for hit in lexical}


def _heights(dense: Sequence[ScoredPassage]) -> dict[str, float]:
    """Return d: the score above the last one's, in units of `SPREAD` standard deviations, or of all there is if more.

    Encoders differ in how far apart their scores lie, and a distance is negative: no fixed unit would do.
    """
    if not dense:
        return {}
    scores = [hit.score for hit in dense]
    unit = max(max(scores) - min(scores), SPREAD * pstdev(scores)) or 1.0
    return {hit.passage.id: (hit.score - min(scores)) / unit for hit in dense}
