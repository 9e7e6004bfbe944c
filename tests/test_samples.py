"""End to end on the samples: real files, bundled models, the embedded engine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from retrieval.opening import make_searcher
from retrieval.passages import SearchResult
from retrieval.search import Models
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from tests.samples import ARTICLES, SampleQuestion, sample_questions


@pytest.fixture(scope="module")
def results(built_samples: Path, bundled_models: Models) -> Iterator[list[tuple[SampleQuestion, SearchResult]]]:
    """Ask every sample question once."""
    with closing(PassageStore(EdgeBackend(built_samples), bundled_models.encoder.identity)) as store:
        searcher = make_searcher(Settings(), store, bundled_models)
        yield [(asked, searcher.search(asked.question, limit=5)) for asked in sample_questions()]


def found_in_top_3(results: list[tuple[SampleQuestion, SearchResult]], is_cross_language: bool) -> float:
    """Return the share of questions with a right article among the first three passages."""
    found = [
        any(hit.passage.article.name in asked.articles for hit in result.hits[:3])
        for asked, result in results
        if asked.is_cross_language == is_cross_language
    ]
    return sum(found) / len(found)


def test_same_language_questions_find_their_article(results: list[tuple[SampleQuestion, SearchResult]]) -> None:
    """At least 95 % in the first three."""
    assert found_in_top_3(results, is_cross_language=False) >= 0.95


def test_cross_language_questions_find_their_article(results: list[tuple[SampleQuestion, SearchResult]]) -> None:
    """At least 85 % in the first three."""
    assert found_in_top_3(results, is_cross_language=True) >= 0.85


def test_question_languages_are_detected(results: list[tuple[SampleQuestion, SearchResult]]) -> None:
    """At least 99 % of whole questions."""
    right = [asked.language == result.language for asked, result in results]
    assert sum(right) / len(right) >= 0.99


def test_every_answer_lies_in_its_passage(results: list[tuple[SampleQuestion, SearchResult]]) -> None:
    """What is marked is what the passage says there."""
    answers = [(hit.passage, hit.answer) for _, result in results for hit in result.hits if hit.answer]
    assert len(answers) > 800
    for passage, answer in answers:
        assert passage.text[answer.start : answer.end] == answer.text != ""
        assert 0 <= answer.confidence <= 1


def test_the_samples_are_what_the_readme_says() -> None:
    """At least 60 articles of substance and 120 questions, in all nine directions, answers in their articles."""
    languages = Counter(path.suffixes[0] for path in ARTICLES)
    assert len(ARTICLES) >= 60
    assert set(languages) == {".fr", ".en", ".zh"}
    topics = Counter(path.name.split(".")[0] for path in ARTICLES)
    assert sum(count == 3 for count in topics.values()) >= 18
    assert any(count < 3 for count in topics.values())
    texts = {path.name: path.read_text(encoding="utf-8") for path in ARTICLES}
    for name, text in texts.items():
        size = len(re.findall(r"[\u4e00-\u9fff]", text)) if ".zh." in name else len(text.split())
        assert 300 <= size <= 1300, name
    questions = sample_questions()
    assert len({asked.question for asked in questions}) == len(questions) >= 120
    assert len({(asked.language, asked.articles[0].split(".")[1]) for asked in questions}) == 9
    for asked in questions:
        assert asked.answer in texts[asked.articles[0]], asked.question
