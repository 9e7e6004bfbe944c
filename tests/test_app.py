"""The pages' logic, through Streamlit's own test harness, on the sample library and bundled models."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from retrieval.errors import LibraryError
from retrieval.search import Searcher
from retrieval.settings import Settings
from retrieval.store.opening import open_as_built
from retrieval.store.passage_store import PassageStore
from tests.samples import ROOT
from ui.resources import open_resources

QUESTION = "De quel oiseau s’inspire le nez du Shinkansen de la série 500 ?"


@pytest.fixture
def app(sample_library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """Return the application on a library of its own, its models loaded."""
    monkeypatch.setenv("QA_LIBRARY", str(sample_library))
    open_resources(Settings.from_env(os.environ)).loading.join()
    yield AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    open_resources.clear()  # type: ignore[attr-defined]


def html(app: AppTest) -> str:
    """Return all raw HTML on the page."""
    return "\n".join(element.proto.body for element in app.get("html"))


def test_first_visit_shows_examples_and_no_result(app: AppTest) -> None:
    """A visitor sees the title in the browser's language and questions to click."""
    app.run()
    assert not app.exception
    assert "Questions in three languages" in html(app)
    assert len([button for button in app.button if button.key and button.key.startswith("example ")]) == 6
    assert "<mark" not in html(app)


def test_clicking_an_example_answers_it(app: AppTest) -> None:
    """A French question finds the English passage, its answer marked, its ranks shown."""
    app.run()
    app.button(key=f"example {QUESTION}").click().run()
    assert not app.exception
    assert re.search("<mark>[^<]*kingfisher</mark>", html(app))
    assert "High-Speed Trains Around the World" in html(app)
    assert any(caption.value.startswith("Question in French · ") for caption in app.caption)


def test_the_search_runs_once_per_question(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening an article and changing the interface's language do not search again; a filter does."""
    asked: list[str] = []
    search = Searcher.search

    def counted(self: Searcher, question: str, *arguments: Any) -> Any:
        asked.append(question)
        return search(self, question, *arguments)

    monkeypatch.setattr(Searcher, "search", counted)
    app.run()
    app.button(key=f"example {QUESTION}").click().run()
    opener = next(button for button in app.button if button.key and button.key.startswith("open "))
    opener.click().run()
    assert "qa-frame" in html(app)
    app.button_group(key="lang").set_value("zh").run()
    assert "三语问答" in html(app)
    assert asked == [QUESTION]
    app.button_group(key="passage_languages").set_value(["zh"]).run()
    assert asked == [QUESTION, QUESTION]
    assert "kingfisher" not in html(app)


def test_question_language_can_be_overridden(app: AppTest) -> None:
    """The chosen language replaces the detected one."""
    app.run()
    app.button(key=f"example {QUESTION}").click().run()
    app.button_group(key="question_language").set_value("en").run()
    assert any(caption.value.startswith("Question in English · ") for caption in app.caption)


def test_article_filter_keeps_other_articles_out(app: AppTest) -> None:
    """With one article chosen every hit is from it."""
    app.run()
    app.button(key=f"example {QUESTION}").click().run()
    chosen = app.multiselect(key="articles")
    title = next(option for option in chosen.options if option == "Comets: From Halley to Space Probes")
    chosen.select(title).run()
    assert not app.exception
    shown = html(app)
    assert shown.count('<span class="qa-article">Comets: From Halley to Space Probes</span>') == 5


def test_a_chosen_article_that_was_deleted_is_ignored(app: AppTest) -> None:
    """The filter outlives the article it names; the search then goes over all."""
    app.session_state["articles"] = ["deleted"]
    app.run()
    app.button(key=f"example {QUESTION}").click().run()
    assert not app.exception
    assert re.search("<mark>[^<]*kingfisher</mark>", html(app))


def test_a_library_error_while_drawing_is_explained(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that goes away shows its message, not a traceback."""

    def fail(self: PassageStore) -> None:
        raise LibraryError("The Qdrant server is gone.")

    app.run()
    monkeypatch.setattr(PassageStore, "articles", fail)
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == ["The Qdrant server is gone."]


def test_a_library_in_use_is_explained(app: AppTest, sample_library: Path) -> None:
    """Another owner of the folder is named with the ways out."""
    open_resources.clear()  # type: ignore[attr-defined]
    with closing(open_as_built(Settings(library=sample_library))):
        app.run()
    assert not app.exception
    assert "is open in another process" in app.error[0].value
