"""Other recipes over kept stages: the order worked out by hand, and no model asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from conftest import FirstWordReader, LetterEncoder, OverlapReranker, make_article, put, texts_of
from numpy.typing import NDArray

from retrieval.ordering import Ranking, reorder, rerank, unread
from retrieval.passages import Answer, ScoredPassage, SearchResult, Vectors
from retrieval.search import Models, Searcher
from retrieval.store.passage_store import PassageStore

# As in test_search.py: by words "bb tea", "tea.", "bbb tea."; by vectors as they stand here.
TEXTS = ("bbbbb ash", "bbb tea.", "bb tea", "b rock", "tea.")
FUSED = ["bb tea", "bbb tea.", "bbbbb ash", "tea.", "b rock"]


class Counted:
    """The calls of all three models."""

    def __init__(self) -> None:
        self.calls = 0


class CountedEncoder(LetterEncoder):
    """Counts its calls."""

    def __init__(self, counted: Counted) -> None:
        super().__init__()
        self._counted = counted

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the letter counts."""
        self._counted.calls += 1
        return super().encode_passages(texts)


class CountedReranker(OverlapReranker):
    """Counts its calls."""

    def __init__(self, counted: Counted) -> None:
        super().__init__()
        self._counted = counted

    def score(self, question: str, texts: Sequence[str]) -> NDArray:  # type: ignore[type-arg]
        """Return the shares."""
        self._counted.calls += 1
        return super().score(question, texts)


class CountedReader(FirstWordReader):
    """Counts its calls."""

    def __init__(self, counted: Counted) -> None:
        self._counted = counted

    def read(self, question: str, texts: Sequence[str]) -> list[Answer | None]:
        """Return the first words."""
        self._counted.calls += 1
        return super().read(question, texts)


@pytest.fixture
def counted() -> Counted:
    """Give a count that starts at 0."""
    return Counted()


@pytest.fixture
def searcher(store: PassageStore, counted: Counted) -> Searcher:
    """Give a searcher over `TEXTS` that reranks three."""
    put(store, make_article("one", *TEXTS))
    models = Models(CountedEncoder(counted), CountedReranker(counted), CountedReader(counted))
    return Searcher(store, models, rerank_depth=3)


@pytest.fixture
def kept(searcher: Searcher) -> SearchResult:
    """Give the result for "bb tea" with two shown."""
    return searcher.search("bb tea", limit=2, language="en")


def test_the_same_recipe_gives_the_same_result(kept: SearchResult) -> None:
    """Nothing but the times is different."""
    assert reorder(kept, kept.recipe, 2) == kept


def test_other_recipes_ask_no_model(kept: SearchResult, counted: Counted) -> None:
    """Question, scores and answers were asked for once; every other order comes from what was kept."""
    assert counted.calls == 3
    recipe = kept.recipe
    without_words = reorder(kept, replace(recipe, words=False, rerank_depth=0), 5)
    assert texts_of(without_words.hits) == list(TEXTS)
    assert without_words.rankings["bm25"] == ()
    without_vectors = reorder(kept, replace(recipe, vectors=False, rerank_depth=0), 5)
    assert texts_of(without_vectors.hits) == ["bb tea", "tea.", "bbb tea."]
    without_reranking = reorder(kept, replace(recipe, rerank_depth=0), 5)
    assert texts_of(without_reranking.hits) == FUSED
    assert "reranked" not in without_reranking.rankings
    # Words at 0.1, vectors at 0.9 * (score - 1) / 21.6: bbbbb ash 0.417; bbb tea. 0.25 and some 0.02;
    # bb tea 0.1 + 0.167; b rock 0.042; tea. some 0.03
    lighter = reorder(kept, replace(recipe, lexical_weight=0.1, rerank_depth=0), 5)
    assert texts_of(lighter.hits) == ["bbbbb ash", "bbb tea.", "bb tea", "b rock", "tea."]
    assert counted.calls == 3


def test_a_greater_depth_names_what_the_reranker_has_not_read(kept: SearchResult) -> None:
    """Three were read; the two others count as 0, behind those that tie with them in their fused order."""
    deeper = reorder(kept, replace(kept.recipe, rerank_depth=5), 5)
    assert texts_of(deeper.hits) == FUSED
    assert [hit.score for hit in deeper.hits] == [1, 0, 0, 0, 0]
    assert (unread(deeper), unread(kept), unread(reorder(kept, replace(kept.recipe, rerank_depth=0), 5))) == (2, 0, 0)


def test_answers_are_those_already_read(kept: SearchResult) -> None:
    """Two passages were read for answers; a third, newly shown, has none yet."""
    assert [hit.answer for hit in kept.hits] == [None, Answer(0, 3, "bbb", 1.0, True)]
    shown = reorder(kept, kept.recipe, 3).hits
    assert [hit.answer for hit in shown] == [None, Answer(0, 3, "bbb", 1.0, True), None]


def test_reranking_mixes_the_two_scores() -> None:
    """0.25 * relevance + 0.75 * fused; what was not read has the second part only; ties stay as they stood."""
    first, second, third = make_article("one", "first", "second", "third")
    candidates: Ranking = (ScoredPassage(first, 0.8), ScoredPassage(second, 0.6), ScoredPassage(third, 0.4))
    ranked = rerank(candidates, {second.id: 1.0, third.id: 0.6}, 0.25)
    assert [(hit.passage.text, hit.score) for hit in ranked] == [
        ("second", pytest.approx(0.25 + 0.45)),
        ("first", pytest.approx(0.6)),
        ("third", pytest.approx(0.15 + 0.3)),
    ]
    assert texts_of(rerank(candidates, {}, 1.0)) == ["first", "second", "third"]
    assert rerank((), {}, 0.5) == ()
