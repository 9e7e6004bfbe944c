"""The page that sets the stages, the languages and the tokens of a question side by side."""

from __future__ import annotations

from html import escape
from itertools import combinations

import streamlit as st

from retrieval.comparison import found_by_one, language_bias, language_shares, rank_biased_overlap, shares
from retrieval.journey import journeys
from retrieval.passages import LANGUAGES, STAGES, Language, SearchResult
from ui.columns import SHOWN, draw_columns, draw_overlaps, ids, row_html
from ui.compare_models import draw_models
from ui.draw import draw_title
from ui.resources import Resources, interface_language, settings
from ui.samples import parallel_questions
from ui.texts import InterfaceLanguage, text
from ui.tokens import draw_tokens

_VIEWS = ("stages", "languages", "tokens")


def draw_compare_page(resources: Resources) -> None:
    """Draw the choice of a comparison and the chosen one only."""
    language = interface_language()
    draw_title(language, text(language, "compare"), text(language, "compare_tagline"))
    if not resources.store.passage_count():
        st.info(text(language, "empty"))
        return
    view = st.segmented_control(
        text(language, "view"),
        _VIEWS if settings().compared is None else (*_VIEWS, "models"),
        default=_VIEWS[0],
        format_func=lambda name: text(language, f"view_{name}"),
        key="view",
        label_visibility="collapsed",
        required=True,
        persist_state="session",
    )
    if view == "stages":
        _draw_stages(resources, language)
    elif view == "languages":
        _draw_languages(resources, language)
    elif view == "models":
        draw_models(resources, language)
    else:
        draw_tokens(resources, language)


def _search(resources: Resources, question: str, asked_in: Language | None = None) -> SearchResult:
    """Search once per question; other clicks on the page find the result kept."""
    kept: dict[tuple[str, Language | None], SearchResult] = st.session_state.setdefault("compared", {})
    if (question, asked_in) not in kept:
        with st.spinner(text(interface_language(), "searching")):
            # No passage is shown whole, so none is read for its answer.
            kept[question, asked_in] = resources.searcher.search(question, limit=0, language=asked_in)
    return kept[question, asked_in]


def _draw_stages(resources: Resources, language: InterfaceLanguage) -> None:
    with st.form("compare", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        question = st.text_input(text(language, "question"), key="compared_question", bind="query-params")
        st.form_submit_button(text(language, "search"), type="primary", icon=":material/search:")
    if not question.strip():
        return
    result = _search(resources, question)
    tops = {stage: result.rankings.get(stage, ())[:SHOWN] for stage in STAGES}
    draw_overlaps({text(language, stage): ids(top) for stage, top in tops.items()}, language)
    only = found_by_one({stage: ids(top) for stage, top in tops.items()})
    rises = {journey.passage.id: journey.rises for journey in journeys(result)}
    columns = {
        text(language, stage): [
            row_html(hit, rises[hit.passage.id].get(stage, 0), hit.passage.id in only[stage], language) for hit in top
        ]
        for stage, top in tops.items()
    }
    draw_columns(columns)
    _draw_bias(result, resources, language)


def _draw_bias(result: SearchResult, resources: Resources, language: InterfaceLanguage) -> None:
    library = shares(resources.store.language_counts())
    measured = {text(language, "bias_library"): library, text(language, "bias_pool"): {}}
    measured[text(language, "bias_pool")] = language_shares(result.rankings.get("fused", ()))
    for stage in STAGES[2:]:
        measured[f"{text(language, stage)} · {SHOWN}"] = language_shares(result.rankings.get(stage, ())[:SHOWN])
    head = "".join(f"<th>{escape(text(language, code))}</th>" for code in LANGUAGES)
    rows = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(f'<td>{found[code]:.0%}</td>' for code in LANGUAGES)}"
        f"<td>{language_bias(found, library):.0%}</td></tr>"
        for name, found in measured.items()
    )
    st.html(
        f'<h2 class="qa-section">{escape(text(language, "bias_title"))}</h2><div class="qa-scroll" tabindex="0">'
        f"<table class='qa-table'><tr><td></td>{head}<th>{escape(text(language, 'bias_distance'))}</th></tr>{rows}"
        "</table></div>"
    )
    st.caption(text(language, "bias_help"))


def _draw_languages(resources: Resources, language: InterfaceLanguage) -> None:
    _draw_examples(resources, language)
    with st.form("parallel", border=False):
        typed = {
            code: st.text_input(text(language, f"parallel_{code}"), key=f"parallel {code}", persist_state="session")
            for code in LANGUAGES[:3]
        }
        st.form_submit_button(text(language, "parallel_run"), type="primary", icon=":material/compare_arrows:")
    asked = {code: question for code, question in typed.items() if question.strip()}
    if len(asked) < 2:
        st.caption(text(language, "parallel_need"))
        return
    results = {code: _search(resources, question, code) for code, question in asked.items()}
    tops = {
        code: (result.rankings.get("reranked") or result.rankings.get("fused", ()))[:SHOWN]
        for code, result in results.items()
    }
    names = {text(language, code): ids(top) for code, top in tops.items()}
    pairs = [(one, other, rank_biased_overlap(names[one], names[other])) for one, other in combinations(names, 2)]
    figures = " · ".join(f"{one}–{other} {agreement:.2f}" for one, other, agreement in pairs)
    draw_overlaps(names, language)
    st.caption(text(language, "agreement", count=SHOWN, figures=figures))
    only = found_by_one(names)
    draw_columns(
        {
            text(language, code): [
                row_html(hit, 0, hit.passage.id in only[text(language, code)], language) for hit in top
            ]
            for code, top in tops.items()
        }
    )


def _draw_examples(resources: Resources, language: InterfaceLanguage) -> None:
    """Draw the choice of a sample question that is written in three languages, where its article is at hand."""
    examples = parallel_questions({article.name for article in resources.store.articles()})
    if examples:
        st.selectbox(
            text(language, "parallel_example"),
            examples,
            index=None,
            format_func=lambda example: example[language],
            placeholder=text(language, "parallel_choose"),
            key="parallel_example",
            on_change=_take_example,
        )


def _take_example() -> None:
    example = st.session_state["parallel_example"]
    for code in LANGUAGES[:3]:
        st.session_state[f"parallel {code}"] = example[code] if example else ""
