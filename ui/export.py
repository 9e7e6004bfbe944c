"""The panel that takes a result away: address, JSON, TREC run, HTML report."""

from __future__ import annotations

import json

import streamlit as st

from retrieval.export import to_record, trec_run
from retrieval.journey import last_stage
from retrieval.passages import EncoderIdentity, Recipe, SearchResult
from ui.links import Request, to_address
from ui.report import html_report
from ui.resources import settings
from ui.texts import InterfaceLanguage, text


def draw_export(
    result: SearchResult, own: Recipe, request: Request, identity: EncoderIdentity, language: InterfaceLanguage
) -> None:
    """Draw the address of a question and the downloads of its result; `own` is the recipe without a trial."""
    st.caption(text(language, "link"))
    st.code(f"{st.context.url}?{to_address(request, result.recipe, own)}", language=None, wrap_lines=True)
    record = to_record(result, settings(), identity)
    files = {
        "report": ("html", "text/html", html_report(result, record, language)),
        "json": ("json", "application/json", json.dumps(record, ensure_ascii=False, indent=1)),
        "trec": ("run", "text/plain", trec_run(result, last_stage(result))),
    }
    with st.container(horizontal=True):
        for name, (suffix, kind, content) in files.items():
            st.download_button(
                text(language, f"export_{name}"),
                content,
                f"question.{suffix}",
                kind,
                key=f"export {name}",
                on_click="ignore",
                icon=":material/download:",
            )
