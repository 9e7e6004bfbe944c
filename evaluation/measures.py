"""How well rankings place the right documents.

Top-mean to MRR follow the model page of cmarkea/bloomz-560m-retriever-v2: the rank of the right
passage among all passages of the collection. nDCG, recall and average precision are `ir_measures`'.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import ir_measures
import numpy as np
from ir_measures import AP, R, nDCG

from evaluation.datasets import Dataset
from retrieval.passages import Language

Ranking = Sequence[tuple[str, float]]
"""Document ids and scores, best first; a document that is not in it was not found."""

LIBRARY_MEASURES = (nDCG @ 10, R @ 100, AP)


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


def measure(rankings: Mapping[str, Ranking], dataset: Dataset) -> Measures:
    """Measure one stage from its ranking of every question (question id to ranking, empty allowed).

    Top-mean, Top-std (of the population), Top-k (rank at most k) and MRR use `expected_rank`: two
    documents tied for the first place have rank 1.5, which is not a Top-1 and counts 1 / 1.5 in MRR.
    nDCG@10, recall@100 and MAP see only what was ranked; there, of documents with the same score the
    relevant ones come last, so a tie never helps. Raises ValueError where `rankings` does not cover
    exactly the questions, or a ranking names an unknown document or is one `expected_rank` refuses.
    """
    question_ids = {question.id for question in dataset.questions}
    if not question_ids or rankings.keys() != question_ids:
        difference = sorted(rankings.keys() ^ question_ids)[:3]
        raise ValueError(f"one ranking per question is needed and at least one question; differing: {difference}")
    ranks = []
    library_rows = []
    missed = 0
    for question in dataset.questions:
        ranking = rankings[question.id]
        ranked_ids = {document_id for document_id, _ in ranking}
        if not ranked_ids <= dataset.documents.keys():
            unknown = sorted(ranked_ids - dataset.documents.keys())[:3]
            raise ValueError(f"the ranking of {question.id} names unknown documents: {unknown}")
        ranks.append(expected_rank(ranking, question.relevant, len(dataset.documents)))
        library_rows.append(_library_values(ranking, question.relevant))
        missed += ranked_ids.isdisjoint(question.relevant)
    rank = np.array(ranks)
    ndcg10, recall100, average_precision = 100 * np.mean(library_rows, axis=0)
    return Measures(
        top_mean=float(rank.mean()),
        top_std=float(rank.std()),
        top1=float(100 * (rank <= 1).mean()),
        top5=float(100 * (rank <= 5).mean()),
        top10=float(100 * (rank <= 10).mean()),
        mrr=float(100 * (1 / rank).mean()),
        ndcg10=float(ndcg10),
        recall100=float(recall100),
        map=float(average_precision),
        missed=missed,
        questions=len(ranks),
    )


def mean_ranks(
    rankings: Mapping[str, Ranking], dataset: Dataset, languages: Mapping[str, Language]
) -> dict[Language, float]:
    """Return the mean rank of the relevant documents in each language, as `expected_rank` counts.

    `languages` gives each document's. Where a question is answered in several languages equally well, the gaps
    between these means are the bias of a ranking between languages (compare LAReQA, Roy et al. 2020).
    """
    ranks: dict[Language, list[float]] = {}
    for question in dataset.questions:
        for document_id in question.relevant:
            rank = expected_rank(rankings[question.id], {document_id}, len(dataset.documents))
            ranks.setdefault(languages[document_id], []).append(rank)
    return {language: float(np.mean(found)) for language, found in sorted(ranks.items())}


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


def _library_values(ranking: Ranking, relevant: Mapping[str, int]) -> list[float]:
    """Return nDCG@10, recall@100 and average precision of one question, in 0-1."""
    ordered = sorted(ranking, key=lambda scored: (-scored[1], relevant.get(scored[0], 0)))
    # trec_eval, underneath, keeps scores as 32-bit floats and orders equal ones by id, descending:
    # whole numbers counting down leave it no tie to break.
    run = {document_id: float(len(ordered) - i) for i, (document_id, _) in enumerate(ordered)}
    values = ir_measures.calc_aggregate(LIBRARY_MEASURES, {"": dict(relevant)}, {"": run})
    return [float(values[wanted]) for wanted in LIBRARY_MEASURES]
