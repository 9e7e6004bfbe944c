"""What is made beside the pages, and what they show until it is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from retrieval.errors import ModelError
from retrieval.search import Models
from retrieval.settings import Settings
from tests.samples import ROOT
from ui.loading import Loading
from ui.resources import open_resources

QUESTION = "De quel oiseau s’inspire le nez du Shinkansen de la série 500 ?"
WAIT = 60


def test_it_is_made_once() -> None:
    """Told to start again, a thread that is at work or done goes on as it is."""
    gate, made = Event(), []

    def make() -> str:
        assert gate.wait(WAIT)
        made.append(1)
        return "models"

    loading = Loading(make)
    loading.start()
    loading.start()
    assert (loading.value, loading.error) == (None, None)
    gate.set()
    loading.join()
    loading.start()
    loading.join()
    assert (loading.value, made) == ("models", [1])


def test_a_failure_is_kept_and_tried_again_when_told() -> None:
    """The error stays until then; the second try succeeds."""
    tries = iter([ModelError("The server is down."), None])

    def make() -> str:
        if error := next(tries):
            raise error
        return "models"

    loading = Loading(make)
    loading.start()
    loading.join()
    assert (str(loading.error), loading.value) == ("The server is down.", None)
    loading.start()
    loading.join()
    assert (loading.error, loading.value) == (None, "models")


def test_a_fault_of_the_program_is_not_hidden() -> None:
    """Only what a person can act on is given as a message."""

    def make() -> str:
        raise ZeroDivisionError

    loading = Loading(make)
    loading.start()
    loading.join()
    with pytest.raises(ZeroDivisionError):
        _ = loading.error


@pytest.fixture
def app(
    sample_library: Path, bundled_models: Models, gate: list[Event], monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppTest]:
    """Give the application, asked a question, whose models wait for the first gate; each further one is an error."""

    def load(settings: Settings) -> Models:
        waiting = gate.pop(0)
        assert waiting.wait(WAIT)
        if gate:
            raise ModelError("The models' server is down.")
        return bundled_models

    monkeypatch.setenv("QA_LIBRARY", str(sample_library))
    monkeypatch.setattr("retrieval.opening.load_models", load)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT)
    app.session_state["question"] = QUESTION
    yield app
    open_resources.clear()  # type: ignore[attr-defined]


@pytest.fixture
def gate() -> list[Event]:
    """Give one gate."""
    return [Event()]


def html(app: AppTest) -> str:
    """Return all raw HTML on the page."""
    return "\n".join(element.proto.body for element in app.get("html"))


def captions(app: AppTest) -> list[str]:
    """Return the captions' texts."""
    return [caption.value for caption in app.caption]


def test_words_answer_until_the_models_are_there(app: AppTest, gate: list[Event]) -> None:
    """First the words alone, translations included, with a note; then the full answer with its mark."""
    (waiting,) = gate
    app.run()
    assert not app.exception
    assert any("Words only: the models are still loading, " in caption for caption in captions(app))
    assert any(caption.startswith("Question in French · words ") for caption in captions(app))
    assert "High-Speed Trains Around the World" in html(app)  # in English: found by translated words
    assert "<mark" not in html(app)
    waiting.set()
    open_resources(Settings.from_env(os.environ)).loading.join()
    app.run()
    assert not app.exception
    assert not any("Words only" in caption for caption in captions(app))
    assert "kingfisher</mark>" in html(app)
    assert any(" predicted), of which words " in caption for caption in captions(app))


@pytest.mark.usefixtures("app")
def test_the_other_pages_wait(gate: list[Event]) -> None:
    """They show their title and the note, and what they hold once the models are there."""
    (waiting,) = gate
    script = (
        "from ui.compare import draw_compare_page\n"
        "from ui.loading import draw_when_ready\n"
        "from ui.resources import open_resources, settings\n"
        "draw_when_ready(open_resources(settings()).loading, draw_compare_page, 'Compare', 'en')\n"
    )
    page = AppTest.from_string(script, default_timeout=WAIT).run()
    assert "The models are still loading, " in captions(page)[0]
    assert ">Compare</h1>" in html(page)
    waiting.set()
    open_resources(Settings.from_env(os.environ)).loading.join()
    page.run()
    assert page.button_group(key="view")


@pytest.mark.parametrize("gate", [[Event(), Event(), Event()]])
def test_a_failure_is_shown_and_tried_again(app: AppTest, gate: list[Event]) -> None:
    """The message with a button; words go on answering; a visitor's coming and the button each try once more."""
    for event in gate:
        event.set()
    loading = open_resources(Settings.from_env(os.environ)).loading
    loading.join()
    assert str(loading.error) == "The models' server is down."
    app.run()  # the second try
    loading.join()
    app.run()
    assert [error.value for error in app.error] == ["The models' server is down."]
    assert "Words only: the models could not be loaded." in captions(app)
    assert "High-Speed Trains Around the World" in html(app)
    app.button(key="retry").click().run()  # the third
    loading.join()
    app.run()
    assert not app.error
    assert "kingfisher</mark>" in html(app)


def test_without_a_library_there_is_nothing_to_search(
    app: AppTest, gate: list[Event], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new one is made for the encoder once it is loaded."""
    (waiting,) = gate
    monkeypatch.setenv("QA_LIBRARY", str(tmp_path / "new"))
    app.run()
    assert not app.exception
    assert app.info[0].value.startswith("The library is empty.")
    assert not (tmp_path / "new").exists()
    waiting.set()
    opening = open_resources(Settings.from_env(os.environ))
    opening.loading.join()
    app.run()
    assert not app.exception
    assert opening.store is not None
    assert app.info[0].value.startswith("The library is empty.")
    assert (tmp_path / "new").exists()


def test_a_time_to_answer_within_chooses_the_depth(app: AppTest, gate: list[Event]) -> None:
    """Another search of another depth, no trial order; the usual time is 20 passages."""
    (waiting,) = gate
    waiting.set()
    loading = open_resources(Settings.from_env(os.environ)).loading
    loading.join()
    assert loading.value is not None
    app.run()
    assert app.session_state["searched"][1].recipe.rerank_depth == 20
    pace = loading.value.pace
    object.__setattr__(pace, "question", 0.125)
    object.__setattr__(pace, "passage", 0.025)
    object.__setattr__(pace, "pair", 0.125)
    app.button_group(key="within").set_value(0.5).run()
    assert app.session_state["searched"][1].recipe.rerank_depth == 2  # 0.5 - 0.125 - 5 * 0.025 = 2 * 0.125
    assert "2 passages reranked, 0.50 s predicted on this machine" in captions(app)
    assert any("(0.50 s predicted)" in caption for caption in captions(app))
    assert not any("Trial order" in caption for caption in captions(app))
