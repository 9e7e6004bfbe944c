"""The page that adds, lists and deletes articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ingest.articles import SUPPORTED_SUFFIXES
from ingest.editing import Editing
from ingest.formats.blocks import clean_line
from ingest.parser import Parser
from ingest.pipeline import FileReport, InputFile, Progress
from retrieval.errors import QAError
from retrieval.passages import LANGUAGES, ArticleInfo
from retrieval.settings import Limits
from retrieval.siblings import other_languages
from ui.access import is_editor, person
from ui.draw import draw_title
from ui.faults import explained
from ui.happened import draw_happened
from ui.record import record_error, record_uploads
from ui.resources import Resources, interface_language, settings
from ui.texts import InterfaceLanguage, text

_FAILURES = 10  # shown of one file


def draw_library_page(resources: Resources) -> None:
    """Draw the uploader, the outcome of the last upload and the list of articles."""
    language = interface_language()
    draw_title(language, text(language, "library"))
    if is_editor():
        _draw_upload(resources, language)
        draw_happened(language)
    else:
        st.caption(text(language, "readers_only"))
    for line, kind in st.session_state.get("outcomes", []):
        _draw_outcome(line, kind)
    articles = resources.store.articles()
    passages = sum(article.passage_count for article in articles)
    st.caption(text(language, "counts", articles=len(articles), passages=passages))
    if articles:
        _draw_list(resources, articles, language)


def _draw_upload(resources: Resources, language: InterfaceLanguage) -> None:
    limits = settings().limits
    # A new key empties the uploader once its files are in the library.
    with st.form(f"upload {st.session_state.get('uploads', 0)}", border=False):
        files = st.file_uploader(
            text(language, "upload"),
            type=[suffix.removeprefix(".") for suffix in SUPPORTED_SUFFIXES],
            accept_multiple_files=True,
            max_upload_size=limits.file_size,
        )
        st.caption(text(language, "upload_help", formats=" ".join(SUPPORTED_SUFFIXES)))
        st.caption(text(language, "upload_limits", **asdict(limits)))
        submitted = st.form_submit_button(text(language, "add"), type="primary", icon=":material/upload:")
    if submitted and not files:
        st.info(text(language, "no_files"))
    elif submitted and len(files) > limits.files:
        st.error(text(language, "too_many_files", count=len(files), limit=limits.files), icon=":material/error:")
    elif submitted:
        st.session_state["outcomes"] = _add(resources, files, limits, language)
        st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
        # A kept result may show what has just been replaced.
        st.session_state.pop("searched", None)
        st.rerun()


def _add(
    resources: Resources, files: Sequence[UploadedFile], limits: Limits, language: InterfaceLanguage
) -> list[tuple[str, str]]:
    """Add files with a progress bar; return one line and its kind for each outcome."""
    # A name may hold marks that turn a line around, or half a character, which can't be sent to a browser.
    inputs = [InputFile(clean_line(file.name), file.size, file.getvalue) for file in files]
    total = max(1, sum(file.size for file in inputs))
    bar = st.progress(0.0)

    def show(progress: Progress) -> None:
        done = min(1.0, progress.bytes_done / total)
        bar.progress(done, text(language, "adding", passages=progress.passages))

    try:
        with Parser(limits) as parser:
            reports = _editing(resources).add(inputs, resources.models.encoder, show, parser.read)
    except QAError as error:
        record_error(error, "upload")
        return [(explained(error, language), "error")]
    record_uploads(reports)
    return [line for report in reports for line in _outcome_lines(report, language)]


def _editing(resources: Resources) -> Editing:
    return Editing(person(), settings().library, resources.store)


def _outcome_lines(report: FileReport, language: InterfaceLanguage) -> list[tuple[str, str]]:
    lines = []
    for outcome, count in sorted(report.outcomes.items()):
        several = f" ({count})" if count > 1 else ""
        lines.append((text(language, outcome, name=report.name) + several, "success"))
    # A table may have a failure in each of a million rows.
    lines += [(str(failure), "error") for failure in report.failures[:_FAILURES]]
    if (more := len(report.failures) - _FAILURES) > 0:
        lines.append((text(language, "more_failures", name=report.name, count=more), "error"))
    return lines


def _draw_outcome(line: str, kind: str) -> None:
    # Plain text: a file's name may hold Markdown.
    icon = ":material/check:" if kind == "success" else ":material/error:"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(icon, width="content")
        st.text(line)


def _draw_list(resources: Resources, articles: list[ArticleInfo], language: InterfaceLanguage) -> None:
    rows = {
        text(language, "title"): [article.title for article in articles],
        text(language, "language"): [text(language, article.language) for article in articles],
        text(language, "also_in"): [
            ", ".join(text(language, code) for code in LANGUAGES if code in others)
            for others in other_languages(articles)
        ],
        text(language, "passages"): [article.passage_count for article in articles],
        text(language, "date"): [datetime.fromisoformat(article.added) for article in articles],
        text(language, "file"): [article.name for article in articles],
    }
    event = st.dataframe(
        rows,
        hide_index=True,
        selection_mode="multi-row",
        on_select="rerun",
        key=f"articles {st.session_state.get('deletions', 0)}",
        column_config={text(language, "date"): st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")},
    )
    if not is_editor():
        return
    chosen = [articles[row] for row in event.selection.rows if row < len(articles)]
    st.caption(text(language, "delete_hint"))
    label = text(language, "delete", count=len(chosen))
    if st.button(label, disabled=not chosen, icon=":material/delete:"):
        _confirm_deletion(resources, chosen, language)


def _confirm_deletion(resources: Resources, chosen: list[ArticleInfo], language: InterfaceLanguage) -> None:
    @st.dialog(text(language, "confirm_title"))
    def confirm() -> None:
        st.write(text(language, "confirm", count=len(chosen)))
        for article in chosen:
            st.text(article.title)
        with st.container(horizontal=True):
            if st.button(text(language, "delete", count=len(chosen)), type="primary", key="confirmed"):
                st.session_state["outcomes"] = [_delete(resources, chosen, language)]
                st.session_state["deletions"] = st.session_state.get("deletions", 0) + 1
                st.session_state.pop("searched", None)
                st.rerun()
            if st.button(text(language, "cancel")):
                st.rerun()

    confirm()


def _delete(resources: Resources, chosen: list[ArticleInfo], language: InterfaceLanguage) -> tuple[str, str]:
    """Delete articles; return the outcome's line and kind."""
    try:
        _editing(resources).delete(chosen)
    except QAError as error:
        record_error(error, "delete")
        return explained(error, language), "error"
    return text(language, "deleted", count=len(chosen)), "success"
