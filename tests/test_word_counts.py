"""Counts of words and translations, by hand, in each back end."""

from __future__ import annotations

import numpy as np
from conftest import make_article, put

from retrieval.bm25 import term_id
from retrieval.store.passage_store import PassageStore
from retrieval.text import tokenize
from retrieval.translations import TermTable
from retrieval.word_counts import WordCount, word_counts


def table(source: str, *targets: str) -> TermTable:
    """Return a table that translates one word's term to other words' terms."""
    (term,) = tokenize(source)
    terms = [term_id(token) for target in targets for token in tokenize(target)]
    rows = np.array([term_id(term)] * len(terms), np.uint32)
    return TermTable.from_rows(rows, np.array(terms, np.uint32), np.full(len(terms), 0.5))


def test_words_and_translations_are_counted_apart(store: PassageStore) -> None:
    """One French article has both translations, one has one; an English article with a French word counts for none."""
    put(store, make_article("one", "the house", "a house", language="en"))
    put(store, make_article("two", "the maison", language="en"))
    put(store, make_article("three", "maison logis", "logis", language="fr"))
    put(store, make_article("four", "maison", language="fr"))
    counts = word_counts("the house the river", store, {("en", "fr"): table("house", "maison", "logis")})
    house, river = tokenize("house river")
    assert [count for count in counts if count.word in (house, river)] == [
        WordCount(house, 1, {"fr": 2}),
        WordCount(river, 0, {"fr": None}),
    ]
    assert len(counts) == len({count.word for count in counts})


def test_no_translation_without_a_table(store: PassageStore) -> None:
    """The text's language decides; a blank text has no word."""
    put(store, make_article("one", "茶", language="zh"))
    assert word_counts("茶", store, {("en", "fr"): table("tea", "thé")}) == [WordCount("茶", 1, {})]
    assert word_counts(" ", store, {}) == []
