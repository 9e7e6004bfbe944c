"""What each leg sees of a text: the words looked up, and the pieces the encoder reads."""

from __future__ import annotations

from html import escape

import streamlit as st

from retrieval.word_counts import MOST_PASSAGES, WordCount, word_counts
from ui.resources import Resources
from ui.samples import parallel_questions
from ui.texts import InterfaceLanguage, text

_LONGEST = 300  # characters: each word is looked up in the library


def draw_tokens(resources: Resources, language: InterfaceLanguage) -> None:
    """Draw a box for a text and, below, its words with the articles that have each, and its pieces."""
    examples = parallel_questions({article.name for article in resources.store.articles()})
    typed = st.text_input(
        text(language, "tokens_text"),
        value=examples[0][language] if examples else "",
        max_chars=_LONGEST,
        key="tokens",
        persist_state="session",
    )
    counts = word_counts(typed, resources.store, resources.models.translations)
    words = "".join(_word_html(count, language) for count in counts)
    pieces = "".join(f"<li>{escape(piece)}</li>" for piece in resources.models.encoder.pieces(typed))
    nothing = f"<li>{escape(text(language, 'tokens_none'))}</li>"
    st.html(
        f'<h2 class="qa-section">{escape(text(language, "tokens_words"))}</h2>'
        f'<ul class="qa-tokens">{words or nothing}</ul>'
    )
    st.caption(text(language, "tokens_help", most=MOST_PASSAGES))
    st.html(
        f'<h2 class="qa-section">{escape(text(language, "tokens_pieces"))}</h2>'
        f'<ul class="qa-tokens">{pieces or nothing}</ul>'
    )


def _word_html(count: WordCount, language: InterfaceLanguage) -> str:
    translated = "".join(
        f" <small>{escape(text(language, target))} {'–' if articles is None else articles}</small>"
        for target, articles in count.translated.items()
    )
    return f"<li>{escape(count.word)} <b>{count.articles}</b>{translated}</li>"
