"""What each leg sees of a text: the words looked up, and the pieces the encoder reads."""

from __future__ import annotations

from html import escape

import streamlit as st

from retrieval.text import tokenize
from ui.resources import Resources
from ui.texts import PARALLEL_EXAMPLE, InterfaceLanguage, text

_LONGEST = 300  # characters: each word is looked up in the library


def draw_tokens(resources: Resources, language: InterfaceLanguage) -> None:
    """Draw a box for a text and, below, its words with the articles that have each, and its pieces."""
    typed = st.text_input(
        text(language, "tokens_text"),
        value=PARALLEL_EXAMPLE[language],
        max_chars=_LONGEST,
        key="tokens",
        persist_state="session",
    )
    counts = {word: resources.store.articles_with(word) for word in dict.fromkeys(tokenize(typed))}
    words = "".join(f"<li>{escape(word)} <b>{count}</b></li>" for word, count in counts.items())
    pieces = "".join(f"<li>{escape(piece)}</li>" for piece in resources.models.encoder.pieces(typed))
    nothing = f"<li>{escape(text(language, 'tokens_none'))}</li>"
    st.html(
        f'<h2 class="qa-section">{escape(text(language, "tokens_words"))}</h2>'
        f'<ul class="qa-tokens">{words or nothing}</ul>'
        f'<h2 class="qa-section">{escape(text(language, "tokens_pieces"))}</h2>'
        f'<ul class="qa-tokens">{pieces or nothing}</ul>'
    )
