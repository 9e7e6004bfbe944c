"""How well rankings place the right documents.

Top-mean to MRR follow the model page of cmarkea/bloomz-560m-retriever-v2: the rank of the right
passage among all passages of the collection. nDCG, recall and average precision are trec_eval's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2

import numpy as np
from numpy.typing import NDArray

from retrieval.passages import Language

Ranking = Sequence[tuple[str, float]]
"""Document ids and scores, best first; a document that is not in it was not found."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where one question's right documents stand: `rank` from 1, the other floats in 0-1."""

    rank: float
    ndcg10: float
    recall100: float
    average_precision: float
    found: bool


@dataclass(frozen=True, slots=True)
class Measures:
    """What a stage reached: `top_mean` and `top_std` in ranks, the other floats in percent.

    `missed` counts the questions with no right document in the ranking.
    """

    top_mean: float
    top_std: float
    top1: float
    top5: float
    top10: float
    mrr: float
    ndcg10: float
    recall100: float
    map: float
    missed: int
    questions: int


MEASURE_NAMES = ("top_mean", "top_std", "top1", "top5", "top10", "mrr", "ndcg10", "recall100", "map")


def expected_rank(ranking: Ranking, relevant_ids: Collection[str], document_count: int) -> float:
    """Return the rank, from 1, of the best-placed relevant document.

    Documents with the same score all have the mean of the ranks they share, so a ranking that ties
    everything gains nothing. Documents absent from the ranking are tied behind it: with n ranked of
    N, each has (n + 1 + N) / 2. Raises ValueError for a ranking that is not best first, repeats a
    document or does not fit into `document_count` documents, and for no relevant document.
    """
    _check_ranking(ranking, relevant_ids, document_count)
    found = [score for document_id, score in ranking if document_id in relevant_ids]
    if not found:
        return (len(ranking) + 1 + document_count) / 2
    above = sum(score > found[0] for _, score in ranking)
    tied = sum(score == found[0] for _, score in ranking)
    return above + (tied + 1) / 2


def judge(ranking: Ranking, relevant: Mapping[str, int], document_count: int) -> Outcome:
    """Measure one question's ranking (empty allowed) against its graded right documents.

    The rank is `expected_rank`, with its errors. nDCG (gain = grade, discount log2(1 + rank)), recall and average
    precision see only what was ranked; there, of documents with the same score the right ones come last, so a tie
    never helps.
    """
    rank = expected_rank(ranking, relevant.keys(), document_count)
    ordered = sorted(ranking, key=lambda scored: (-scored[1], relevant.get(scored[0], 0)))
    hits = [(place, relevant[name]) for place, (name, _) in enumerate(ordered, start=1) if name in relevant]
    ideal = _gain(enumerate(sorted(relevant.values(), reverse=True), start=1))
    return Outcome(
        rank=rank,
        ndcg10=_gain(hits) / ideal,
        recall100=sum(place <= 100 for place, _ in hits) / len(relevant),
        average_precision=sum(number / place for number, (place, _) in enumerate(hits, start=1)) / len(relevant),
        found=bool(hits),
    )


def _gain(places: Iterable[tuple[int, int]]) -> float:
    return sum(grade / log2(1 + place) for place, grade in places if place <= 10)


def judge_by_language(
    ranking: Ranking, relevant: Mapping[str, int], languages: Mapping[str, Language]
) -> dict[Language, Outcome]:
    """Return the outcome for the right documents of each language, those in other languages left out of the ranking.

    `languages` gives the language of every document of the collection.
    """
    outcomes: dict[Language, Outcome] = {}
    for language in sorted({languages[name] for name in relevant}):
        own = {name: grade for name, grade in relevant.items() if languages[name] == language}
        others = relevant.keys() - own.keys()
        rest = [scored for scored in ranking if scored[0] not in others]
        outcomes[language] = judge(rest, own, len(languages) - len(others))
    return outcomes


def columns(outcomes: Sequence[Outcome]) -> NDArray[np.float64]:
    """Return (questions, 9): rank, its square, whether it is at most 1, 5 and 10, 1 / rank, nDCG, recall, precision."""
    rows = np.array([(o.rank, o.ndcg10, o.recall100, o.average_precision) for o in outcomes], np.float64)
    rank = rows[:, 0]
    return np.column_stack([rank, rank**2, rank <= 1, rank <= 5, rank <= 10, 1 / rank, rows[:, 1:]])


def from_means(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn means of `columns`, (…, 9), into the values named in `MEASURE_NAMES`, (…, 9)."""
    variance = np.maximum(means[..., 1] - means[..., 0] ** 2, 0)
    return np.concatenate([means[..., :1], np.sqrt(variance)[..., None], 100 * means[..., 2:]], axis=-1)


def summarise(outcomes: Sequence[Outcome]) -> Measures:
    """Measure one stage from its outcome on every question; ValueError for none.

    Top-std is of the population, Top-k a rank of at most k: two documents tied for the first place have rank 1.5,
    which is not a Top-1 and counts 1 / 1.5 in MRR.
    """
    if not outcomes:
        raise ValueError("at least one question is needed")
    values = map(float, from_means(columns(outcomes).mean(axis=0)))
    missed = sum(not outcome.found for outcome in outcomes)
    return Measures(**dict(zip(MEASURE_NAMES, values, strict=True)), missed=missed, questions=len(outcomes))


def _check_ranking(ranking: Ranking, relevant_ids: Collection[str], document_count: int) -> None:
    if not relevant_ids:
        raise ValueError("a question needs at least one relevant document")
    # "not >=" rather than "<": NaN must not pass.
    if any(not above >= below for (_, above), (_, below) in pairwise(ranking)):
        raise ValueError("a ranking must be sorted by score, best first")
    ranked_ids = {document_id for document_id, _ in ranking}
    if len(ranked_ids) < len(ranking):
        raise ValueError("a ranking must name each document once")
    if len(ranked_ids.union(relevant_ids)) > document_count:
        raise ValueError(f"ranked and relevant documents together are more than {document_count}")
