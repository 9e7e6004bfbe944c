"""The log: lines for people or JSON, no texts unless asked for, and no line that a name could forge."""

from __future__ import annotations

import json

import pytest

from retrieval.errors import ArticleError, LibraryError, ModelServerError
from retrieval.logs import start_log
from retrieval.settings import Settings, Watch

QUESTION = "Who is ill?"


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what was written since the last look."""
    return capsys.readouterr().err.splitlines()


def test_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Time, level, event and fields; a value that could pass for something else is quoted."""
    start_log(Watch()).event("upload", files=2, name="a b\n2026 INFO forged")
    (line,) = lines(capsys)
    time, _, rest = line.partition(" ")
    assert time.endswith("+00:00")
    assert rest == r'INFO upload files=2 name="a b\n2026 INFO forged"'


def test_lines_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object a line; what is started again does not write twice."""
    start_log(Watch("json"))
    start_log(Watch("json")).event("upload", files=2, name="茶\n{}")
    (line,) = lines(capsys)
    fields = json.loads(line)
    assert fields.pop("time").endswith("+00:00")
    assert fields == {"level": "INFO", "event": "upload", "files": 2, "name": "茶\n{}"}


@pytest.mark.parametrize("form", ["text", "json"])
def test_texts_only_when_asked_for(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Questions, and messages that may repeat what was put in, are left out."""
    errors = [ArticleError("ill.txt", QUESTION), ModelServerError(QUESTION), ValueError(QUESTION)]
    for with_texts in (False, True):
        log = start_log(Watch(form, with_texts))  # type: ignore[arg-type]
        log.event("question", {"question": QUESTION}, hits=1)
        for error in errors:
            log.failure(error, "page")
        told = lines(capsys)
        assert len(told) == 4
        assert [QUESTION in line for line in told] == [with_texts] * 4
        log.failure(LibraryError("The disk is full."), "page")
        assert "The disk is full." in lines(capsys)[0]


def test_the_settings() -> None:
    """Each variable, and that questions stay out by default."""
    assert Settings().watch == Watch("text", log_texts=False, metrics_port=0)
    given = {"QA_LOG": "json", "QA_LOG_TEXTS": "yes", "QA_METRICS_PORT": "9464"}
    assert Settings.from_env(given).watch == Watch("json", True, 9464)
