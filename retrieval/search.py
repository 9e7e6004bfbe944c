"""The searcher: the one place where the stages meet and passages are sorted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter

from retrieval.bm25 import SparseVector
from retrieval.errors import InputError
from retrieval.fusion import fuse
from retrieval.ordering import Ranking, make_hits, rerank
from retrieval.passages import (
    AnswerReader,
    Encoder,
    Language,
    Recipe,
    Reranker,
    ScoredPassage,
    SearchResult,
    Selection,
    Stage,
)
from retrieval.store.passage_store import PassageStore
from retrieval.text import detect_language
from retrieval.translations import Translations, question_terms

# Models read its first few hundred words; tens of thousands would only keep the words' leg busy.
QUESTION_LIMIT = 10_000  # characters


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a search; without translations, words are matched as they are."""

    encoder: Encoder
    reranker: Reranker
    reader: AnswerReader
    translations: Translations = field(default_factory=dict)


class WordSearcher:
    """Finds passages by their words alone, without any model. Safe to use from several threads.

    `candidates` is how many passages are taken in each language.
    """

    def __init__(self, store: PassageStore, translations: Translations, candidates: int = 50) -> None:
        self._store, self._translations, self._candidates = store, translations, candidates

    def matching(
        self, question: str, language: Language, selection: Selection
    ) -> tuple[dict[Language, SparseVector], Ranking]:
        """Return the terms looked up in each language, and the passages that have them, best first."""
        terms = question_terms(question, language, self._translations)
        return terms, self._store.matching(terms, self._candidates, selection)

    def search(
        self,
        question: str,
        limit: int = 10,
        selection: Selection = Selection(),  # noqa: B008 (frozen)
        language: Language | None = None,
    ) -> SearchResult:
        """Return the passages that share words with a question, best first: `Searcher.search` while models are away."""
        question = _checked(question)
        known = language or detect_language(question)
        if not question:
            return SearchResult(question, known)
        recipe, seconds = Recipe(vectors=False, rerank_depth=0), dict[str, float]()
        with _timed(seconds, "bm25"):
            terms, lexical = self.matching(question, known, selection)
        # In the order of BM25 itself: fusion takes the best of each language for equal and leaves it to the vectors to
        # tell them apart. Of 114 sample questions across languages this has the right article first for 75 %.
        best = max((hit.score for hit in lexical), default=1.0)
        fused = tuple(ScoredPassage(hit.passage, hit.score / best) for hit in lexical)
        rankings: dict[Stage, Ranking] = {"bm25": lexical, "fused": fused}
        hits = make_hits(fused[:limit], rankings, {})
        return SearchResult(
            question, known, hits, rankings, seconds, bool(fused), recipe=recipe, terms=_looked_up(terms)
        )


class Searcher:
    """Answers questions from a library. Safe to use from several threads.

    `candidates` is how many passages each leg gives, `rerank_depth` how many of the fused ones are
    reranked; with 0 the fused ranking is final.
    """

    def __init__(
        self,
        store: PassageStore,
        models: Models,
        candidates: int = 50,
        rerank_depth: int = 20,
    ) -> None:
        self._store, self._models, self._candidates = store, models, candidates
        self._words = WordSearcher(store, models.translations, candidates)
        self._recipe = Recipe(rerank_depth=rerank_depth, rerank_weight=models.reranker.weight)

    @property
    def recipe(self) -> Recipe:
        """How this searcher orders."""
        return self._recipe

    def search(
        self,
        question: str,
        limit: int = 10,
        selection: Selection = Selection(),  # noqa: B008 (frozen)
        language: Language | None = None,
        depth: int | None = None,
    ) -> SearchResult:
        """Return the passages that answer a question, best first, with every stage's ranking.

        `language` overrides the detected language of the question, `depth` how many passages are reranked. A blank
        question, an empty library and a question that nothing matches all give a result without hits. InputError for a
        question over `QUESTION_LIMIT`.
        """
        question = _checked(question)
        known = language or detect_language(question)
        if not question:
            return SearchResult(question, known)
        recipe = self._recipe if depth is None else replace(self._recipe, rerank_depth=depth)
        seconds: dict[str, float] = {}
        rankings: dict[Stage, Ranking] = {}
        with _timed(seconds, "bm25"):
            terms, rankings["bm25"] = self._words.matching(question, known, selection)
        with _timed(seconds, "encode"):
            vector = self._models.encoder.encode_questions([question])[0]
        with _timed(seconds, "dense"):
            rankings["dense"] = self._store.nearest(vector, self._candidates, selection)
        with _timed(seconds, "fuse"):
            rankings["fused"] = fuse(rankings["bm25"], rankings["dense"], recipe.lexical_weight)
        final, relevant = rankings["fused"], bool(rankings["fused"])
        relevance: dict[str, float] = {}
        if recipe.rerank_depth:
            with _timed(seconds, "rerank"):
                candidates = final[: recipe.rerank_depth]
                relevance = self._relevance(question, candidates)
                final = rankings["reranked"] = rerank(candidates, relevance, recipe.rerank_weight)
            relevant = self._is_relevant(relevance, rankings["dense"])
        shown = final[:limit]
        with _timed(seconds, "read"):
            answers = self._models.reader.read(question, [hit.passage.text for hit in shown])
        hits = make_hits(shown, rankings, {hit.passage.id: answer for hit, answer in zip(shown, answers, strict=True)})
        return SearchResult(question, known, hits, rankings, seconds, relevant, relevance, recipe, _looked_up(terms))

    def _relevance(self, question: str, candidates: Ranking) -> dict[str, float]:
        """Return the reranker's score of each candidate, by passage id."""
        scores = self._models.reranker.score(question, [hit.passage.indexed_text for hit in candidates])
        return {hit.passage.id: float(score) for hit, score in zip(candidates, scores, strict=True)}

    def _is_relevant(self, relevance: Mapping[str, float], dense: Ranking) -> bool:
        return any(score >= self._models.reranker.floor for score in relevance.values()) or any(
            hit.score >= self._models.encoder.floor for hit in dense
        )


def _looked_up(terms: Mapping[Language, SparseVector]) -> dict[Language, frozenset[int]]:
    return {asked_of: frozenset(vector.indices) for asked_of, vector in terms.items()}


def _checked(question: str) -> str:
    # Half a character, as broken programs and shells send, is none for the models.
    question = question.encode("utf-8", "replace").decode().strip()
    if len(question) > QUESTION_LIMIT:
        reason = f"The question has {len(question):,} characters; the limit is {QUESTION_LIMIT:,}"
        raise InputError(f"{reason}: ask a shorter one, and add long texts to the library.")
    return question


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[step] = perf_counter() - start
