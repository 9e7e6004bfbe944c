"""Word matches, limits, ties, counts and long articles, over both of Qdrant's forms."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
from conftest import IDENTITY, OpenStore, asked, make_article, put, texts_of

from retrieval.bm25 import AVERAGE_LENGTH, K1, B, question_vector, token_vector
from retrieval.passages import Passage, Selection
from retrieval.store.passage_store import PassageStore
from retrieval.text import tokenize

ALL = Selection()
A = np.array([1, 0, 0], np.float32)


def bm25(passages: int, holding: int, count: int, length: int) -> float:
    """Return a term's share of a score: it is `count` of the passage's `length` tokens."""
    idf = log(1 + (passages - holding + 0.5) / (holding + 0.5))
    return idf * count * (K1 + 1) / (count + K1 * (1 - B + B * length / AVERAGE_LENGTH))


def test_bm25_scores(store: PassageStore) -> None:
    """The score is the sum over shared terms; a passage without a shared word is no hit."""
    put(store, make_article("one", "volcano tea tea", "tea"), make_article("two", "volcano ash ash rock", "rock"))
    found = store.matching(asked("volcano tea"), 9, ALL)
    assert texts_of(found) == ["volcano tea tea", "tea", "volcano ash ash rock"]
    expected = [bm25(4, 2, 1, 3) + bm25(4, 2, 2, 3), bm25(4, 2, 1, 1), bm25(4, 2, 1, 4)]
    assert [hit.score for hit in found] == pytest.approx(expected, rel=1e-5)


def test_title_and_heading_are_matched(store: PassageStore) -> None:
    """The words of title and heading count, as if they stood in the text."""
    first, second = make_article("one", "ash", "rock")
    info = replace(first.article, title="Etna")
    put(store, [replace(first, article=info, heading="Lava"), replace(second, article=info)])
    assert texts_of(store.matching(asked("lava"), 9, ALL)) == ["ash"]
    (first_hit, second_hit) = store.matching(asked("Etna"), 9, ALL)
    assert (first_hit.passage.text, second_hit.passage.text) == ("rock", "ash")
    assert first_hit.score == pytest.approx(bm25(2, 2, 1, 2), rel=1e-5)
    assert second_hit.score == pytest.approx(bm25(2, 2, 1, 3), rel=1e-5)


def test_the_limit_holds_in_each_language(store: PassageStore) -> None:
    """Many matches in one language leave the places of another alone."""
    english = make_article("en", *(f"etna {'rock ' * n}" for n in range(5)))
    french = make_article("fr", *(f"etna {'lave ' * n}" for n in range(7, 10)), language="fr")
    chinese = make_article("zh", "etna 火山喷发火山", language="zh")
    put(store, english, french, chinese)
    found = store.matching(asked("etna"), 2, ALL)
    assert texts_of(found) == [english[0].text, english[1].text, chinese[0].text, french[0].text, french[1].text]
    assert texts_of(store.matching(asked("etna"), 2, Selection(("fr",)))) == [french[0].text, french[1].text]
    assert len(store.nearest(A, 2, ALL)) == 2


def test_ties_are_in_reading_order(store: PassageStore) -> None:
    """Equal scores stand by article name, then position, in both legs, whatever was stored first."""
    put(store, *(make_article(name, "a tea", "tea a", "a  tea") for name in ("c", "a", "b")))
    expected = [(name, position) for name in "abc" for position in range(3)]
    for found in (store.nearest(A, 9, ALL), store.matching(asked("tea"), 9, ALL)):
        assert [(hit.passage.article.name, hit.passage.position) for hit in found] == expected


def test_a_question_of_function_words_matches_nothing(store: PassageStore) -> None:
    """Without a term there is nothing to look up."""
    put(store, make_article("one", "where is the tea"))
    assert store.matching(asked("where is the?"), 9, ALL) == ()
    assert store.matching(asked("!"), 9, ALL) == ()


def test_an_empty_library(store: PassageStore) -> None:
    """It answers everything, with nothing."""
    assert (store.nearest(A, 9, ALL), store.matching(asked("tea"), 9, ALL)) == ((), ())
    assert (store.articles(), store.passages("no"), store.language_counts(), store.passage_count()) == ([], [], {}, 0)
    assert not store.has_version("no", "no")
    assert not store.has_article("no")
    assert store.delete_source_except("no", ()) == []
    store.delete_articles(["no"])


def test_language_counts(store: PassageStore) -> None:
    """Passages are counted by their own language, in the fixed order of languages."""
    zh = make_article("zh", "a", "b", "c", language="zh")
    put(store, [*zh[:2], replace(zh[2], language="other")], make_article("fr", "a", language="fr"))
    assert list(store.language_counts().items()) == [("fr", 1), ("zh", 2), ("other", 1)]


def test_articles_are_by_title(store: PassageStore) -> None:
    """Titles are sorted without regard to case, equal ones by name."""
    for name, title in (("1", "beta"), ("3", "Alpha"), ("2", "alpha"), ("4", "Gamma")):
        (passage,) = make_article(name, "a")
        put(store, [replace(passage, article=replace(passage.article, title=title))])
    assert [article.name for article in store.articles()] == ["2", "3", "1", "4"]


def test_articles_a_file_no_longer_holds_are_deleted(store: PassageStore) -> None:
    """Those of the file that are not kept go, with all their passages; other files stay."""
    rows = [of_source("t.csv", make_article(f"t.csv#{n}", "a", "b")) for n in (3, 1, 2)]
    put(store, *rows, of_source("u.csv", make_article("u.csv#1", "c")))
    assert store.delete_source_except("t.csv", {rows[2][0].article.id}) == ["t.csv#1", "t.csv#3"]
    assert [article.name for article in store.articles()] == ["t.csv#2", "u.csv#1"]
    assert store.passage_count() == 3


def of_source(source: str, article: list[Passage]) -> list[Passage]:
    """Return the article as one of the file `source`."""
    return [replace(passage, article=replace(passage.article, source=source)) for passage in article]


def test_a_long_article_is_written_and_read_whole(open_library: OpenStore) -> None:
    """2,500 passages take several writes and pages; a shorter version replaces all of them."""
    store = open_library(IDENTITY)
    long = make_article("long", *(f"a {n}" for n in range(2500)))
    put(store, long)
    identifier = long[0].article.id
    assert store.passages(identifier) == long
    assert store.has_version(identifier, "long-1")
    assert texts_of(store.matching(asked("2499"), 9, ALL)) == ["a 2499"]
    assert len(store.nearest(A, 1000, ALL)) == 1000
    short = make_article("long", "a b", "a c", version="2")
    put(store, short)
    assert (store.passages(identifier), store.passage_count()) == (short, 2)
    assert open_library(IDENTITY).passages(identifier) == short


def test_articles_with_a_token(store: PassageStore) -> None:
    """Articles are counted once each, however many passages of them have the token; a token is not stemmed again."""
    tea, milk = tokenize("tea milk")
    assert tea == "te"
    put(store, make_article("one", "tea a", "tea b"), make_article("two", "c tea"), make_article("three", "milk"))
    assert [store.articles_with(token_vector(token), 9, ALL) for token in (tea, milk, "wine")] == [2, 1, 0]
    assert store.articles_with(question_vector("tea milk"), 9, ALL) == 3
    assert store.articles_with(question_vector("tea milk"), 9, Selection(("fr",))) == 0
