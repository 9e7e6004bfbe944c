"""The one loop that asks a collection's questions and sees where each stage puts the right answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter

import numpy as np

from evaluation.answers import exact_match, f1
from evaluation.collection import Collection, OnStep
from evaluation.datasets import LabelledQuestion, Unit
from evaluation.measures import Outcome, Ranking, expected_rank, judge, judge_by_language
from retrieval.passages import Encoder, EncoderIdentity, Language, ScoredPassage, SearchResult, Selection, Vectors
from retrieval.search import Models, Searcher
from retrieval.settings import Settings
from retrieval.translations import question_terms

STAGES = ("bm25", "dense", "fused", "reranked")
# Passages a leg ranks at most; documents behind them count as tied.
RANKED_PASSAGES = 5000
_ENCODE_SIZE = 64
# What a question takes at each stage, from the searcher's own clock.
_STEPS: Mapping[str, tuple[str, ...]] = {
    "bm25": ("bm25",),
    "dense": ("encode", "dense"),
    "fused": ("bm25", "encode", "dense", "fuse"),
    "reranked": ("bm25", "encode", "dense", "fuse", "rerank"),
}

Ranker = Callable[[str], Ranking]
Leg = Callable[[], tuple[ScoredPassage, ...]]


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """What was marked in the passage that came first, and how well it fits the known answers, in 0-1."""

    text: str
    exact: float
    f1: float


@dataclass(frozen=True, slots=True)
class AskedResult:
    """One question and, by stage, where its right answers stand.

    `by_language` has an outcome for each language of the right answers, those in other languages left out;
    `language_ranks`, only where there are several, the rank of each among everything.
    """

    id: str
    question: str
    language: Language
    right: tuple[str, ...]
    outcomes: Mapping[str, Outcome]
    by_language: Mapping[str, Mapping[Language, Outcome]]
    language_ranks: Mapping[str, Mapping[Language, float]] = field(default_factory=dict)
    answer: MarkedAnswer | None = None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Every question's result and the seconds each stage took in all."""

    results: tuple[AskedResult, ...]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: some of `STAGES`, whether answers are marked too, and peers (name to ranker) to run beside."""

    stages: tuple[str, ...] = STAGES
    answers: bool = False
    peers: Mapping[str, Ranker] = field(default_factory=dict)


class _Prepared:
    """An encoder that has encoded the questions already, in batches."""

    def __init__(self, encoder: Encoder, vectors: Mapping[str, Vectors]) -> None:
        self._encoder, self._vectors = encoder, vectors
        self.identity: EncoderIdentity = encoder.identity
        self.max_tokens, self.floor = encoder.max_tokens, encoder.floor
        self.count_tokens, self.encode_passages = encoder.count_tokens, encoder.encode_passages
        self.pieces = encoder.pieces

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return the vectors, (questions, dimension)."""
        return np.stack([self._vectors[question] for question in questions])


def evaluate(collection: Collection, models: Models, settings: Settings, plan: Plan, on_step: OnStep) -> Evaluated:
    """Ask every question and judge each stage.

    An article stands where its best passage does. The legs `bm25` and `dense` rank all they can; `fused` and
    `reranked` are the product's, at the settings' depths, the fused candidates that were not reranked following in
    their order. Where answers are known, the one marked in the final first passage is compared with them.
    """
    start = perf_counter()
    vectors = _encode(collection.questions, models.encoder, on_step)
    encoding = (perf_counter() - start) / max(1, len(collection.questions))
    prepared = replace(models, encoder=_Prepared(models.encoder, vectors))
    depth = settings.rerank_depth if "reranked" in plan.stages else 0
    searcher = Searcher(collection.store, prepared, settings.candidates, depth)
    every = min(RANKED_PASSAGES, collection.store.passage_count())
    # All passages, without asking for words in languages of which there are none.
    whole = Selection(tuple(collection.store.language_counts()))
    seconds: defaultdict[str, float] = defaultdict(float)
    results = []
    for done, question in enumerate(collection.questions):
        on_step("ask", done, len(collection.questions))
        marks = plan.answers and bool(question.answers)
        found = searcher.search(question.text, 1 if marks else 0, whole)
        terms = question_terms(question.text, found.language, models.translations)
        matching = partial(collection.store.matching, terms, every, whole)
        nearest = partial(collection.store.nearest, vectors[question.text.strip()], every, whole)
        ranks = _rankings(question, found, matching, nearest)
        rankings = {stage: ranks[stage]() for stage in plan.stages}
        for stage in plan.stages:
            seconds[stage] += sum(found.seconds.get(step, 0.0) for step in _STEPS[stage])
            seconds[stage] += encoding if "encode" in _STEPS[stage] else 0.0
        for name, rank in plan.peers.items():
            start = perf_counter()
            rankings[name] = rank(question.text)
            seconds[name] += perf_counter() - start
        results.append(_judged(question, found, rankings, collection, marks))
    on_step("ask", len(results), len(results))
    return Evaluated(tuple(results), dict(seconds))


def _encode(questions: Sequence[LabelledQuestion], encoder: Encoder, on_step: OnStep) -> dict[str, Vectors]:
    texts = list(dict.fromkeys(question.text.strip() for question in questions))
    vectors: dict[str, Vectors] = {}
    for first in range(0, len(texts), _ENCODE_SIZE):
        on_step("encode", first, len(texts))
        group = texts[first : first + _ENCODE_SIZE]
        vectors |= zip(group, encoder.encode_questions(group), strict=True)
    return vectors


def _rankings(
    question: LabelledQuestion, found: SearchResult, matching: Leg, nearest: Leg
) -> dict[str, Callable[[], Ranking]]:
    return {
        "bm25": lambda: _best(matching(), question.unit),
        "dense": lambda: _best(nearest(), question.unit),
        "fused": lambda: _in_order(found.rankings.get("fused", ()), question.unit),
        "reranked": lambda: final_ranking(found, question.unit),
    }


def final_ranking(found: SearchResult, unit: Unit) -> Ranking:
    """Return articles or passages as a search ranks them: the reranked first, the other fused ones after."""
    return _in_order((*found.rankings.get("reranked", ()), *found.rankings.get("fused", ())), unit)


def _judged(
    question: LabelledQuestion,
    found: SearchResult,
    rankings: Mapping[str, Ranking],
    collection: Collection,
    marks: bool,
) -> AskedResult:
    languages = collection.languages[question.unit]
    right: dict[Language, set[str]] = {}
    for name in question.relevant:
        right.setdefault(languages[name], set()).add(name)
    outcomes = {stage: judge(ranking, question.relevant, len(languages)) for stage, ranking in rankings.items()}
    answer = None
    if marks:
        marked = found.hits[0].answer if found.hits else None
        text = marked.text if marked else ""
        answer = MarkedAnswer(text, exact_match(text, question.answers), f1(text, question.answers))
    return AskedResult(
        id=question.id,
        question=question.text,
        language=found.language,
        right=tuple(question.relevant),
        outcomes=outcomes,
        by_language={
            stage: judge_by_language(ranking, question.relevant, languages)
            if len(right) > 1
            else dict.fromkeys(right, outcomes[stage])
            for stage, ranking in rankings.items()
        },
        language_ranks={
            stage: {language: expected_rank(ranking, names, len(languages)) for language, names in right.items()}
            for stage, ranking in rankings.items()
            if len(right) > 1
        },
        answer=answer,
    )


def _id(hit: ScoredPassage, unit: Unit) -> str:
    return hit.passage.article.name if unit == "article" else hit.passage.id


def _best(hits: Sequence[ScoredPassage], unit: Unit) -> Ranking:
    """Return articles or passages with the score of their best passage, best first."""
    best: dict[str, float] = {}
    for hit in hits:
        best.setdefault(_id(hit, unit), hit.score)
    return list(best.items())


def _in_order(hits: Sequence[ScoredPassage], unit: Unit) -> Ranking:
    """Return articles or passages in the order they come first; the searcher has broken ties already."""
    names = dict.fromkeys(_id(hit, unit) for hit in hits)
    return [(name, -float(place)) for place, name in enumerate(names)]
