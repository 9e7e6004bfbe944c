"""The kept evaluations on the page: figures, languages, ranks, worst questions, comparisons, downloads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from evaluation.export import figures_csv, questions_csv, run_json
from evaluation.kept import KeptRun, forget, kept_results
from evaluation.published import protocol_pair
from evaluation.run import AskedResult
from evaluation.significance import Comparison, compare
from ui.access import is_editor, person
from ui.charts import Chart, pairs_chart, ranks_chart, to_png, to_svg
from ui.figures import MEASURES, choose_measure, choose_stage, draw_figures, draw_published, run_label
from ui.texts import InterfaceLanguage, text

_WORST = 20


def draw_runs(runs: Sequence[KeptRun], folder: Path, language: InterfaceLanguage) -> None:
    """Draw the choice of an evaluation and one view of it; only that view is computed."""
    known = {run.id: run for run in runs}
    chosen = st.selectbox(
        text(language, "ev_kept"), list(known), format_func=lambda key: run_label(known[key], language), key="ev_chosen"
    )
    run = known[chosen]
    among = text(language, "ev_among", questions=run.questions, documents=run.documents)
    st.caption(" · ".join([among, *(f"{name} {value}" for name, value in run.settings.items())]))
    pair = protocol_pair(run.documents, run.questions, next(iter(run.stages.values())).pairs)
    views = ["figures", "pairs", "ranks", "worst", "compare", *(["published"] if pair else [])]
    view = st.segmented_control(
        text(language, "ev_view"),
        views,
        default="figures",
        format_func=lambda name: text(language, f"ev_{name}"),
        key="ev_view",
        required=True,
    )
    match view:
        case "figures":
            draw_figures(run, language)
        case "pairs":
            _draw_pairs(run, language)
        case "ranks":
            _draw_ranks(run, _results(str(folder), run.id), language)
        case "worst":
            _draw_worst(run, _results(str(folder), run.id), language)
        case "compare":
            _draw_comparison(run, known, folder, language)
        case _:
            draw_published(run, str(pair), language)
    _draw_downloads(run, folder, language)


@st.cache_data(max_entries=4, show_spinner=False)
def _results(folder: str, run_id: str) -> list[AskedResult]:
    return kept_results(Path(folder), run_id)


def _draw_pairs(run: KeptRun, language: InterfaceLanguage) -> None:
    measure = choose_measure(language, "ev_pairs_measure")
    alt_text = text(language, "ev_pairs_alt", measure=MEASURES[measure])
    st.altair_chart(pairs_chart(run.stages, measure, language), width="content", key="ev_pairs_chart", alt=alt_text)
    _draw_pictures(lambda: pairs_chart(run.stages, measure, "en"), f"{run.id}-languages-{measure}")


def _draw_ranks(run: KeptRun, results: Sequence[AskedResult], language: InterfaceLanguage) -> None:
    outcomes = {stage: [result.outcomes[stage] for result in results] for stage in run.stages}
    chart = ranks_chart(outcomes, language)
    st.altair_chart(chart, key="ev_ranks_chart", alt=text(language, "ev_ranks_alt"))
    _draw_pictures(lambda: ranks_chart(outcomes, "en"), f"{run.id}-ranks")


def _draw_pictures(make: Callable[[], Chart], name: str) -> None:
    """Draw buttons for the chart's pictures, made at the click, in English: a server may lack Chinese fonts."""
    with st.container(horizontal=True):
        st.download_button("SVG", lambda: to_svg(make()), f"{name}.svg", "image/svg+xml", on_click="ignore")
        st.download_button("PNG", lambda: to_png(make()), f"{name}.png", "image/png", on_click="ignore")


def _draw_worst(run: KeptRun, results: Sequence[AskedResult], language: InterfaceLanguage) -> None:
    stage = choose_stage(run, text(language, "ev_stage"), language, f"ev_worst_stage {run.id}")
    worst = sorted(results, key=lambda result: -result.outcomes[stage].rank)
    lines = []
    for result in [result for result in worst if result.outcomes[stage].rank > 1][:_WORST]:
        outcome = result.outcomes[stage]
        rank = text(language, "ev_worst_rank", rank=f"{outcome.rank:g}")
        told = rank if outcome.found else text(language, "ev_worst_missed")
        address = "./?" + urlencode({"question": result.question, "lang": language})
        link = f'<a href="{escape(address)}" target="_self">{escape(result.question)}</a>'
        lines.append(f"<li>{link} · {escape(told)} · {escape(', '.join(result.right))}</li>")
    if lines:
        st.html(f"<ol>{''.join(lines)}</ol>")
    else:
        st.info(text(language, "ev_none_wrong"))


@st.cache_data(max_entries=32, show_spinner=False)
def _compared(folder: str, first: tuple[str, str], second: tuple[str, str], measure: str) -> Comparison:
    sides = [
        {result.question: result.outcomes[stage] for result in _results(folder, run_id)}
        for run_id, stage in (first, second)
    ]
    return compare(sides[0], sides[1], measure)


def _draw_comparison(run: KeptRun, known: dict[str, KeptRun], folder: Path, language: InterfaceLanguage) -> None:
    first = choose_stage(run, text(language, "ev_first"), language, f"ev_first {run.id}")
    other = known[
        st.selectbox(
            text(language, "ev_other"),
            list(known),
            format_func=lambda key: run_label(known[key], language),
            key="ev_other",
        )
    ]
    second = choose_stage(other, text(language, "ev_second"), language, f"ev_second {other.id}", 0)
    measure = choose_measure(language, "ev_compare_measure")
    found = _compared(str(folder), (run.id, first), (other.id, second), measure)
    if not found.questions:
        st.info(text(language, "ev_no_shared"))
        return
    counts = {"questions": found.questions, "differing": found.differing}
    difference = f"{found.difference:+.2f}"
    st.write(text(language, "ev_difference", measure=MEASURES[measure], difference=difference, **counts))
    st.write(text(language, "ev_significant" if found.p < 0.05 else "ev_by_chance", p=f"{found.p:.4f}"))


def _draw_downloads(run: KeptRun, folder: Path, language: InterfaceLanguage) -> None:
    def results() -> list[AskedResult]:
        return _results(str(folder), run.id)

    # Made at the click.
    files: list[tuple[str, Callable[[], str], str, str]] = [
        (f"{text(language, 'ev_figures')} · CSV", lambda: figures_csv(run), "-figures.csv", "text/csv"),
        (f"{text(language, 'ev_source')} · CSV", lambda: questions_csv(results()), "-questions.csv", "text/csv"),
        ("JSON", lambda: run_json(run, results()), ".json", "application/json"),
    ]
    with st.container(horizontal=True):
        for label, make, ending, kind in files:
            st.download_button(label, make, f"{run.id}{ending}", kind, on_click="ignore")
        if is_editor() and st.button(text(language, "ev_delete"), type="tertiary", icon=":material/delete:"):
            forget(person(), folder, run.id)
            st.rerun()
