"""Two encoders or two rerankers side by side on one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from retrieval.comparison import found_by_one
from retrieval.journey import last_stage
from retrieval.passages import ArticleInfo, ScoredPassage, SearchResult, Stage
from ui.columns import SHOWN, draw_columns, draw_overlaps, row_html
from ui.resources import Compared, Resources, open_compared, settings
from ui.texts import InterfaceLanguage, text

Pair = tuple[SearchResult, SearchResult]


def draw_models(resources: Resources, language: InterfaceLanguage) -> None:
    """Draw a question and, for each stage at which the models differ, a column of each."""
    own, other = settings(), settings().compared
    if other is None:
        return
    with st.spinner(text(language, "opening")):
        compared = open_compared(own, other, resources)
    if _articles(compared.store.articles()) != _articles(resources.store.articles()):
        st.info(text(language, "models_build", command="python -m ingest --compared"))
        return
    with st.form("models", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        question = st.text_input(text(language, "question"), key="models_question", persist_state="session")
        st.form_submit_button(text(language, "search"), type="primary", icon=":material/search:")
    if not question.strip():
        return
    found = _search(question, resources, compared, language)
    by_article = compared.store is not resources.store
    if by_article:
        st.caption(text(language, "models_by_article"))
        _draw_pair([result.rankings["dense"] for result in found], "dense", compared.encoders, language, True)
    names = [" + ".join(pair) for pair in zip(compared.encoders, compared.rerankers, strict=True)]
    last = [result.rankings[last_stage(result)] for result in found]
    _draw_pair(last, last_stage(found[0]), names if by_article else compared.rerankers, language, by_article)


def _articles(listed: Sequence[ArticleInfo]) -> set[str]:
    return {article.id for article in listed}


def _search(question: str, resources: Resources, compared: Compared, language: InterfaceLanguage) -> Pair:
    """Search once with each for a question; other clicks on the page find the results kept."""
    kept: dict[str, Pair] = st.session_state.setdefault("compared_models", {})
    if question not in kept:
        with st.spinner(text(language, "searching")):
            # No passage is shown whole, so none is read for its answer.
            searchers = (resources.searcher, compared.searcher)
            one, other = (searcher.search(question, limit=0) for searcher in searchers)
            kept[question] = (one, other)
    return kept[question]


def _draw_pair(
    rankings: Sequence[Sequence[ScoredPassage]],
    stage: Stage,
    names: Sequence[str],
    language: InterfaceLanguage,
    by_article: bool,
) -> None:
    """Draw two rankings; the second tells the places each item rose against the first."""
    # One model on both sides would be one column: the number tells them apart.
    titles = [f"{number} · {text(language, stage)} · {name}" for number, name in enumerate(names, start=1)]
    keys = [_ranks(ranking, by_article) for ranking in rankings]
    tops = {title: list(ranks)[:SHOWN] for title, ranks in zip(titles, keys, strict=True)}
    draw_overlaps({f"{number}": top for number, top in enumerate(tops.values(), start=1)}, language)
    only = found_by_one(tops)
    columns = {}
    for title, ranking, ranks in zip(titles, rankings, keys, strict=True):
        rows = []
        for hit in ranking[:SHOWN]:
            key = _key(hit, by_article)
            rise = keys[0].get(key, ranks[key]) - ranks[key]
            rows.append(row_html(hit, rise, key in only[title], language))
        columns[title] = rows
    draw_columns(columns)


def _ranks(ranking: Sequence[ScoredPassage], by_article: bool) -> Mapping[str, int]:
    """Return each item's rank, from 1; an article stands where its best passage does."""
    items = dict.fromkeys(_key(hit, by_article) for hit in ranking)
    return {key: rank for rank, key in enumerate(items, start=1)}


def _key(hit: ScoredPassage, by_article: bool) -> str:
    # Each encoder's tokens cut articles into passages of their own.
    return hit.passage.article.id if by_article else hit.passage.id
