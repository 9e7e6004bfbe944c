"""What the running application tells of itself: each act is counted and written to the log in one place."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ingest.pipeline import FileReport
from retrieval.errors import QAError
from retrieval.logs import Log, start_log
from retrieval.passages import SearchResult
from retrieval.settings import Watch
from ui.metrics import count_error, count_question, count_uploads
from ui.resources import settings


def record_question(result: SearchResult) -> None:
    """Record a question that was answered; the log has its words only if a setting asks for them."""
    count_question(result)
    seconds = {step: round(time, 4) for step, time in result.seconds.items()}
    texts = {"question": result.question}
    _log().event("question", texts, language=result.language, hits=len(result.hits), seconds=seconds)


def record_uploads(reports: Sequence[FileReport]) -> None:
    """Record what became of uploaded files; who and which is in the audit."""
    count_uploads(reports)
    failed = sum(len(report.failures) for report in reports)
    _log().event("upload", files=len(reports), passages=sum(report.passages for report in reports), failed=failed)


def record_error(error: Exception, where: str) -> None:
    """Record an error that a person saw, and where."""
    count_error(error)
    try:
        _log().failure(error, where)
    except QAError:  # the settings themselves are what is wrong: there is no log yet
        return


def _log() -> Log:
    return _started(settings().watch)


@st.cache_resource(show_spinner=False)
def _started(watch: Watch) -> Log:
    return start_log(watch)
