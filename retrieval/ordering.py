"""From the kept stages to an order: pure, so that another recipe is tried without a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from retrieval.fusion import fuse
from retrieval.passages import Answer, Hit, Recipe, ScoredPassage, SearchResult, Stage

Ranking = tuple[ScoredPassage, ...]


def rerank(candidates: Ranking, relevance: Mapping[str, float], weight: float) -> Ranking:
    """Order fused candidates by weight * relevance + (1 - weight) * fused score, ties as they stood.

    `relevance` is the reranker's score by passage id; a passage it has not read counts as 0 there.
    """
    scored = (
        ScoredPassage(hit.passage, weight * relevance.get(hit.passage.id, 0.0) + (1 - weight) * hit.score)
        for hit in candidates
    )
    return tuple(sorted(scored, key=lambda hit: -hit.score))


def reorder(result: SearchResult, recipe: Recipe, limit: int) -> SearchResult:
    """Return what a search with another recipe would have given, from what this one kept.

    Two things only a model could add are missing: the reranker's score of passages it has not read
    (see `unread`), and the answer inside passages that were not shown.
    """
    lexical = result.rankings.get("bm25", ()) if recipe.words else ()
    dense = result.rankings.get("dense", ()) if recipe.vectors else ()
    fused = fuse(lexical, dense, recipe.lexical_weight)
    rankings: dict[Stage, Ranking] = {"bm25": lexical, "dense": dense, "fused": fused}
    final = fused
    if recipe.rerank_depth:
        final = rerank(fused[: recipe.rerank_depth], result.relevance, recipe.rerank_weight)
        rankings["reranked"] = final
    answers = {hit.passage.id: hit.answer for hit in result.hits}
    return replace(result, hits=make_hits(final[:limit], rankings, answers), rankings=rankings, recipe=recipe)


def unread(result: SearchResult) -> int:
    """Return how many passages of a result's last ranking the reranker has not read."""
    return sum(hit.passage.id not in result.relevance for hit in result.rankings.get("reranked", ()))


def make_hits(
    shown: Ranking, rankings: Mapping[Stage, Ranking], answers: Mapping[str, Answer | None]
) -> tuple[Hit, ...]:
    """Return hits with the ranks each had at every stage and its answer, by passage id, if it is known."""
    ranks: dict[str, dict[Stage, int]] = {}
    for stage, ranking in rankings.items():
        for rank, hit in enumerate(ranking, start=1):
            ranks.setdefault(hit.passage.id, {})[stage] = rank
    return tuple(Hit(hit.passage, hit.score, ranks[hit.passage.id], answers.get(hit.passage.id)) for hit in shown)
