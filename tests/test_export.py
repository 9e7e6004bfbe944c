"""A result taken away: JSON, TREC run, HTML report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from conftest import IDENTITY, make_article

from retrieval.bm25 import question_vector
from retrieval.export import to_record, trec_run
from retrieval.ordering import make_hits
from retrieval.passages import LANGUAGES, Answer, Language, Passage, ScoredPassage, SearchResult, Stage
from retrieval.settings import Settings
from ui.report import html_report

EVIL = "<script>alert(1)</script> & tea"


def result() -> SearchResult:
    """Return a result of two passages, the second a title and text that would be markup."""
    (first,) = make_article("first.txt", "tea at noon")
    (second,) = make_article("second.txt", EVIL)
    second = replace(second, article=replace(second.article, title="<img src=x onerror=alert(2)>"))
    rankings: dict[Stage, tuple[ScoredPassage, ...]] = {
        "bm25": (_scored(first, 2.5),),
        "dense": (_scored(second, 0.75), _scored(first, 0.5)),
        "fused": (_scored(first, 1.0), _scored(second, 0.857142857)),
        "reranked": (_scored(second, 0.9), _scored(first, 0.25)),
    }
    hits = make_hits(rankings["reranked"], rankings, {second.id: Answer(0, 8, EVIL[:8], 0.9, True)})
    terms: dict[Language, frozenset[int]] = dict.fromkeys(LANGUAGES, frozenset(question_vector("tea").indices))
    return SearchResult("tea <b>?", "en", hits, rankings, {"bm25": 0.1}, True, {second.id: 0.9}, terms=terms)


def _scored(passage: Passage, score: float) -> ScoredPassage:
    return ScoredPassage(passage, score)


def test_a_run_has_one_line_a_passage() -> None:
    """Question, Q0, passage, rank, falling score and the stage as the run's name."""
    lines = trec_run(result(), "reranked", "q7").splitlines()
    first, second = (hit.passage.id for hit in result().rankings["reranked"])
    assert lines == [f"q7 Q0 {first} 1 0.900000 reranked", f"q7 Q0 {second} 2 0.250000 reranked"]
    assert trec_run(SearchResult("", "en"), "fused") == ""


def test_a_record_repeats_a_search(tmp_path: Path) -> None:
    """Stages, recipe, settings, models and versions are there, and survive JSON; a folder's place is not told."""
    settings = Settings(reranker=str(tmp_path), reader="owner/reader")
    record = to_record(result(), settings, IDENTITY)
    assert json.loads(json.dumps(record))["question"] == "tea <b>?"
    assert set(record["rankings"]) == {"bm25", "dense", "fused", "reranked"}
    assert {passage["article"] for passage in record["passages"].values()} == {"first.txt", "second.txt"}
    assert record["settings"]["reranker"] == tmp_path.name
    assert record["settings"]["reader"] == "owner/reader"
    assert record["settings"]["encoder"]["weights"] == "weights-1"
    assert record["recipe"]["lexical_weight"] == 0.45
    assert record["versions"]["trilingual-qa"]


def test_a_report_stands_alone_and_is_escaped() -> None:
    """No script, nothing to fetch, no document text as markup; the answer and the question's word are marked."""
    report = html_report(result(), to_record(result(), Settings(), IDENTITY), "fr")
    assert report.startswith('<!doctype html><html lang="fr">')
    assert "<script" not in report
    assert "<img" not in report
    assert "http" not in report
    assert "<h1>tea &lt;b&gt;?</h1>" in report
    assert "<mark>&lt;script&gt;</mark>alert(1)" in report
    assert "<u>tea</u> at noon" in report
