"""Reciprocal rank fusion within each language, merged without moving a language up or down."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.passages import FusionWeights, Language, Passage, ScoredPassage

# The constant of Cormack, Clarke and Buettcher, "Reciprocal rank fusion outperforms Condorcet", 2009, who
# use 60 on long lists. Small here: what counts is who comes first among the passages of one language.
K = 5


def lexical_weight(weights: FusionWeights, question_language: Language, passage_language: Language) -> float:
    """Return the share of the lexical leg in 0-1; the vector leg has the rest.

    Between languages words match by their translations, less surely, so the lexical leg weighs less there.
    """
    if question_language == passage_language:
        return weights.same_language
    return weights.into_chinese if passage_language == "zh" else weights.cross_language


def reciprocal_rank(rank: int) -> float:
    """Return the score of a rank (from 1), scaled so that rank 1 scores 1."""
    return (K + 1) / (K + rank)


def fuse(
    lexical: Sequence[ScoredPassage],
    dense: Sequence[ScoredPassage],
    question_language: Language,
    weights: FusionWeights,
) -> tuple[ScoredPassage, ...]:
    """Merge the rankings of the two legs into one, best first.

    Within each passage language the order is by w * rr(lexical rank) + (1 - w) * rr(dense rank), the
    ranks counted within that language, w = `lexical_weight`, a leg that lacks the passage adding
    nothing. Which language stands at which place is the dense leg's ranking, since BM25 cannot
    compare a language with another; what is left comes after, by score. The score of a place is its
    `reciprocal_rank`.
    """
    queues = {
        language: iter(
            _fuse_one_language(
                [hit.passage for hit in lexical if hit.passage.language == language],
                [hit.passage for hit in dense if hit.passage.language == language],
                lexical_weight(weights, question_language, language),
            )
        )
        for language in dict.fromkeys(hit.passage.language for hit in (*dense, *lexical))
    }
    ranked = [next(queues[hit.passage.language]) for hit in dense]
    ranked += sorted((hit for queue in queues.values() for hit in queue), key=lambda hit: -hit.score)
    return tuple(ScoredPassage(hit.passage, reciprocal_rank(rank)) for rank, hit in enumerate(ranked, start=1))


def _fuse_one_language(lexical: list[Passage], dense: list[Passage], weight: float) -> list[ScoredPassage]:
    passages = {passage.id: passage for passage in (*dense, *lexical)}
    scores = dict.fromkeys(passages, 0.0)
    for leg, share in ((lexical, weight), (dense, 1 - weight)):
        for rank, passage in enumerate(leg, start=1):
            scores[passage.id] += share * reciprocal_rank(rank)
    # Ties keep the dense order, which `passages` has.
    hits = [ScoredPassage(passage, scores[passage.id]) for passage in passages.values()]
    return sorted(hits, key=lambda hit: -hit.score)
