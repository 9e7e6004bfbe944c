"""Errors as a page tells them, and the page that waits for a server to come back."""

from __future__ import annotations

from time import monotonic

import streamlit as st

from retrieval.errors import LibraryAway, QAError
from ui.texts import InterfaceLanguage, text

_SECONDS = 10


def explained(error: QAError, language: InterfaceLanguage) -> str:
    """Return an error's message; that of a server that is away begins in the person's language."""
    return f"{text(language, 'server_away')} ({error})" if isinstance(error, LibraryAway) else str(error)


def draw_fault(error: QAError, language: InterfaceLanguage) -> None:
    """Draw why there is no page; where that may pass, the page draws itself again after some seconds."""
    st.error(explained(error, language), icon=":material/error:")
    if not isinstance(error, LibraryAway):
        return
    st.caption(text(language, "tries_again", seconds=_SECONDS))
    drawn = monotonic()

    @st.fragment(run_every=_SECONDS)
    def try_again() -> None:
        if monotonic() - drawn > _SECONDS / 2:  # not when the page itself is drawn
            st.rerun()

    try_again()
