"""Thumbs under a passage, kept in the library's folder."""

from __future__ import annotations

import streamlit as st

from retrieval.errors import LibraryError
from retrieval.feedback import Judgement, forget_judgement, keep_judgement
from retrieval.passages import Language, Passage
from ui.resources import settings


def draw_thumbs(question: str, asked_in: Language, passage: Passage) -> None:
    """Draw a thumb up and a thumb down; a click is kept at once, a second one on the same takes it back."""
    key = f"thumbs {question} {passage.id}"
    st.feedback("thumbs", key=key, on_change=_keep, args=(key, question, asked_in, passage), persist_state="session")


def _keep(key: str, question: str, asked_in: Language, passage: Passage) -> None:
    folder, thumb = settings().library, st.session_state[key]
    try:
        if thumb is None:
            forget_judgement(folder, question, passage.id)
        else:
            keep_judgement(folder, Judgement(question, asked_in, passage.article.name, passage.id, thumb == 1))
    except LibraryError as error:
        st.error(str(error), icon=":material/error:")
