"""Tables of figures on the Evaluate page, and the choices its views share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

import streamlit as st

from evaluation.kept import KeptRun
from evaluation.measures import MEASURE_NAMES
from evaluation.published import DIFFERENCES, beside
from ui.charts import stage_name
from ui.texts import InterfaceLanguage, text

MEASURES = dict(
    zip(
        MEASURE_NAMES,
        ("Top-mean", "Top-std", "Top-1", "Top-5", "Top-10", "MRR", "nDCG@10", "Recall@100", "MAP"),
        strict=True,
    )
)
_STYLE = """<style>
.ev-scroll {overflow-x: auto;} .ev-table {border-collapse: collapse; font-size: .85rem; width: 100%;}
.ev-table th, .ev-table td {padding: .35rem .6rem; text-align: right; border-bottom: 1px solid rgb(120 113 108 / .35);
  white-space: nowrap; font-variant-numeric: tabular-nums;}
.ev-table th:first-child, .ev-table td:first-child {text-align: left;} .ev-table small {display: block; opacity: .85;}
</style>"""


def draw_figures(run: KeptRun, language: InterfaceLanguage) -> None:
    """Draw every stage's measures with their intervals."""
    rows = []
    for stage, result in run.stages.items():
        cells = [escape(stage_name(stage, language))]
        for name in MEASURE_NAMES:
            low, high = result.intervals[name]
            cells.append(f"{getattr(result.measures, name):.1f}<small>{low:.1f}–{high:.1f}</small>")
        rows.append(cells)
    _draw_table([text(language, "ev_stage"), *MEASURES.values()], rows)
    st.caption(text(language, "ev_interval"))
    if run.answers:
        exact, f1, count = run.answers
        st.caption(text(language, "ev_answer_line", exact=f"{exact:.1f}", f1=f"{f1:.1f}", count=count))


def _draw_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Draw cells, which are HTML already."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    st.html(_STYLE)
    st.html(f'<div class="ev-scroll" tabindex="0"><table class="ev-table"><tr>{head}</tr>{body}</table></div>')


def draw_published(run: KeptRun, pair: str, language: InterfaceLanguage) -> None:
    """Draw our stages and the published models, with what differs."""
    header, *rows = beside(pair, {stage: result.measures for stage, result in run.stages.items()})
    _draw_table(header, [[escape(cell) for cell in row] for row in rows])
    with st.expander(text(language, "ev_differs")):
        for number in range(1, len(DIFFERENCES) + 1):
            st.text(text(language, f"ev_differs_{number}"))


def choose_measure(language: InterfaceLanguage, key: str) -> str:
    """Draw the choice of a measure that each question has; return it."""
    names = [name for name in MEASURE_NAMES if name != "top_std"]
    return st.selectbox(
        text(language, "ev_measure"), names, index=names.index("mrr"), format_func=MEASURES.__getitem__, key=key
    )


def choose_stage(run: KeptRun, label: str, language: InterfaceLanguage, key: str) -> str:
    """Draw the choice of one of a run's stages; return it."""
    stages = list(run.stages)
    return st.selectbox(
        label, stages, index=len(stages) - 1, format_func=lambda stage: stage_name(stage, language), key=key
    )


def run_label(run: KeptRun, language: InterfaceLanguage) -> str:
    """Return what names an evaluation in a list."""
    date = datetime.fromisoformat(run.date).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return text(language, "ev_label", name=run.name, questions=run.questions, date=date)
