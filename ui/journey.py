"""Drawing why: the journey of every passage as a chart, and what became of an article."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from retrieval.journey import Journey, explain, journeys, last_stage
from retrieval.passages import STAGES, ArticleInfo, SearchResult, Selection
from ui.draw import stops_html
from ui.texts import InterfaceLanguage, text

if TYPE_CHECKING:
    import altair as alt

# At least 3:1 on the light and on the dark background.
_COLOURS = {"fr": "#3b82f6", "en": "#0d857b", "zh": "#dc2626", "other": "#8b5cf6"}
_GREY = "#8a827d"


def draw_journeys(result: SearchResult, language: InterfaceLanguage) -> None:
    """Draw one line a passage over the stages, the shown ones in their language's colour."""
    drawn = [journey for journey in journeys(result) if last_stage(result) in journey.stops]
    st.caption(text(language, "journey_help"))
    st.altair_chart(_chart(drawn, result, language), key="journeys", alt=text(language, "rank_alt", count=len(drawn)))


def _chart(
    drawn: Sequence[Journey], result: SearchResult, language: InterfaceLanguage
) -> alt.LayerChart | alt.FacetChart:
    import altair as alt  # half of the page's imports, for those who open this tool

    shown = {hit.passage.id for hit in result.hits}
    names = [text(language, stage) for stage in STAGES]
    rows = [
        {
            "passage": journey.passage.id,
            "title": journey.passage.article.title,
            "stage": text(language, stage),
            "rank": stop.rank,
            "score": round(stop.score, 3),
            "language": text(language, journey.passage.language) if journey.passage.id in shown else "",
        }
        for journey in drawn
        for stage, stop in journey.stops.items()
    ]
    codes = list(dict.fromkeys(hit.passage.language for hit in result.hits))
    colour = alt.Scale(
        domain=[*(text(language, code) for code in codes), ""], range=[*(_COLOURS[code] for code in codes), _GREY]
    )
    data = alt.Data(values=rows)  # type: ignore[no-untyped-call]
    base = alt.Chart(data).encode(
        x=alt.X("stage:N", sort=names, scale=alt.Scale(domain=names), title=None, axis=alt.Axis(labelAngle=0)),
        # Logarithmic: the difference between ranks 1 and 3 matters more than that between 41 and 43.
        y=alt.Y("rank:Q", scale=alt.Scale(type="log", reverse=True, nice=False), title=text(language, "rank_axis")),
        color=alt.Color(
            "language:N", scale=colour, legend=alt.Legend(title=None, orient="bottom", values=colour.domain[:-1])
        ),
        opacity=alt.condition("datum.language == ''", alt.value(0.35), alt.value(1)),
        detail="passage:N",
        tooltip=["title:N", "stage:N", "rank:Q", "score:Q"],
    )
    return alt.layer(base.mark_line(strokeWidth=2), base.mark_circle(size=60, opacity=1)).properties(height=280)


def draw_why(
    result: SearchResult, articles: Sequence[ArticleInfo], selection: Selection, language: InterfaceLanguage
) -> None:
    """Draw the choice of an article and, for the chosen one, how far it came."""
    by_id = {article.id: article for article in articles}
    chosen = st.selectbox(
        text(language, "why_article"),
        list(by_id),
        index=None,
        format_func=lambda article_id: by_id[article_id].title,
        placeholder=text(language, "choose"),
        key="why",
    )
    if chosen is None:
        return
    explanation = explain(result, by_id[chosen], selection)
    journey = explanation.journey
    rank = journey.stops[last_stage(result)].rank if journey and last_stage(result) in journey.stops else 0
    line = text(language, explanation.fate, rank=rank, count=len(result.hits), depth=result.recipe.rerank_depth)
    stops = stops_html(journey, language) if journey else ""
    st.html(f'<p class="qa-fate" role="status">{escape(line)}</p><div class="qa-ranks">{stops}</div>')
