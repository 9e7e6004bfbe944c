"""The page that measures the search: questions in, and evaluations that run beside the page."""

from __future__ import annotations

from collections.abc import Set

import streamlit as st

from evaluation.datasets import Dataset
from evaluation.evaluations import Evaluations, Given
from evaluation.kept import kept_runs
from evaluation.questions import AskedQuestion
from evaluation.run import STAGES, Plan
from evaluation.uploads import UPLOAD_SUFFIXES, read_upload
from retrieval.errors import InputError, QAError
from retrieval.feedback import read_feedback
from ui.access import is_editor, person
from ui.charts import stage_name
from ui.draw import draw_title
from ui.evaluation_results import draw_runs
from ui.resources import Resources, background, interface_language, settings
from ui.samples import sample_questions
from ui.texts import InterfaceLanguage, text


def draw_evaluate_page(resources: Resources) -> None:
    """Draw what is to be asked, the running evaluation and the kept ones."""
    language = interface_language()
    draw_title(language, text(language, "evaluate"), text(language, "ev_tagline"))
    evaluations = Evaluations(resources.models, resources.store, settings(), person())
    if is_editor():
        with st.container(border=True):
            given = _draw_questions(resources, language)
            _draw_start(evaluations, given, language)
    else:
        st.caption(text(language, "readers_only"))
    _draw_progress(language)
    runs = kept_runs(evaluations.folder)
    if runs:
        draw_runs(runs, evaluations.folder, language)


def _draw_questions(resources: Resources, language: InterfaceLanguage) -> tuple[str, Given] | None:
    """Draw the choice of questions; return their name and what they are, once there are some."""
    names = {article.name for article in resources.store.articles()}
    found = {"feedback": _feedback_questions(names, text(language, "ev_feedback")), "samples": sample_questions(names)}
    ready = {name: questions for name, questions in found.items() if questions}
    sources = ["write", "file", *ready]
    source = st.segmented_control(
        text(language, "ev_source"),
        sources,
        default="samples" if "samples" in ready else sources[0],
        format_func=lambda name: text(language, f"ev_{name}"),
        key="ev_source",
        required=True,
    )
    if source in ready:
        st.caption(text(language, f"ev_{source}_help", count=len(ready[source])))
        return text(language, f"ev_{source}"), ready[source]
    return _draw_upload(language) if source == "file" else _draw_writing(resources, language)


def _feedback_questions(names: Set[str], place: str) -> list[AskedQuestion]:
    """Return the questions with a thumb up for an article that is still among a library's names."""
    return [
        AskedQuestion(f"{place} {number}", judged.question, articles)
        for number, judged in enumerate(read_feedback(settings().library), start=1)
        if (articles := tuple(name for name in judged.articles if name in names))
    ]


def _draw_upload(language: InterfaceLanguage) -> tuple[str, Given] | None:
    file = st.file_uploader(
        text(language, "ev_upload"), type=[suffix.removeprefix(".") for suffix in UPLOAD_SUFFIXES], key="ev_upload"
    )
    st.caption(text(language, "ev_upload_help"))
    if file is None:
        return None
    known = st.session_state.get("ev_given")
    if known is None or known[0] != file.file_id:
        try:
            known = (file.file_id, read_upload(file.name, file.getvalue(), settings().limits))
        except InputError as error:
            st.error(str(error), icon=":material/error:")
            return None
        st.session_state["ev_given"] = known
    given: Given = known[1]
    questions, left_out = (given.questions, given.left_out) if isinstance(given, Dataset) else (given, 0)
    st.caption(text(language, "ev_read", count=len(questions)))
    if left_out:
        st.caption(text(language, "ev_left_out", count=left_out))
    return file.name, given


def _draw_writing(resources: Resources, language: InterfaceLanguage) -> tuple[str, Given] | None:
    titles = {article.name: article.title for article in resources.store.articles()}
    written: list[AskedQuestion] = st.session_state.setdefault("ev_written", [])
    with st.form("ev_write", clear_on_submit=True, border=False):
        question = st.text_input(text(language, "ev_question"))
        article = st.selectbox(
            text(language, "ev_article"),
            list(titles),
            index=None,
            format_func=lambda name: f"{titles.get(name, name)} ({name})",
            placeholder=text(language, "choose"),
        )
        passage = st.text_input(text(language, "ev_passage"))
        answer = st.text_input(text(language, "ev_answer"))
        added = st.form_submit_button(text(language, "ev_add"), icon=":material/add:")
    if added and question.strip() and (article or passage.strip()):
        articles, answers = ((value,) if value else () for value in (article, answer.strip()))
        place = f"{text(language, 'ev_question')} {len(written) + 1}"
        written.append(AskedQuestion(place, question.strip(), articles, passage.strip(), answers))
    elif added:
        st.info(text(language, "ev_incomplete"))
    for known in written:
        st.text(f"{known.question} → {' · '.join(known.articles) or known.passage}")
    if written and st.button(text(language, "ev_clear"), type="tertiary"):
        written.clear()
        st.rerun()
    return (text(language, "ev_written"), tuple(written)) if written else None


def _draw_start(evaluations: Evaluations, given: tuple[str, Given] | None, language: InterfaceLanguage) -> None:
    stages = st.pills(
        text(language, "ev_stages"),
        STAGES,
        selection_mode="multi",
        default=STAGES,
        format_func=lambda stage: stage_name(stage, language),
        key="ev_stages",
    )
    answers = st.checkbox(text(language, "ev_answers"), key="ev_answers")
    if st.button(
        text(language, "ev_run"),
        type="primary",
        icon=":material/play_arrow:",
        disabled=given is None or not stages,
        key="ev_run",
    ):
        name, questions = given or ("", ())
        plan = Plan(tuple(stage for stage in STAGES if stage in stages), answers)
        try:
            background().start(name, lambda on_step: evaluations.run(name, questions, plan, on_step))
        except QAError as error:
            st.error(str(error), icon=":material/error:")


def _draw_progress(language: InterfaceLanguage) -> None:
    progress = background().progress()
    if progress is None:
        return
    if progress.state == "running":
        _watch(language)
    elif progress.state == "failed":
        st.error(progress.message, icon=":material/error:")
    elif progress.state == "cancelled":
        st.info(text(language, "ev_cancelled"))


@st.fragment(run_every=1.0)
def _watch(language: InterfaceLanguage) -> None:
    """Draw how far the evaluation is, again and again; the page is drawn anew once it has ended."""
    progress = background().progress()
    if progress is None or progress.state != "running":
        st.rerun()
    counts = {"name": progress.name, "done": progress.done, "total": progress.total}
    st.progress(progress.done / max(1, progress.total), text(language, f"ev_phase_{progress.phase}", **counts))
    if is_editor() and st.button(text(language, "cancel"), icon=":material/close:", key="ev_cancel"):
        background().cancel()
