"""The page that answers questions."""

from __future__ import annotations

import streamlit as st

from retrieval.passages import LANGUAGES, ArticleInfo, Passage, SearchResult, Selection
from retrieval.siblings import articles_on_topic, sibling
from ui.draw import draw_title
from ui.links import LIMITS, Request, read_recipe, read_request
from ui.record import record_question
from ui.resources import Resources, interface_language
from ui.result import draw_result
from ui.texts import EXAMPLES, InterfaceLanguage, text


def draw_ask_page(resources: Resources) -> None:
    """Draw the question, its filters and what was found."""
    language = interface_language()
    draw_title(language, text(language, "app"), text(language, "tagline"))
    articles = resources.store.articles()
    if not articles:
        st.info(text(language, "empty"))
        return
    _open_address(resources)
    _draw_question(language, len(articles))
    _draw_examples(language, articles)
    request = _draw_filters(resources, articles, language)
    if request.question.strip():
        draw_result(_search(resources, request, language), request, articles, resources, language)


def _open_address(resources: Resources) -> None:
    """Take the settings of the address this session was opened with; `question` is bound to it by its box."""
    if "limit" in st.session_state:
        return
    fields = st.query_params.to_dict()
    asked = read_request(fields)
    st.session_state["limit"] = asked.limit
    st.session_state["question_language"] = asked.language or "auto"
    st.session_state.setdefault("passage_languages", list(asked.selection.languages))
    st.session_state.setdefault("articles", list(asked.selection.article_ids))
    st.session_state["recipe"] = read_recipe(fields, resources.searcher.recipe)


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


def _draw_filters(resources: Resources, articles: list[ArticleInfo], language: InterfaceLanguage) -> Request:
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
        limit = st.segmented_control(text(language, "limit"), LIMITS, key="limit", persist_state="session")
    return Request(
        question=str(st.session_state.get("question", "")),
        limit=limit or LIMITS[0],
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
            format_func=lambda code: text(language, "automatic" if code == "auto" else code),
            key="question_language",
            label_visibility="collapsed",
            persist_state="session",
        )


def _search(resources: Resources, request: Request, language: InterfaceLanguage) -> SearchResult:
    """Search once per request; other clicks on the page find the result kept."""
    known = st.session_state.get("searched")
    if known is not None and known[0] == request:
        kept: SearchResult = known[1]
        return kept
    with st.spinner(text(language, "searching")):
        result = resources.searcher.search(request.question, request.limit, request.selection, request.language)
    record_question(result)
    st.session_state["searched"] = (request, result)
    st.session_state["aids"] = _reading_aids(result, resources)
    st.session_state["open_passage"] = None
    return result


def _reading_aids(result: SearchResult, resources: Resources) -> dict[str, Passage]:
    """Return, by passage id, what says the same as a hit in the question's language, where the library has it."""
    aids: dict[str, Passage] = {}
    articles = resources.store.articles()
    for hit in result.hits:
        if hit.passage.language == result.language:
            continue
        others = articles_on_topic(hit.passage.article, articles, result.language)
        aid = sibling(hit.passage, [passage for other in others for passage in resources.store.passages(other.id)])
        if aid is not None:
            aids[hit.passage.id] = aid
    return aids
