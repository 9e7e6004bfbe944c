"""The report's stable names and its table."""

from __future__ import annotations

import json

from evaluation.measures import Measures
from evaluation.report import StageResult, to_json, to_table

BM25 = StageResult(Measures(16.8, 100.8, 71.7, 88.3, 91.8, 79.2, 80.456, 97.5, 78.9, 12, 5921), 463.07)
RERANKED = StageResult(Measures(1.5, 2.5, 84.0, 95.0, 99.25, 90.0, 92.0, 100.0, 90.0, 0, 5921), 1.24)
RESULTS = {"squad2-fr2fr": {"bm25": BM25, "reranked": RERANKED}, "pool": {"bm25": BM25}}

TABLE = """\
squad2-fr2fr
Stage     Top-mean  Top-std  Top-1  Top-5  Top-10    MRR  nDCG@10  Recall@100   Missed  Questions/s
bm25         16.80   100.80  71.70  88.30   91.80  79.20    80.46       97.50  12/5921        463.1
reranked      1.50     2.50  84.00  95.00   99.25  90.00    92.00      100.00   0/5921          1.2

pool
Stage  Top-mean  Top-std  Top-1  Top-5  Top-10    MRR  nDCG@10  Recall@100   Missed  Questions/s
bm25      16.80   100.80  71.70  88.30   91.80  79.20    80.46       97.50  12/5921        463.1
"""


def test_mean_ranks_by_language_are_a_line_of_their_own() -> None:
    """With the gap between the first and the last language."""
    biased = StageResult(BM25.measures, 10.0, {"en": 2.0, "fr": 3.5, "zh": 7.25})
    assert to_table({"pool": {"dense": biased}}).splitlines()[-1] == (
        "dense: mean rank of the right documents en 2.00, fr 3.50, zh 7.25; largest gap 5.25"
    )
    assert to_json({"pool": {"dense": biased}})["pool"]["dense"]["mean_rank_zh"] == 7.25


def test_json_names_are_stable() -> None:
    """Every name and unrounded value is there, under folder and stage."""
    report = to_json(RESULTS)
    assert report["squad2-fr2fr"]["bm25"] == {
        "top_mean": 16.8,
        "top_std": 100.8,
        "top1": 71.7,
        "top5": 88.3,
        "top10": 91.8,
        "mrr": 79.2,
        "ndcg10": 80.456,
        "recall100": 97.5,
        "map": 78.9,
        "missed": 12,
        "questions": 5921,
        "questions_per_second": 463.07,
        "intervals": {},
        "pairs": {},
    }
    assert {folder: list(stages) for folder, stages in report.items()} == {
        "squad2-fr2fr": ["bm25", "reranked"],
        "pool": ["bm25"],
    }


def test_json_can_be_written_and_read_back() -> None:
    """The report survives a trip through JSON text."""
    report = to_json(RESULTS)
    assert json.loads(json.dumps(report)) == report


def test_table_is_aligned() -> None:
    """One table per folder, a line per stage, numbers under the right end of their headings."""
    assert to_table(RESULTS) == TABLE


def test_table_fits_120_columns() -> None:
    """Ranks in the hundred thousands and full percentages still leave a line of 120."""
    widest = Measures(123456.78, 123456.78, 100, 100, 100, 100, 100, 100, 100, 123456, 123456)
    table = to_table({"folder": {"reranked": StageResult(widest, 12345.6)}})
    assert max(map(len, table.splitlines())) <= 120


def test_nothing_measured_gives_an_empty_report() -> None:
    """No folder gives no table and an empty object."""
    assert to_table({}) == ""
    assert to_json({}) == {}
