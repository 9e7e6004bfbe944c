"""The searcher: the one place where the stages meet and passages are sorted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from retrieval.fusion import fuse
from retrieval.passages import (
    Answer,
    AnswerReader,
    Encoder,
    Hit,
    Language,
    Reranker,
    ScoredPassage,
    SearchResult,
    Selection,
    Stage,
)
from retrieval.store.passage_store import PassageStore
from retrieval.text import detect_language

Ranking = tuple[ScoredPassage, ...]


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a search."""

    encoder: Encoder
    reranker: Reranker
    reader: AnswerReader


class Searcher:
    """Answers questions from a library. Safe to use from several threads.

    `candidates` is how many passages each leg gives, `rerank_depth` how many of the fused ones are
    reranked; with 0 the fused ranking is final.
    """

    def __init__(self, store: PassageStore, models: Models, candidates: int = 50, rerank_depth: int = 20) -> None:
        self._store, self._models = store, models
        self._candidates, self._rerank_depth = candidates, rerank_depth

    def search(
        self,
        question: str,
        limit: int = 10,
        selection: Selection = Selection(),  # noqa: B008 (frozen)
        language: Language | None = None,
    ) -> SearchResult:
        """Return the passages that answer a question, best first, with every stage's ranking.

        `language` overrides the detected language of the question. A blank question, an empty
        library and a question that nothing matches all give a result without hits.
        """
        question = question.strip()
        known = language or detect_language(question)
        if not question:
            return SearchResult(question, known)
        seconds: dict[str, float] = {}
        rankings: dict[Stage, Ranking] = {}
        with _timed(seconds, "bm25"):
            rankings["bm25"] = self._store.matching(question, self._candidates, selection)
        with _timed(seconds, "encode"):
            vector = self._models.encoder.encode_questions([question])[0]
        with _timed(seconds, "dense"):
            rankings["dense"] = self._store.nearest(vector, self._candidates, selection)
        with _timed(seconds, "fuse"):
            rankings["fused"] = fuse(rankings["bm25"], rankings["dense"], known)
        final, relevant = rankings["fused"], bool(rankings["fused"])
        if self._rerank_depth:
            with _timed(seconds, "rerank"):
                final, relevant = self._rerank(question, rankings["fused"][: self._rerank_depth])
            relevant = relevant or any(hit.score >= self._models.encoder.floor for hit in rankings["dense"])
            rankings["reranked"] = final
        shown = final[:limit]
        with _timed(seconds, "read"):
            answers = self._models.reader.read(question, [hit.passage.text for hit in shown])
        hits = _hits(shown, rankings, answers)
        return SearchResult(question, known, hits, rankings, seconds, relevant)

    def _rerank(self, question: str, candidates: Ranking) -> tuple[Ranking, bool]:
        """Return the candidates in their new order, and whether any reaches the reranker's floor."""
        reranker = self._models.reranker
        scores = reranker.score(question, [hit.passage.indexed_text for hit in candidates])
        rescored = [
            ScoredPassage(hit.passage, reranker.weight * float(score) + (1 - reranker.weight) * hit.score)
            for hit, score in zip(candidates, scores, strict=True)
        ]
        ranked = tuple(sorted(rescored, key=lambda hit: -hit.score))
        return ranked, any(score >= reranker.floor for score in scores)


def _hits(shown: Ranking, rankings: Mapping[Stage, Ranking], answers: Sequence[Answer | None]) -> tuple[Hit, ...]:
    ranks: dict[str, dict[Stage, int]] = {}
    for stage, ranking in rankings.items():
        for rank, hit in enumerate(ranking, start=1):
            ranks.setdefault(hit.passage.id, {})[stage] = rank
    return tuple(
        Hit(hit.passage, hit.score, ranks[hit.passage.id], answer) for hit, answer in zip(shown, answers, strict=True)
    )


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[step] = perf_counter() - start
