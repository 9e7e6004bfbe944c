"""Drawing what was found: the tools that explain it, and the passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from retrieval.journey import Journey, journeys
from retrieval.pace import predicted_seconds
from retrieval.passages import ArticleInfo, Hit, Passage, SearchResult
from retrieval.siblings import fold
from retrieval.store.passage_store import PassageStore
from ui.draw import aid_html, card_html, draw_article, draw_passage, foot_html, head_html
from ui.export import draw_export
from ui.feedback import draw_thumbs
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
    predicted = predicted_seconds(resources.pace, found.recipe.rerank_depth, request.limit)
    _draw_summary(found, predicted, resources.names, language)
    result = _draw_panel(found, request, articles, resources, language)
    if result.hits and not result.relevant:
        st.info(text(language, "nothing"))
    _draw_hits(result, found, resources.store, language)


# A click inside runs this part only, until the full result takes its place.
@st.fragment
def draw_words(found: SearchResult, store: PassageStore, language: InterfaceLanguage) -> None:
    """Draw what was found by the words alone: its time, and the passages with no answer marked."""
    detected = text(language, "detected", language=text(language, found.language))
    milliseconds = f"{1000 * found.seconds['bm25']:.0f}"
    st.caption(f"{detected} · {text(language, 'seconds_words', bm25=milliseconds)}")
    _draw_hits(found, found, store, language)


def _draw_hits(result: SearchResult, found: SearchResult, store: PassageStore, language: InterfaceLanguage) -> None:
    """Draw the passages of a result in its order; `found` is the search's own."""
    if not result.hits:
        st.info(text(language, "no_hits"))
    by_id = {journey.passage.id: journey for journey in journeys(result)}
    cards = enumerate(fold(result.hits), start=1)
    if st.session_state.get("tool") == "whatif":
        # One element for all: with boxes and buttons in each card the browser takes a third of a second for a change.
        st.html("".join(card_html(group, place, by_id, found.terms, language) for place, group in cards))
        return
    for place, group in cards:
        with st.container(border=True):
            for hit, part in zip(group, _parts(group, language), strict=True):
                with part:
                    st.html(head_html(hit, place, language))
                    _draw_text(hit, found, store, language)
                    _draw_foot(hit, by_id[hit.passage.id], found, language)


def _draw_panel(
    found: SearchResult,
    request: Request,
    articles: Sequence[ArticleInfo],
    resources: Resources,
    language: InterfaceLanguage,
) -> SearchResult:
    """Draw the tools and the chosen one; return the result in the order of the tried recipe."""
    tool = _draw_tools(language)
    if tool == "whatif":
        draw_whatif(found.recipe, language)
    result = apply_whatif(found, request.limit, language)
    if tool == "journey":
        draw_journeys(result, language)
    elif tool == "why":
        draw_why(result, articles, request.selection, language)
    elif tool == "export":
        draw_export(result, found.recipe, request, resources.models.encoder.identity, language)
    return result


def _parts(group: Sequence[Hit], language: InterfaceLanguage) -> Sequence[DeltaGenerator]:
    """Return where each hit of a card is drawn: translations of one another in tabs."""
    if len(group) == 1:
        return [st.container()]
    return st.tabs([text(language, hit.passage.language) for hit in group])


def _draw_summary(result: SearchResult, predicted: float, names: str, language: InterfaceLanguage) -> None:
    detected = text(language, "detected", language=text(language, result.language))
    seconds = {step: f"{1000 * time:.0f}" for step, time in result.seconds.items()}
    seconds["dense"] = f"{1000 * (result.seconds['dense'] + result.seconds['encode']):.0f}"
    total = f"{sum(result.seconds.values()):.2f}"
    times = text(language, "seconds", **{"rerank": "0", **seconds, "total": total, "predicted": f"{predicted:.2f}"})
    st.caption(f"{detected} · {times} · {text(language, 'models', names=names)}")


def _draw_tools(language: InterfaceLanguage) -> str | None:
    return st.pills(
        text(language, "tools"),
        _TOOLS,
        format_func=lambda tool: text(language, f"tool_{tool}"),
        key="tool",
        label_visibility="collapsed",
        persist_state="session",
    )


def _draw_text(hit: Hit, found: SearchResult, store: PassageStore, language: InterfaceLanguage) -> None:
    passage, terms = hit.passage, found.terms
    if st.session_state.get("open_passage") == passage.id:
        draw_article(store.passages(passage.article.id), passage, hit.answer, terms)
    else:
        draw_passage(passage, hit.answer, terms)
    aids: Mapping[str, Passage] = st.session_state.get("aids", {})
    if all(passage.id != read.passage.id for read in found.hits):
        st.caption(text(language, "whatif_no_answer"))
    elif aid := aids.get(passage.id):
        st.html(aid_html(aid, terms, language))


def _draw_foot(hit: Hit, journey: Journey, found: SearchResult, language: InterfaceLanguage) -> None:
    is_open = st.session_state.get("open_passage") == hit.passage.id
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.html(foot_html(hit, journey, language))
        draw_thumbs(found.question, found.language, hit.passage)
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
