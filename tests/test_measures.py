"""Measures against values worked out by hand and against independent implementations."""

from __future__ import annotations

from math import log2, sqrt

import numpy as np
import pytest
import pytrec_eval
from scipy.stats import rankdata  # type: ignore[import-untyped]

from evaluation.datasets import Dataset, LabelledQuestion
from evaluation.measures import Measures, Ranking, expected_rank, judge, judge_by_language, summarise


def dataset(document_count: int, relevant: list[dict[str, int]]) -> Dataset:
    """Return documents d0, d1, … and one question q0, q1, … per entry of `relevant`."""
    documents = {f"d{i}": ("", "") for i in range(document_count)}
    questions = tuple(LabelledQuestion(f"q{i}", "?", None, grades) for i, grades in enumerate(relevant))
    return Dataset("fake", documents, questions)


def measure(rankings: dict[str, Ranking], data: Dataset) -> Measures:
    """Judge every question's ranking and sum up."""
    return summarise(
        [judge(rankings[question.id], question.relevant, len(data.documents)) for question in data.questions]
    )


def test_rank_without_ties() -> None:
    """The third of four has rank 3."""
    assert expected_rank([("d3", 4), ("d0", 3), ("d2", 2), ("d1", 1)], {"d2"}, 4) == 3


def test_best_placed_relevant_document_counts() -> None:
    """Of relevant documents at 2 and 3, and one not ranked, rank 2 counts."""
    assert expected_rank([("d3", 4), ("d0", 3), ("d2", 2)], {"d0", "d2", "d4"}, 5) == 2


def test_tied_documents_share_the_mean_rank() -> None:
    """Ranks 2, 3 and 4 are tied, wherever in the tie the relevant document is written."""
    for relevant_id in ("d1", "d2", "d3"):
        ranking: Ranking = [("d0", 2.5), ("d1", 1), ("d2", 1), ("d3", 1), ("d4", 0)]
        assert expected_rank(ranking, {relevant_id}, 5) == (2 + 3 + 4) / 3


@pytest.mark.parametrize(("ranked", "rank"), [(0, (1 + 2 + 3 + 4 + 5) / 5), (2, (3 + 4 + 5) / 3), (4, 5)])
def test_missing_documents_are_tied_behind_the_ranked(ranked: int, rank: float) -> None:
    """Of five documents those not ranked share the ranks that remain."""
    ranking = [(f"d{i}", -float(i)) for i in range(ranked)]
    assert expected_rank(ranking, {"d4"}, 5) == rank


@pytest.mark.parametrize(
    ("ranking", "relevant_ids", "message"),
    [
        ([("d0", 1), ("d1", 2)], {"d0"}, "best first"),
        ([("d0", float("nan")), ("d1", 2)], {"d0"}, "best first"),
        ([("d0", 2), ("d0", 1)], {"d0"}, "once"),
        ([("d0", 2), ("d1", 1)], {"d2"}, "more than 2"),
        ([("d0", 2), ("d1", 1)], set(), "at least one relevant"),
    ],
)
def test_refuses_what_is_no_ranking(ranking: Ranking, relevant_ids: set[str], message: str) -> None:
    """Unsorted, repeated, foreign and unlabelled input is an error, never a wrong rank."""
    with pytest.raises(ValueError, match=message):
        expected_rank(ranking, relevant_ids, 2)


def test_measures_by_hand() -> None:
    """Four questions over 20 documents: first, tied at 1.5, sixth, missed behind two."""
    data = dataset(20, [{"d0": 1}, {"d1": 1}, {"d2": 1}, {"d3": 1}])
    rankings: dict[str, Ranking] = {
        "q0": [("d0", 0.9), ("d5", 0.8)],
        "q1": [("d1", 7), ("d5", 7), ("d6", 1)],
        "q2": [("d5", 6), ("d6", 5), ("d7", 4), ("d8", 3), ("d9", 2), ("d2", 1)],
        "q3": [("d5", 2), ("d6", 1)],
    }
    ranks = [1, 1.5, 6, (3 + 20) / 2]
    mean = sum(ranks) / 4
    result = measure(rankings, data)
    expected = Measures(
        top_mean=mean,
        top_std=sqrt(sum((rank - mean) ** 2 for rank in ranks) / 4),
        top1=100 * 1 / 4,
        top5=100 * 2 / 4,
        top10=100 * 3 / 4,
        mrr=100 * (1 + 1 / 1.5 + 1 / 6 + 1 / 11.5) / 4,
        # The tie of q1 is resolved against the relevant document: second place.
        ndcg10=100 * (1 + 1 / log2(3) + 1 / log2(7) + 0) / 4,
        recall100=100 * 3 / 4,
        map=100 * (1 + 1 / 2 + 1 / 6 + 0) / 4,
        missed=1,
        questions=4,
    )
    for name in Measures.__slots__:
        assert getattr(result, name) == pytest.approx(getattr(expected, name), rel=1e-12), name


def test_graded_documents_by_hand() -> None:
    """Grade 1 placed first, grade 3 second and another 1 missed: all three count in nDCG and MAP."""
    data = dataset(9, [{"d0": 3, "d1": 1, "d2": 1}])
    result = measure({"q0": [("d1", 0.2), ("d0", 0.1)]}, data)
    ideal = 3 + 1 / log2(3) + 1 / log2(4)
    assert result.ndcg10 == pytest.approx(100 * (1 + 3 / log2(3)) / ideal, rel=1e-12)
    assert result.map == pytest.approx(100 * (1 / 1 + 2 / 2 + 0) / 3, rel=1e-12)
    assert result.recall100 == pytest.approx(100 * 2 / 3, rel=1e-12)
    assert (result.top_mean, result.mrr, result.missed) == (1, 100, 0)


def test_cut_offs_are_10_and_100() -> None:
    """Documents at ranks 10 and 100 are inside, at 11 and 101 outside."""
    data = dataset(200, [{f"d{rank - 1}": 1} for rank in (10, 11, 100, 101)])
    ranking = [(f"d{i}", float(-i)) for i in range(200)]
    result = measure({f"q{i}": ranking for i in range(4)}, data)
    assert result.ndcg10 == pytest.approx(100 * (1 / log2(11)) / 4, rel=1e-12)
    assert result.recall100 == 100 * 3 / 4
    assert result.top10 == 100 * 1 / 4


def test_scores_closer_than_32_bits_keep_their_order() -> None:
    """A difference the library's 32-bit floats would lose, and which its id order would reverse, counts."""
    result = measure({"q0": [("d0", 1 + 1e-12), ("d9", 1)]}, dataset(10, [{"d0": 1}]))
    assert (result.top1, result.ndcg10, result.map) == (100, 100, 100)


@pytest.mark.parametrize("relevant_id", ["d0", "d50", "d99"])
def test_scoring_everything_zero_gains_nothing(relevant_id: str) -> None:
    """A stage that ties all 100 documents gets the mean rank and places the relevant one last."""
    ranking = [(f"d{i}", 0.0) for i in range(100)]
    result = measure({"q0": ranking}, dataset(100, [{relevant_id: 1}]))
    assert (result.top_mean, result.top_std, result.top1, result.top10) == (101 / 2, 0, 0, 0)
    assert result.mrr == pytest.approx(100 / 50.5, rel=1e-12)
    assert result.ndcg10 == 0
    assert result.map == pytest.approx(100 / 100, rel=1e-12)


def test_finding_nothing_equals_tying_everything() -> None:
    """An empty ranking has the mean rank too, and counts as missed."""
    result = measure({"q0": []}, dataset(100, [{"d7": 1}]))
    assert (result.top_mean, result.missed) == (101 / 2, 1)
    assert (result.ndcg10, result.recall100, result.map) == (0, 0, 0)


def test_refuses_a_dataset_without_questions() -> None:
    """The mean of no rank is an error, not NaN."""
    with pytest.raises(ValueError, match="at least one question"):
        measure({}, dataset(2, []))


def random_case(rng: np.random.Generator, document_count: int) -> tuple[dict[str, float], dict[str, int]]:
    """Return coarse scores (many ties) of some documents, and graded relevant documents of all."""
    ids = [f"d{i}" for i in range(document_count)]
    scored = rng.permutation(ids)[: rng.integers(0, document_count + 1)]
    relevant = rng.permutation(ids)[: rng.integers(1, 6)]
    return (
        {str(i): float(rng.integers(0, document_count // 3)) for i in scored},
        {str(i): int(rng.integers(1, 4)) for i in relevant},
    )


@pytest.mark.parametrize("document_count", [30, 300])
def test_agrees_with_independent_implementations(document_count: int) -> None:
    """On random rankings with ties and gaps: scipy's tied ranks, and pytrec_eval with relevant ties last."""
    rng = np.random.default_rng(20240501)
    cases = [random_case(rng, document_count) for _ in range(60)]
    data = dataset(document_count, [relevant for _, relevant in cases])
    rankings = {f"q{i}": sorted(scores.items(), key=lambda scored: -scored[1]) for i, (scores, _) in enumerate(cases)}
    result = measure(rankings, data)

    ranks = []
    for scores, relevant in cases:
        ascending = [-scores.get(document_id, -1.0) for document_id in data.documents]
        tied_ranks = dict(zip(data.documents, rankdata(ascending, method="average"), strict=True))
        ranks.append(min(tied_ranks[document_id] for document_id in relevant))
    assert result.top_mean == pytest.approx(np.mean(ranks), rel=1e-12)
    assert result.top_std == pytest.approx(np.std(ranks), rel=1e-12)
    assert result.mrr == pytest.approx(100 * np.mean(1 / np.array(ranks)), rel=1e-12)
    for name, k in (("top1", 1), ("top5", 5), ("top10", 10)):
        assert getattr(result, name) == pytest.approx(100 * np.mean(np.array(ranks) <= k), rel=1e-12)
    assert result.missed == sum(not scores.keys() & relevant.keys() for scores, relevant in cases)

    # Lowering a whole-number score by a tenth per grade moves a document behind its ties only.
    run = {
        f"q{i}": {name: score - 0.1 * relevant.get(name, 0) for name, score in scores.items()}
        for i, (scores, relevant) in enumerate(cases)
    }
    qrels = {f"q{i}": relevant for i, (_, relevant) in enumerate(cases)}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut_10", "recall_100", "map"})
    found = evaluator.evaluate(run)
    for name, their_name in (("ndcg10", "ndcg_cut_10"), ("recall100", "recall_100"), ("map", "map")):
        total = sum(row[their_name] for row in found.values())
        assert getattr(result, name) == pytest.approx(100 * total / len(cases), rel=1e-12), name


def test_outcomes_by_language() -> None:
    """The French one is at 3 behind a Chinese right one, which does not count against it: 2 of the three others."""
    ranking = [("d3", 4), ("d1", 3), ("d0", 2)]
    found = judge_by_language(ranking, {"d0": 1, "d1": 1}, {"d0": "fr", "d1": "zh", "d2": "en", "d3": "en"})
    assert {language: outcome.rank for language, outcome in found.items()} == {"fr": 2, "zh": 2}
    missing = judge_by_language(ranking[:1], {"d0": 1, "d1": 1}, {"d0": "fr", "d1": "zh", "d2": "en", "d3": "en"})
    assert missing["fr"].rank == (2 + 3) / 2
    assert not missing["fr"].found
