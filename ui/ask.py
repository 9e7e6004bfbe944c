"""The page that answers questions."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from retrieval.passages import LANGUAGES, ArticleInfo, Hit, Language, SearchResult, Selection
from ui.draw import draw_article, draw_hit_foot, draw_hit_head, draw_passage, draw_title
from ui.resources import Resources, interface_language
from ui.texts import EXAMPLES, InterfaceLanguage, text

_LIMITS = (5, 10, 20)


@dataclass(frozen=True, slots=True)
class _Request:
    """All that decides a search; the same request is not searched again."""

    question: str
    limit: int
    selection: Selection
    language: Language | None


def draw_ask_page(resources: Resources) -> None:
    """Draw the question, its filters and what was found."""
    language = interface_language()
    draw_title(language, text(language, "app"), text(language, "tagline"))
    articles = resources.store.articles()
    if not articles:
        st.info(text(language, "empty"))
        return
    _draw_question(language, len(articles))
    _draw_examples(language, articles)
    request = _draw_filters(resources, articles, language)
    if request.question.strip():
        _draw_result(_search(resources, request, language), resources, language)


def _draw_question(language: InterfaceLanguage, count: int) -> None:
    with st.form("ask", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            text(language, "question"),
            key="question",
            placeholder=text(language, "placeholder", count=count),
            label_visibility="collapsed",
            bind="query-params",
        )
        st.form_submit_button(text(language, "search"), type="primary", icon=":material/search:")


def _draw_examples(language: InterfaceLanguage, articles: list[ArticleInfo]) -> None:
    names = {article.name for article in articles}
    examples = [question for question, name in EXAMPLES if name in names]
    if examples and not st.session_state.get("question"):
        st.caption(text(language, "examples"))
        with st.container(gap=None):
            for question in examples:
                st.button(question, key=f"example {question}", type="tertiary", on_click=_ask, args=(question,))


def _ask(question: str) -> None:
    st.session_state["question"] = question


def _draw_filters(resources: Resources, articles: list[ArticleInfo], language: InterfaceLanguage) -> _Request:
    titles = {article.id: article.title for article in articles}
    asked_in = _draw_question_language(language)
    with st.expander(text(language, "filters"), icon=":material/tune:"):
        languages = st.pills(
            text(language, "passage_languages"),
            list(resources.store.language_counts()),
            selection_mode="multi",
            format_func=lambda code: text(language, code),
            key="passage_languages",
            persist_state="session",
        )
        chosen = st.multiselect(
            text(language, "articles"),
            list(titles),
            format_func=lambda article_id: titles.get(article_id, article_id),
            placeholder=text(language, "all"),
            key="articles",
            persist_state="session",
        )
        limit = st.segmented_control(
            text(language, "limit"), _LIMITS, default=_LIMITS[0], key="limit", persist_state="session"
        )
    return _Request(
        question=str(st.session_state.get("question", "")),
        limit=limit or _LIMITS[0],
        # A chosen article may have been deleted since.
        selection=Selection(tuple(languages), tuple(article_id for article_id in chosen if article_id in titles)),
        language=next((code for code in LANGUAGES if code == asked_in), None),
    )


def _draw_question_language(language: InterfaceLanguage) -> str | None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(text(language, "question_language"), width="content")
        return st.segmented_control(
            text(language, "question_language"),
            ["auto", *LANGUAGES[:3]],
            default="auto",
            format_func=lambda code: text(language, "automatic" if code == "auto" else code),
            key="question_language",
            label_visibility="collapsed",
            persist_state="session",
        )


def _search(resources: Resources, request: _Request, language: InterfaceLanguage) -> SearchResult:
    """Search once per request; other clicks on the page find the result kept."""
    known = st.session_state.get("searched")
    if known is not None and known[0] == request:
        kept: SearchResult = known[1]
        return kept
    with st.spinner(text(language, "searching")):
        result = resources.searcher.search(request.question, request.limit, request.selection, request.language)
    st.session_state["searched"] = (request, result)
    st.session_state["open_passage"] = None
    return result


def _draw_result(result: SearchResult, resources: Resources, language: InterfaceLanguage) -> None:
    detected = text(language, "detected", language=text(language, result.language))
    seconds = {step: f"{1000 * time:.0f}" for step, time in result.seconds.items()}
    seconds["dense"] = f"{1000 * (result.seconds['dense'] + result.seconds['encode']):.0f}"
    total = f"{sum(result.seconds.values()):.2f}"
    times = text(language, "seconds", **{"rerank": "0", **seconds, "total": total})
    st.caption(f"{detected} · {times} · {text(language, 'models', names=resources.names)}")
    if not result.hits:
        st.info(text(language, "no_hits"))
    elif not result.relevant:
        st.info(text(language, "nothing"))
    for place, hit in enumerate(result.hits, start=1):
        _draw_hit(hit, place, resources, language)


def _draw_hit(hit: Hit, place: int, resources: Resources, language: InterfaceLanguage) -> None:
    is_open = st.session_state.get("open_passage") == hit.passage.id
    with st.container(border=True):
        draw_hit_head(hit, place, language)
        if is_open:
            draw_article(resources.store.passages(hit.passage.article.id), hit.passage, hit.answer)
        else:
            draw_passage(hit.passage, hit.answer)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            draw_hit_foot(hit, language)
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
