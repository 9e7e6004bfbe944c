"""Drawing what was found: the tools that explain it, and the passages."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from retrieval.journey import Journey, journeys
from retrieval.passages import ArticleInfo, Hit, SearchResult
from ui.draw import draw_article, draw_hit_foot, draw_hit_head, draw_passage
from ui.export import draw_export
from ui.journey import draw_journeys, draw_why
from ui.links import Request
from ui.resources import Resources
from ui.texts import InterfaceLanguage, text
from ui.whatif import apply_whatif, draw_whatif

_TOOLS = ("journey", "whatif", "why", "export")


# A click inside runs this part only: another order is there at once.
@st.fragment
def draw_result(
    found: SearchResult,
    request: Request,
    articles: Sequence[ArticleInfo],
    resources: Resources,
    language: InterfaceLanguage,
) -> None:
    """Draw a result: how long it took, the tools, the passages in the order of the tried recipe."""
    _draw_summary(found, language)
    tool = _draw_tools(language)
    panel = st.container()
    with panel:
        if tool == "whatif":
            draw_whatif(found.recipe, language)
        result = apply_whatif(found, request.limit, language)
        if tool == "journey":
            draw_journeys(result, language)
        elif tool == "why":
            draw_why(result, articles, request.selection, language)
        elif tool == "export":
            draw_export(result, found.recipe, request, language)
    if not result.hits:
        st.info(text(language, "no_hits"))
    elif not result.relevant:
        st.info(text(language, "nothing"))
    by_id = {journey.passage.id: journey for journey in journeys(result)}
    read = {hit.passage.id for hit in found.hits}
    for place, hit in enumerate(result.hits, start=1):
        with st.container(border=True):
            draw_hit_head(hit, place, language)
            _draw_text(hit, found.question, resources)
            if hit.passage.id not in read:
                st.caption(text(language, "whatif_no_answer"))
            _draw_foot(hit, by_id[hit.passage.id], language)


def _draw_summary(result: SearchResult, language: InterfaceLanguage) -> None:
    detected = text(language, "detected", language=text(language, result.language))
    seconds = {step: f"{1000 * time:.0f}" for step, time in result.seconds.items()}
    seconds["dense"] = f"{1000 * (result.seconds['dense'] + result.seconds['encode']):.0f}"
    total = f"{sum(result.seconds.values()):.2f}"
    st.caption(f"{detected} · {text(language, 'seconds', **{'rerank': '0', **seconds, 'total': total})}")


def _draw_tools(language: InterfaceLanguage) -> str | None:
    return st.pills(
        text(language, "tools"),
        _TOOLS,
        format_func=lambda tool: text(language, f"tool_{tool}"),
        key="tool",
        label_visibility="collapsed",
        persist_state="session",
    )


def _draw_text(hit: Hit, question: str, resources: Resources) -> None:
    if st.session_state.get("open_passage") == hit.passage.id:
        draw_article(resources.store.passages(hit.passage.article.id), hit.passage, hit.answer, question)
    else:
        draw_passage(hit.passage, hit.answer, question)


def _draw_foot(hit: Hit, journey: Journey, language: InterfaceLanguage) -> None:
    is_open = st.session_state.get("open_passage") == hit.passage.id
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        draw_hit_foot(hit, journey, language)
        st.button(
            text(language, "close_article" if is_open else "open_article"),
            key=f"open {hit.passage.id}",
            type="tertiary",
            icon=":material/article:",
            on_click=_open,
            args=(None if is_open else hit.passage.id,),
        )


def _open(passage_id: str | None) -> None:
    st.session_state["open_passage"] = passage_id
