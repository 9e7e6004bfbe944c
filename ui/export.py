"""The panel that takes a result away: address, JSON, TREC run, HTML report."""

from __future__ import annotations

import streamlit as st

from retrieval.passages import Recipe, SearchResult
from ui.links import Request, to_address
from ui.texts import InterfaceLanguage, text


def draw_export(result: SearchResult, own: Recipe, request: Request, language: InterfaceLanguage) -> None:
    """Draw the address of a question and the downloads of its result."""
    st.caption(text(language, "link"))
    st.code(f"{st.context.url}?{to_address(request, result.recipe, own)}", language=None, wrap_lines=True)
