"""How many articles of a library contain each word of a text, and its translations in the other languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.bm25 import SparseVector, term_id, token_vector
from retrieval.passages import LANGUAGES, Language, Selection
from retrieval.store.passage_store import PassageStore
from retrieval.text import detect_language, tokenize
from retrieval.translations import TermTable, Translations

MOST_PASSAGES = 1000  # looked at for one count


@dataclass(frozen=True, slots=True)
class WordCount:
    """A word as it is looked up and the articles that contain it.

    `translated` gives, for each other language, the articles in it that contain one of the word's translations; None
    where no translation is known.
    """

    word: str
    articles: int
    translated: Mapping[Language, int | None]


def word_counts(text: str, store: PassageStore, translations: Translations) -> list[WordCount]:
    """Return each word of a text once, in order; a count looks at no more than `MOST_PASSAGES` passages."""
    language = detect_language(text)
    tables = {target: translations[language, target] for target in LANGUAGES if (language, target) in translations}
    return [
        WordCount(
            word,
            store.articles_with(token_vector(word), MOST_PASSAGES, Selection()),
            {target: _translated_count(word, target, table, store) for target, table in tables.items()},
        )
        for word in dict.fromkeys(tokenize(text))
    ]


def _translated_count(word: str, target: Language, table: TermTable, store: PassageStore) -> int | None:
    terms = sorted(translated for translated, _ in table.translate(term_id(word)))
    if not terms:
        return None
    return store.articles_with(SparseVector(tuple(terms), (1.0,) * len(terms)), MOST_PASSAGES, Selection((target,)))
