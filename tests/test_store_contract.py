"""What a library promises, over both of Qdrant's forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from conftest import IDENTITY, OpenStore, asked, make_article, put, texts_of

from retrieval.errors import EncoderMismatch
from retrieval.passages import Distance, EncoderIdentity, Language, Selection
from retrieval.store.passage_store import PassageStore

ALL = Selection()
Q = np.array([2, 1, 0], np.float32)


def test_the_same_encoder_opens_a_library_again(open_library: OpenStore) -> None:
    """What was stored is there at the second opening."""
    article = make_article("one", "a b", "c")
    put(open_library(IDENTITY), article)
    assert open_library(IDENTITY).passages(article[0].article.id) == article


@pytest.mark.parametrize(
    "other",
    [
        replace(IDENTITY, name="numbers"),
        replace(IDENTITY, weights="weights-2"),
        replace(IDENTITY, dimension=4),
        replace(IDENTITY, distance="cosine"),
        replace(IDENTITY, text_form="query: "),
    ],
)
def test_another_encoder_is_refused(open_library: OpenStore, other: EncoderIdentity) -> None:
    """Any difference is refused; the message names both encoders and how to rebuild."""
    open_library(IDENTITY)
    with pytest.raises(EncoderMismatch) as caught:
        open_library(other)
    message = str(caught.value)
    assert "letters (3 dimensions, dot, weights weights-1)" in message
    assert f"{other.name} ({other.dimension} dimensions, {other.distance}, weights {other.weights})" in message
    assert all(step in message for step in ("QA_ENCODER", "python -m ingest --rebuild", "stop the page"))


def test_every_field_is_read_back(store: PassageStore) -> None:
    """Passages and articles come back equal, Unicode and all."""
    passages = make_article("dossier/été 茶.md#7", "\u00e9t\u00e9 \u2028 🐼 a", "臺灣\u3000𠮷 b", language="fr")
    info = replace(passages[0].article, source="dossier/été 茶.md", title="« L’été » 茶\t🐼", language="zh")
    article = [
        replace(passages[0], article=info),
        replace(passages[1], article=info, language="other", heading="Été 夏天", start=12, end=99),
    ]
    put(store, article)
    assert store.passages(info.id) == article
    assert store.articles() == [info]
    assert [hit.passage for hit in store.nearest(np.array([0, 1, 0], np.float32), 1, ALL)] == [article[1]]
    assert [hit.passage for hit in store.matching(asked("臺灣"), 1, ALL)] == [article[1]]


def test_replacing_drops_the_old_version(store: PassageStore) -> None:
    """Only the new version is listed and found, and its old version is no longer known."""
    old, new = make_article("one", "a old", "b", "c"), make_article("one", "a new", version="2")
    other = make_article("two", "a other")
    put(store, old, other, new)
    identifier = new[0].article.id
    assert store.articles() == [new[0].article, other[0].article]
    assert store.passages(identifier) == new
    assert (store.has_version(identifier, "one-1"), store.has_version(identifier, "one-2")) == (False, True)
    assert texts_of(store.nearest(Q, 9, ALL)) == ["a new", "a other"]
    assert store.matching(asked("old"), 9, ALL) == ()
    assert texts_of(store.matching(asked("new"), 9, ALL)) == ["a new"]


def test_the_same_version_twice_counts_once(store: PassageStore) -> None:
    """Writing a version again leaves one of each passage."""
    article = make_article("one", "a", "b")
    put(store, article, article)
    assert store.passage_count() == 2
    assert store.passages(article[0].article.id) == article
    assert store.has_version(article[0].article.id, "one-1")


def test_a_torn_version_is_not_a_stored_one(store: PassageStore) -> None:
    """A version without all its passages, or beside another, has to be written again."""
    article = make_article("one", "a", "b", "c")
    identifier = article[0].article.id
    put(store, article[:2])
    assert (store.has_article(identifier), store.has_version(identifier, "one-1")) == (True, False)
    put(store, article)
    assert store.has_version(identifier, "one-1")
    assert not store.has_article(make_article("two", "a")[0].article.id)


def test_a_deleted_article_is_nowhere(store: PassageStore) -> None:
    """It leaves the list, the counts, the vector index and the word index; deleting it again is harmless."""
    gone, kept = make_article("gone", "a volcano", "b crater"), make_article("kept", "a tea")
    put(store, gone, kept)
    for _ in range(2):
        store.delete_articles([gone[0].article.id])
        assert store.articles() == [kept[0].article]
        assert store.passages(gone[0].article.id) == []
        assert texts_of(store.nearest(Q, 9, ALL)) == ["a tea"]
        assert store.matching(asked("volcano crater"), 9, ALL) == ()
        assert (store.passage_count(), store.language_counts()) == (1, {"en": 1})
        assert texts_of(store.matching(asked("tea"), 9, ALL)) == ["a tea"]


@pytest.mark.parametrize(
    ("languages", "names", "texts"),
    [
        ((), (), ["aa one", "aa un", "aa 一", "a two", "a deux"]),
        (("fr",), (), ["aa un", "a deux"]),
        (("zh", "fr"), (), ["aa un", "aa 一", "a deux"]),
        ((), ("two",), ["a two", "a deux"]),
        (("fr",), ("two",), ["a deux"]),
        (("en", "fr"), ("one", "two"), ["aa one", "aa un", "a two", "a deux"]),
        (("zh",), ("two",), []),
        (("other",), (), []),
    ],
)
def test_selection(
    store: PassageStore, languages: tuple[Language, ...], names: tuple[str, ...], texts: list[str]
) -> None:
    """Languages and articles limit both legs, alone and together; the passage's language counts."""
    one, two = make_article("one", "aa one", "aa un", "aa 一"), make_article("two", "a two", "a deux")
    one[1], one[2], two[1] = (
        replace(one[1], language="fr"),
        replace(one[2], language="zh"),
        replace(two[1], language="fr"),
    )
    put(store, one, two)
    ids = {article[0].article.name: article[0].article.id for article in (one, two)}
    selection = Selection(languages, tuple(ids[name] for name in names))
    assert texts_of(store.nearest(Q, 9, selection)) == texts
    found = store.matching(asked("aa one un 一 two deux"), 9, selection)
    assert sorted(texts_of(found)) == sorted(texts)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        # The question is (2, 1, 0); the passages are (1, 0, 0), (0, 1, 0), (4, 0, 0), (2, 1, 0).
        ("dot", {"aaaa": 8, "aab": 5, "a": 2, "b": 1}),
        ("cosine", {"aab": 1, "a": 2 / sqrt(5), "aaaa": 2 / sqrt(5), "b": 1 / sqrt(5)}),
        ("euclid", {"aab": 0, "a": -sqrt(2), "b": -2, "aaaa": -sqrt(5)}),
    ],
)
def test_nearest_by_distance(
    store_with: Callable[[Distance], PassageStore], distance: Distance, expected: dict[str, float]
) -> None:
    """Higher is better for every distance; ties stand in reading order."""
    store = store_with(distance)
    put(store, make_article("one", "a", "b", "aaaa", "aab"))
    found = store.nearest(Q, 9, ALL)
    assert texts_of(found) == list(expected)
    assert [hit.score for hit in found] == pytest.approx(list(expected.values()), rel=1e-5)
