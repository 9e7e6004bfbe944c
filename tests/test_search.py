"""The searcher with models whose every number can be worked out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from conftest import FirstWordReader, LetterEncoder, OverlapReranker, make_article, put, texts_of

from retrieval.bm25 import term_id
from retrieval.passages import STAGES, Answer, Hit, SearchResult, Selection, Stage
from retrieval.search import Models, Searcher, WordSearcher
from retrieval.store.passage_store import PassageStore
from retrieval.translations import TermTable

QUESTION = "bb tea"
# b counts  words shared with the question
# 5         none
# 3         tea
# 2         tea and bb
# 1         none
# 0         tea
TEXTS = ("bbbbb ash", "bbb tea.", "bb tea", "b rock", "tea.")
# By vectors: score 2 * b, since the question has two b and, in "tea", one a; "ash" and the teas have an a too.
DENSE = ["bbbbb ash", "bbb tea.", "bb tea", "b rock", "tea."]
# By words: "bb" and "tea"; then "tea", and the shorter text first.
BM25 = ["bb tea", "tea.", "bbb tea."]
# Words weigh 0.45 and vectors 0.55 * (score - 1) / 21.6, six deviations: bb tea 0.45 + 0.102; bbb tea. 0.153 and some
# 0.1 for "tea"; bbbbb ash 0.255; tea. some 0.12; b rock 0.025
FUSED = ["bb tea", "bbb tea.", "bbbbb ash", "tea.", "b rock"]
HEIGHTS = {"bbbbb ash": 10 / 21.6, "bbb tea.": 6 / 21.6, "bb tea": 4 / 21.6, "b rock": 1 / 21.6, "tea.": 0.0}
# Shares of the question's words: 1, 0, 0, 0, 0, since "tea." is not "tea"; ties keep the fused order.
RERANKED = FUSED
MakeSearcher = Callable[..., Searcher]


@pytest.fixture
def searcher(store: PassageStore) -> MakeSearcher:
    """Give a function that makes a searcher over `TEXTS`, with a reranker of some weight."""
    put(store, make_article("one", *TEXTS))

    def make(weight: float = 1.0, **depths: int) -> Searcher:
        return Searcher(store, Models(LetterEncoder(), OverlapReranker(weight), FirstWordReader()), **depths)

    return make


def stages(result: SearchResult) -> dict[Stage, list[str]]:
    """Return the texts of every stage's ranking."""
    return {stage: texts_of(ranking) for stage, ranking in result.rankings.items()}


def ranks(hits: tuple[Hit, ...]) -> list[tuple[int | None, ...]]:
    """Return each hit's rank by words, by vectors, fused and reranked."""
    names: tuple[Stage, ...] = ("bm25", "dense", "fused", "reranked")
    return [tuple(hit.ranks.get(stage) for stage in names) for hit in hits]


def test_every_stage_is_kept(searcher: MakeSearcher) -> None:
    """Each ranking is there whole and in order, each hit knows its ranks, each step its time."""
    result = searcher().search(f"  {QUESTION}\n", language="en")
    assert (result.question, result.language, result.relevant) == (QUESTION, "en", True)
    assert stages(result) == {"bm25": BM25, "dense": DENSE, "fused": FUSED, "reranked": RERANKED}
    assert texts_of(result.hits) == RERANKED
    assert ranks(result.hits) == [(1, 3, 1, 1), (3, 2, 2, 2), (None, 1, 3, 3), (2, 5, 4, 4), (None, 4, 5, 5)]
    assert list(result.seconds) == ["bm25", "encode", "dense", "fuse", "rerank", "read"]
    assert all(seconds >= 0 for seconds in result.seconds.values())


def test_a_stages_scores_are_its_own(searcher: MakeSearcher) -> None:
    """Vectors have their dot products, the fused list both legs' shares, the last the reranker's scores."""
    result = searcher().search(QUESTION, language="en")
    assert [hit.score for hit in result.rankings["dense"]] == [2 * 5 + 1, 2 * 3 + 1, 2 * 2 + 1, 2, 1]
    words = {hit.passage.text: hit.score for hit in result.rankings["bm25"]}
    expected = [0.45 * words.get(text, 0.0) / words["bb tea"] + 0.55 * HEIGHTS[text] for text in FUSED]
    assert [hit.score for hit in result.rankings["fused"]] == pytest.approx(expected)
    assert [hit.score for hit in result.rankings["reranked"]] == [1, 0, 0, 0, 0]
    assert [hit.score for hit in result.hits] == [1, 0, 0, 0, 0]


def test_the_reranker_moves_passages(store: PassageStore) -> None:
    """With weight 1 its order is final; with 0.5 the fused score has the other half; with 0 it changes nothing."""
    put(store, make_article("one", "bbbb", "bb ash", "tea b ash", "b tea silk bb"))
    shares = {"bbbb": 0.0, "bb ash": 2 / 4, "tea b ash": 2 / 4, "b tea silk bb": 3 / 4}  # of the question's four words
    for weight in (1.0, 0.5, 0.0):
        models = Models(LetterEncoder(), OverlapReranker(weight), FirstWordReader())
        result = Searcher(store, models).search("bb ash tea silk", language="fr")
        mixed = {
            hit.passage.text: weight * shares[hit.passage.text] + (1 - weight) * hit.score
            for hit in result.rankings["fused"]
        }
        assert [hit.score for hit in result.hits] == pytest.approx(sorted(mixed.values(), reverse=True))
        assert all(hit.score == pytest.approx(mixed[hit.passage.text]) for hit in result.hits)


def test_without_reranking(searcher: MakeSearcher) -> None:
    """With depth 0 the fused ranking is final, and what was found counts as relevant."""
    result = searcher(rerank_depth=0).search(QUESTION, language="en")
    assert stages(result) == {"bm25": BM25, "dense": DENSE, "fused": FUSED}
    assert texts_of(result.hits) == FUSED
    assert ranks(result.hits)[0] == (1, 3, 1, None)
    assert list(result.seconds) == ["bm25", "encode", "dense", "fuse", "read"]
    assert result.relevant


def test_depths_and_limit(searcher: MakeSearcher) -> None:
    """Each leg gives `candidates`, the first `rerank_depth` fused ones are reranked, `limit` are shown."""
    result = searcher(candidates=2, rerank_depth=2).search(QUESTION, limit=1, language="en")
    # Vectors 11 and 7: six deviations are 12. bb tea 0.45; bbbbb ash 0.55 * 4/12 = 0.183; tea. some 0.12; bbb tea. 0
    assert stages(result) == {
        "bm25": BM25[:2],
        "dense": DENSE[:2],
        "fused": ["bb tea", "bbbbb ash", "tea.", "bbb tea."],
        "reranked": ["bb tea", "bbbbb ash"],
    }
    assert texts_of(result.hits) == ["bb tea"]


@pytest.mark.parametrize("question", ["", "  \n\u3000"])
def test_a_blank_question(searcher: MakeSearcher, question: str) -> None:
    """Nothing is asked, nothing is found, no step is taken."""
    assert searcher().search(question, language="zh") == SearchResult("", "zh")


def test_an_empty_library(store: PassageStore) -> None:
    """Every stage is empty and nothing is relevant, with and without reranking."""
    for depth in (20, 0):
        models = Models(LetterEncoder(), OverlapReranker(), FirstWordReader())
        result = Searcher(
            store,
            models,
            rerank_depth=depth,
        ).search("bb tea")
        assert (result.hits, result.relevant) == ((), False)
        assert all(ranking == () for ranking in result.rankings.values())


def test_nothing_reaches_the_floor(searcher: MakeSearcher) -> None:
    """Hits under the reranker's floor are shown but the result is not relevant; at the floor it is."""
    under, at = searcher().search("bb silk sea", language="en"), searcher().search("bb silk", language="en")
    assert (under.hits[0].score, under.relevant) == (1 / 3, False)
    assert (at.hits[0].score, at.relevant) == (1 / 2, True)


def test_selection(searcher: MakeSearcher, store: PassageStore) -> None:
    """Only what is selected passes any stage."""
    french = replace(make_article("two", "tea bbbb", language="fr")[0], language="fr")
    put(store, [french])
    result = searcher().search(QUESTION, selection=Selection(("fr",)), language="en")
    assert stages(result) == {stage: ["tea bbbb"] for stage in STAGES}
    nothing = searcher().search(QUESTION, selection=Selection(("zh",)), language="en")
    assert (nothing.hits, nothing.relevant) == ((), False)


def test_the_language_is_detected_or_given(searcher: MakeSearcher) -> None:
    """A given language goes before the detected one."""
    asked = searcher(rerank_depth=0)
    assert asked.search("北京的茶").language == "zh"
    french = asked.search(QUESTION, language="fr")
    assert (french.language, texts_of(french.hits)) == ("fr", FUSED)


def test_answers_are_those_of_their_hits(searcher: MakeSearcher) -> None:
    """Each hit shown has the reader's answer for its text, or none."""
    hits = searcher().search(QUESTION, limit=3, language="en").hits
    assert [(hit.passage.text, hit.answer) for hit in hits] == [
        ("bb tea", None),
        ("bbb tea.", Answer(0, 3, "bbb", 1.0, True)),
        ("bbbbb ash", None),
    ]


def test_the_encoder_can_tell_that_a_passage_is_relevant(store: PassageStore) -> None:
    """A passage at the encoder's floor makes a result relevant though the reranker's floor is not reached."""
    put(store, make_article("one", "tea bbb"))
    encoder = LetterEncoder()
    searcher = Searcher(store, Models(encoder, OverlapReranker(), FirstWordReader()))
    assert searcher.search("bb sea silk").relevant is False
    encoder.floor = 6.0  # the letters of "bb" and "bbb" give 2 * 3
    assert searcher.search("bb sea silk", language="en").relevant is True


def test_the_depth_can_be_given_with_the_question(searcher: MakeSearcher) -> None:
    """It goes before the searcher's own, 0 included, and the result tells it."""
    asked = searcher(rerank_depth=2)
    for depth, reranked in ((None, 2), (3, 3), (0, None)):
        result = asked.search(QUESTION, language="en", depth=depth)
        assert result.recipe.rerank_depth == (reranked or 0)
        assert ("reranked" in result.rankings) == (reranked is not None)
        assert len(result.hits) == (reranked or 5)
    assert asked.recipe.rerank_depth == 2


def test_words_alone_answer_without_a_model(searcher: MakeSearcher, store: PassageStore) -> None:
    """The lexical ranking is final, scored by its places; a blank question finds nothing."""
    full = searcher().search(QUESTION, language="en")
    words = WordSearcher(store, {}, candidates=2)
    result = words.search(f" {QUESTION}\n", limit=1, language="en")
    assert stages(result) == {"bm25": BM25[:2], "fused": BM25[:2]}
    assert [(hit.passage.text, hit.score, dict(hit.ranks), hit.answer) for hit in result.hits] == [
        ("bb tea", 1.0, {"bm25": 1, "fused": 1}, None)
    ]
    assert (result.question, result.relevant, list(result.seconds)) == (QUESTION, True, ["bm25"])
    assert result.terms == full.terms
    assert (result.recipe.vectors, result.recipe.rerank_depth) == (False, 0)
    assert words.search(" \n", language="zh") == SearchResult("", "zh")
    assert (words.search("silk").hits, words.search("silk").relevant) == ((), False)


def test_words_alone_keep_the_order_of_their_scores(store: PassageStore) -> None:
    """A passage in another language that matches better stands first; scores are shares of the best."""
    english, french = make_article("one", "stone stone wall"), make_article("deux", "mur stone", language="fr")
    put(store, english, [replace(french[0], language="fr")])
    result = WordSearcher(store, {}).search("stone wall", language="fr")
    first, second = (hit.score for hit in result.rankings["bm25"])
    assert [(hit.passage.text, hit.score) for hit in result.hits] == [
        ("stone stone wall", 1.0),
        ("mur stone", pytest.approx(second / first)),
    ]


def test_passages_in_another_language_are_found_by_translated_words(store: PassageStore) -> None:
    """The French word is looked up in English passages as its translation, in French ones as it is."""
    english, french = make_article("one", "a wall of stone"), make_article("deux", "a wall, un mur", language="fr")
    put(store, english, french)
    ids = [np.array([term_id(word)], np.uint32) for word in ("mur", "wall")]
    table = TermTable.from_rows(ids[0], ids[1], np.array([1.0]))
    models = Models(LetterEncoder(), OverlapReranker(), FirstWordReader(), {("fr", "en"): table})
    result = Searcher(store, models).search("un mur", language="fr")
    assert {hit.passage.article.name for hit in result.rankings["bm25"]} == {"one", "deux"}
    assert result.terms["en"] == {term_id("mur"), term_id("wall")}
    assert result.terms["fr"] == result.terms["zh"] == {term_id("mur")}
    without = Searcher(store, Models(LetterEncoder(), OverlapReranker(), FirstWordReader()))
    assert texts_of(without.search("un mur", language="fr").rankings["bm25"]) == ["a wall, un mur"]
