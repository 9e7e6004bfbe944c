"""Figures for Prometheus, the health line, and the command that serves the page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from urllib.error import HTTPError

import pytest

from ingest.pipeline import FileReport
from retrieval.errors import ArticleError, LibraryError, ModelError, SettingError
from retrieval.passages import SearchResult
from retrieval.settings import Settings
from tests.conftest import IDENTITY, OpenStore, make_article, put
from tests.samples import ROOT
from ui import watch
from ui.health import check
from ui.metrics import count_error, count_question, count_uploads, figures, watch_library


def value(name: str) -> float:
    """Return a figure by its name and labels, 0 if it is not there yet."""
    found = re.search(rf"^{re.escape(name)} (.+)$", figures().decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.fixture
def told() -> Iterator[dict[str, object]]:
    """Serve the port with a health that a test may change; `port` is in it."""
    # Another test's library may still be watched, and be closed.
    watch_library(SimpleNamespace(articles=list, passage_count=lambda: 0))  # type: ignore[arg-type]
    answer: dict[str, object] = {"healthy": True, "passages": 3}
    server = watch.serve(0, lambda: answer)
    answer["port"] = server.server_port
    yield answer
    server.shutdown()
    server.server_close()


def test_questions_stages_uploads_and_errors_are_counted() -> None:
    """Each once, under its label; a stage's seconds in the buckets from theirs on."""
    names = [
        'qa_questions_total{language="zh"}',
        'qa_stage_seconds_count{stage="bm25"}',
        'qa_stage_seconds_bucket{le="0.01",stage="bm25"}',
        'qa_stage_seconds_bucket{le="0.03",stage="bm25"}',
        'qa_uploads_total{outcome="added"}',
        'qa_uploads_total{outcome="failed"}',
        'qa_errors_total{kind="LibraryError"}',
    ]
    before = [value(name) for name in names]
    count_question(SearchResult("茶？", "zh", seconds={"bm25": 0.02}))
    count_uploads([FileReport("a", Counter(added=2)), FileReport("b", failures=[ArticleError("b", "no")])])
    count_error(LibraryError("gone"))
    assert [value(name) - old for name, old in zip(names, before, strict=True)] == [1, 1, 0, 1, 2, 1, 1]
    assert "茶" not in figures().decode()


def test_the_size_of_the_library(open_library: OpenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked whenever the figures are; not a number while the library can't be read."""
    store = open_library(IDENTITY)
    watch_library(store)
    put(store, make_article("tea", "aaa", "bbb"), make_article("silk", "ccc"))
    assert (value("qa_library_articles"), value("qa_library_passages")) == (2, 3)

    def fail(self: object) -> None:
        raise LibraryError("gone")

    monkeypatch.setattr(type(store), "passage_count", fail)
    assert str(value("qa_library_passages")) == "nan"


def test_the_port_answers_on_this_machine_only(told: dict[str, object]) -> None:
    """Figures, health with its status, nothing else; bound to loopback; a port that is taken is named."""
    assert watch.HOST == "127.0.0.1"
    address = f"http://127.0.0.1:{told['port']}"
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert b"qa_library_passages" in answer.read()
    with urllib.request.urlopen(f"{address}/health") as answer:
        assert json.loads(answer.read())["passages"] == 3
    told |= {"healthy": False, "reason": "The disk is gone."}
    for path, status in (("/health", 503), ("/", 404), ("/../app.py", 404)):
        with pytest.raises(HTTPError) as caught:
            urllib.request.urlopen(address + path)
        assert caught.value.code == status
    with pytest.raises(SettingError, match=f"QA_METRICS_PORT is {told['port']}"):
        watch.serve(int(str(told["port"])), dict)


def test_health_is_more_than_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that don't load and a library that can't be read are told with the reason."""
    store = SimpleNamespace(passage_count=lambda: 7)
    monkeypatch.setattr(watch, "open_resources", lambda settings: SimpleNamespace(names="m", store=store))
    assert watch.health(Settings()) == {"healthy": True, "models": "m", "passages": 7}

    def fail(*_: object) -> None:
        raise ModelError("The model is cut off.")

    store.passage_count = fail
    assert watch.health(Settings()) == {"healthy": False, "reason": "The model is cut off."}
    monkeypatch.setattr(watch, "open_resources", fail)
    assert watch.health(Settings())["healthy"] is False


def test_the_containers_check_asks_page_and_library(told: dict[str, object]) -> None:
    """Both ports must answer, the second that all is well; the line says what is not."""
    port = str(told["port"])
    assert check({}) == (False, "QA_METRICS_PORT is not set: the page's state is told on that port.")
    is_healthy, line = check({"QA_METRICS_PORT": port, "STREAMLIT_SERVER_PORT": "9"})
    assert not is_healthy
    assert "127.0.0.1:9/_stcore/health does not answer" in line
    # The same server for both: it answers 404 where Streamlit's port would not.
    assert check({"QA_METRICS_PORT": port, "STREAMLIT_SERVER_PORT": port})[0] is False


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}, "The page is to listen on 0.0.0.0"),
        ({"QA_LOGIN": "yes"}, "no login is set up"),
        ({"QA_LOGIN": "perhaps"}, "QA_LOGIN is 'perhaps'"),
    ],
)
def test_the_page_is_not_served_to_whom_it_should_not(given: dict[str, str], line: str) -> None:
    """The command ends before anything listens, with one line that says what to set."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QA_METRICS_PORT": "0", **given}
    run = subprocess.run(
        [sys.executable, "-m", "ui"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert line in run.stderr
    assert "Traceback" not in run.stderr
