"""BM25 weights by their formula, and whole rankings against rank_bm25."""

from __future__ import annotations

import json
from collections import Counter
from math import log
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from retrieval.bm25 import (
    AVERAGE_LENGTH,
    K1,
    B,
    SparseVector,
    matched_spans,
    passage_vector,
    question_vector,
    term_weight,
)
from retrieval.text import tokenize

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


def test_term_weight_is_the_formula() -> None:
    """Weights at the average length, above and below it."""
    assert term_weight(1, 128) == pytest.approx(1 * 2.2 / (1 + 1.2))
    assert term_weight(3, 128) == pytest.approx(3 * 2.2 / (3 + 1.2))
    assert term_weight(2, 256) == pytest.approx(2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 2)))
    assert term_weight(2, 64) == pytest.approx(2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 / 2)))


def test_term_weight_grows_with_count_and_saturates() -> None:
    """More occurrences weigh more, a longer passage less, and no weight reaches K1 + 1."""
    weights = [term_weight(count, 128) for count in (1, 2, 5, 100)]
    assert weights == sorted(weights)
    assert weights[-1] < K1 + 1
    assert term_weight(1, 64) > term_weight(1, 128) > term_weight(1, 1000)


def test_passage_vector_counts_terms() -> None:
    """Three tokens, one of them twice: ids are the CRC-32 of the tokens, ascending."""
    expected = {crc32(b"pont"): term_weight(2, 3), crc32(b"ete"): term_weight(1, 3)}
    vector = passage_vector("Pont d'été, ponts")
    assert vector.indices == tuple(sorted(expected))
    assert vector.values == tuple(expected[index] for index in vector.indices)


def test_question_vector_weighs_each_term_once() -> None:
    """A word asked twice still has weight 1."""
    vector = question_vector("pont pont 长城 wall")
    assert vector.indices == tuple(sorted(crc32(token.encode()) for token in ("pont", "长城", "wall")))
    assert vector.values == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("text", ["", "  ", "?!", "the of", "😀"])
def test_no_terms_no_weights(text: str) -> None:
    """Text without tokens gives an empty vector on both sides."""
    assert question_vector(text) == passage_vector(text) == SparseVector((), ())


def test_terms_with_one_id_are_added() -> None:
    """Two words with the same CRC-32 share a place, so ids stay unique, as the engine demands."""
    first, second = "plumless", "buckeroo"  # the well-known pair of English words
    assert crc32(first.encode()) == crc32(second.encode())
    assert tokenize(f"{first} {second}") == [first, second]
    assert question_vector(f"{first} {second}").values == (2.0,)


@pytest.fixture(scope="module")
def paragraphs() -> list[str]:
    """Return every paragraph of the sample articles, headings left out."""
    return [
        paragraph
        for file in sorted((SAMPLES / "articles").glob("*.md"))
        for paragraph in file.read_text(encoding="utf-8").split("\n\n")
        if not paragraph.startswith("#")
    ]


@pytest.fixture(scope="module")
def questions() -> list[str]:
    """Return the sample questions whose article is in their own language."""
    rows = [json.loads(line) for line in (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    return [row["question"] for row in rows if f".{row['language']}.md" in row["articles"][0]]


def our_idf(vectors: list[SparseVector]) -> dict[int, float]:
    """Return the engine's inverse document frequency of every term id, by its formula."""
    found = Counter(index for vector in vectors for index in vector.indices)
    return {index: log(1 + (len(vectors) - n + 0.5) / (n + 0.5)) for index, n in found.items()}


def our_scores(question: str, vectors: list[SparseVector], idf: dict[int, float]) -> NDArray[np.float64]:
    """Return the sparse dot products that the engine takes, with idf on the question's side."""
    asked = {index: idf.get(index, 0.0) for index in question_vector(question).indices}
    return np.array(
        [sum(asked.get(i, 0.0) * v for i, v in zip(vector.indices, vector.values, strict=True)) for vector in vectors]
    )


def test_scores_equal_rank_bm25(paragraphs: list[str], questions: list[str]) -> None:
    """With our idf and average length set in it, rank_bm25 gives the same scores to 1e-9."""
    vectors = [passage_vector(text) for text in paragraphs]
    idf = our_idf(vectors)
    reference = BM25Okapi([tokenize(text) for text in paragraphs], k1=K1, b=B)
    reference.idf = {term: idf[crc32(term.encode())] for term in reference.idf}
    reference.avgdl = AVERAGE_LENGTH
    for question in questions:
        expected = reference.get_scores(list(dict.fromkeys(tokenize(question))))
        np.testing.assert_allclose(our_scores(question, vectors, idf), expected, rtol=0, atol=1e-9)


def test_first_paragraph_is_that_of_rank_bm25(paragraphs: list[str], questions: list[str]) -> None:
    """rank_bm25 untouched has the same first paragraph for 95 % of the questions."""
    vectors = [passage_vector(text) for text in paragraphs]
    idf = our_idf(vectors)
    reference = BM25Okapi([tokenize(text) for text in paragraphs])
    same = [
        int(our_scores(question, vectors, idf).argmax()) == int(reference.get_scores(tokenize(question)).argmax())
        for question in questions
    ]
    assert len(same) >= 60
    assert np.mean(same) >= 0.95


@pytest.mark.parametrize(
    ("text", "question", "marked"),
    [
        ("Les fêtes de l’été à Paris", "a summer fete in Paris", ["fêtes", "Paris"]),
        ("人口有1,204人", "1204", ["1,204"]),
        ("臺灣的茶葉", "台湾茶叶", ["臺灣", "茶葉"]),
        ("北京市民", "北京市", ["北京市"]),
        ("the tea is here", "what is the", []),
        ("e\u0301te\u0301 rouge", "été", ["e\u0301te\u0301"]),
        ("", "tea", []),
    ],
)
def test_where_a_text_has_a_questions_words(text: str, question: str, marked: list[str]) -> None:
    """By the tokens, shown as written; pairs of Chinese characters that overlap are one."""
    assert [text[start:end] for start, end in matched_spans(text, question_vector(question).indices)] == marked
