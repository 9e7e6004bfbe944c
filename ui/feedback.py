"""Thumbs under a passage, kept in the library's folder."""

from __future__ import annotations

import streamlit as st

from retrieval.errors import QAError
from retrieval.feedback import Judgement, forget_judgement, keep_judgement
from retrieval.passages import Language, Passage
from ui.access import is_editor, person
from ui.resources import settings


def draw_thumbs(question: str, asked_in: Language, passage: Passage) -> None:
    """Draw two thumbs, for editors; a click is kept at once, a second one on the same thumb takes it back."""
    if not is_editor():
        return
    key = f"thumbs {question} {passage.id}"
    st.feedback("thumbs", key=key, on_change=_keep, args=(key, question, asked_in, passage), persist_state="session")


def _keep(key: str, question: str, asked_in: Language, passage: Passage) -> None:
    folder, thumb = settings().library, st.session_state[key]
    try:
        if thumb is None:
            forget_judgement(person(), folder, question, passage.id)
        else:
            judgement = Judgement(question, asked_in, passage.article.name, passage.id, thumb == 1)
            keep_judgement(person(), folder, judgement)
    except QAError as error:
        st.error(str(error), icon=":material/error:")
