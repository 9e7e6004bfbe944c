"""The Evaluate page's charts, and their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import vl_convert

from evaluation.measures import Outcome
from evaluation.report import StageResult
from ui.texts import InterfaceLanguage, text

Chart = alt.Chart | alt.FacetChart
_ORDER = ["fr", "en", "zh", "other"]
# At least 3:1 on the light and on the dark background.
_COLORS = ["#8a827d", "#3b82f6", "#0d857b", "#c2620a", "#8b5cf6"]
RANK_BINS = (("1", 1.0), ("2–3", 3.0), ("4–5", 5.0), ("6–10", 10.0), ("11–100", 100.0), ("> 100", float("inf")))


def stage_name(stage: str, language: InterfaceLanguage) -> str:
    """Return a stage's name in the interface's language; peers keep their own."""
    known = stage in ("bm25", "dense", "fused", "reranked")
    return text(language, f"ev_{stage}") if known else stage


def pairs_chart(stages: Mapping[str, StageResult], measure: str, language: InterfaceLanguage) -> Chart:
    """Return, for each stage, a measure by language of question (down) and article (across), one square each."""
    rows = [
        {
            "stage": stage_name(stage, language),
            "question": pair.split("-")[0],
            "article": pair.split("-")[1],
            "value": round(getattr(found, measure), 1),
            "questions": found.questions,
        }
        for stage, result in stages.items()
        for pair, found in result.pairs.items()
    ]
    in_ranks = measure.startswith("top_")
    base = alt.Chart().encode(
        x=alt.X("article:N", sort=_ORDER, title=text(language, "ev_passage_in"), axis=_axis()),
        y=alt.Y("question:N", sort=_ORDER, title=text(language, "ev_question_in"), axis=_axis()),
        tooltip=["stage:N", "question:N", "article:N", "value:Q", "questions:Q"],
    )
    scheme = alt.Scale(scheme="teals", reverse=in_ranks, domainMin=alt.Undefined if in_ranks else 0)
    squares = base.mark_rect(stroke="white").encode(color=alt.Color("value:Q", scale=scheme, legend=None))
    # Dark letters on a light plate are read on every colour of the scale.
    plates = base.mark_rect(fill="white", opacity=0.8, width=33, height=17, cornerRadius=4)
    numbers = base.mark_text(fontSize=11, fill="#1c1917").encode(text=alt.Text("value:Q", format=".1f"))
    order = [stage_name(stage, language) for stage in stages]
    chart: Chart = (
        alt.layer(squares, plates, numbers, data=alt.InlineData(values=rows))
        .properties(width=alt.Step(40), height=alt.Step(40))
        .facet(facet=alt.Facet("stage:N", sort=order, title=None), columns=2)
    )
    return chart


def ranks_chart(outcomes: Mapping[str, Sequence[Outcome]], language: InterfaceLanguage) -> Chart:
    """Return the share of questions whose right document has each rank, one bar a stage."""
    rows = []
    for stage, found in outcomes.items():
        for name, share in rank_shares(found).items():
            rows.append({"stage": stage_name(stage, language), "rank": name, "share": share})
    order = [stage_name(stage, language) for stage in outcomes]
    chart: Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("rank:N", sort=[name for name, _ in RANK_BINS], title=text(language, "ev_rank"), axis=_axis()),
            xOffset=alt.XOffset("stage:N", sort=order),
            y=alt.Y("share:Q", title=text(language, "ev_share")),
            color=alt.Color(
                "stage:N", sort=order, scale=alt.Scale(range=_COLORS), legend=alt.Legend(title=None, orient="top")
            ),
            tooltip=["stage:N", "rank:N", alt.Tooltip("share:Q", format=".1f")],
        )
        .properties(height=300)
    )
    return chart


def rank_shares(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return the percent of questions in each of `RANK_BINS`."""
    shares, below = {}, 0.0
    for name, top in RANK_BINS:
        shares[name] = 100 * sum(below < outcome.rank <= top for outcome in outcomes) / len(outcomes)
        below = top
    return shares


def to_svg(chart: Chart) -> str:
    """Return a chart as SVG."""
    return str(vl_convert.vegalite_to_svg(chart.to_json()))


def to_png(chart: Chart) -> bytes:
    """Return a chart as PNG, twice as large as on the page."""
    return bytes(vl_convert.vegalite_to_png(chart.to_json(), scale=2))


def _axis() -> alt.Axis:
    return alt.Axis(labelAngle=0, grid=False)
