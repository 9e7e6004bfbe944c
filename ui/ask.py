"""The page that answers questions."""

from __future__ import annotations

import streamlit as st

from retrieval.pace import depth_within, predicted_seconds
from retrieval.passages import LANGUAGES, ArticleInfo, Passage, SearchResult, Selection
from retrieval.siblings import articles_on_topic, sibling
from retrieval.store.passage_store import PassageStore
from ui.draw import draw_title
from ui.links import LIMITS, WITHIN, Request, read_recipe, read_request
from ui.loading import draw_loading
from ui.record import record_question
from ui.resources import Opening, Resources, interface_language
from ui.result import draw_result, draw_words
from ui.texts import EXAMPLES, InterfaceLanguage, text
from ui.whatif import forget_trial


def draw_ask_page(opening: Opening) -> None:
    """Draw the question, its filters and what was found: by the words alone until the models are loaded."""
    language = interface_language()
    draw_title(language, text(language, "app"), text(language, "tagline"))
    resources, store = opening.loading.value, opening.store
    articles = store.articles() if store else []
    if resources is None:
        draw_loading(opening.loading, language, is_answering=bool(articles))
    if not articles or store is None:
        st.info(text(language, "empty"))
        return
    _open_address()
    _draw_question(language, len(articles))
    _draw_examples(language, articles)
    request = _draw_filters(store, resources, articles, language)
    if not request.question.strip():
        return
    if resources is not None:
        draw_result(_search(resources, request, language), request, articles, resources, language)
    elif opening.words is not None:
        found = opening.words.search(request.question, request.limit, request.selection, request.language)
        draw_words(found, store, language)


def _open_address() -> None:
    """Take the settings of the address this session was opened with; `question` is bound to it by its box."""
    if "limit" in st.session_state:
        return
    fields = st.query_params.to_dict()
    asked = read_request(fields)
    st.session_state["limit"] = asked.limit
    st.session_state["question_language"] = asked.language or "auto"
    st.session_state.setdefault("passage_languages", list(asked.selection.languages))
    st.session_state.setdefault("articles", list(asked.selection.article_ids))
    st.session_state.setdefault("within", asked.within)
    st.session_state["recipe_fields"] = fields  # read with the first full result: the models have a share in a recipe


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


def _draw_filters(
    store: PassageStore, resources: Resources | None, articles: list[ArticleInfo], language: InterfaceLanguage
) -> Request:
    titles = {article.id: article.title for article in articles}
    asked_in = _draw_question_language(language)
    with st.expander(text(language, "filters"), icon=":material/tune:"):
        languages = st.pills(
            text(language, "passage_languages"),
            list(store.language_counts()),
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
        limit = limit or LIMITS[0]
        within = _draw_within(resources, limit, language)
    return Request(
        question=str(st.session_state.get("question", "")),
        limit=limit,
        # A chosen article may have been deleted since.
        selection=Selection(tuple(languages), tuple(article_id for article_id in chosen if article_id in titles)),
        language=next((code for code in LANGUAGES if code == asked_in), None),
        within=within,
    )


def _draw_within(resources: Resources | None, limit: int, language: InterfaceLanguage) -> float:
    """Draw the choice of a time to answer within, with what it comes to on this machine."""
    within = st.segmented_control(
        text(language, "within"),
        WITHIN,
        format_func=lambda seconds: f"{seconds:g} s" if seconds else text(language, "within_usual"),
        key="within",
        persist_state="session",
    )
    if resources is not None:
        depth = _depth(resources, within or WITHIN[0], limit)
        seconds = f"{predicted_seconds(resources.pace, depth, limit):.2f}"
        st.caption(text(language, "within_depth", depth=depth, seconds=seconds))
    return within or WITHIN[0]


def _depth(resources: Resources, within: float, limit: int) -> int:
    return depth_within(resources.pace, within, limit) if within else resources.searcher.recipe.rerank_depth


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
    depth = _depth(resources, request.within, request.limit)
    with st.spinner(text(language, "searching")):
        result = resources.searcher.search(request.question, request.limit, request.selection, request.language, depth)
    record_question(result)
    if fields := st.session_state.pop("recipe_fields", None):
        st.session_state["recipe"] = read_recipe(fields, result.recipe)
    elif known is not None and known[1].recipe != result.recipe:
        forget_trial()  # it was one of another depth
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
