"""What pages offer readers and editors, and the door, through Streamlit's own test harness on fakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ingest.audit import FailedUpload, keep_failed, read_failed
from retrieval.errors import SettingError
from retrieval.search import Models, Searcher
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from tests.conftest import IDENTITY, FirstWordReader, LetterEncoder, OverlapReranker, make_article, put
from tests.samples import ROOT
from ui.resources import Resources

BOB: Mapping[str, Any] = {"is_logged_in": True, "email": "bob@example.org", "email_verified": True}
ANN: Mapping[str, Any] = {**BOB, "email": "ann@example.org"}
Draw = Callable[[str, Mapping[str, Any]], AppTest]


@pytest.fixture
def draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Draw]:
    """Give a function that draws a page of a library of one article for a person who has signed in."""
    library = tmp_path / "library"
    for name, value in {"QA_LIBRARY": str(library), "QA_LOGIN": "yes", "QA_EDITORS": "bob@example.org"}.items():
        monkeypatch.setenv(name, value)

    def draw_page(name: str, claims: Mapping[str, Any]) -> AppTest:
        monkeypatch.setattr("ui.access._claims", lambda: claims)
        script = (
            f"from ui.{name} import draw_{name}_page\nfrom ui.resources import open_resources, settings\n"
            f"draw_{name}_page(open_resources(settings()))\n"
        )
        return AppTest.from_string(script, default_timeout=60).run()

    models = Models(LetterEncoder(), OverlapReranker(), FirstWordReader())
    with closing(PassageStore(EdgeBackend(library), IDENTITY)) as store:
        put(store, make_article("tea", "aaa bbb."))
        resources = Resources(models, "fakes", store, Searcher(store, models))
        monkeypatch.setattr("ui.resources.open_resources", lambda settings: resources)
        yield draw_page


def test_readers_are_offered_nothing_that_writes(draw: Draw) -> None:
    """No uploader, no button to delete, no failed uploads, no evaluation to start; editors have them all."""
    keep_failed(Path("library").absolute(), [FailedUpload("bob@example.org", "scan.pdf", "is no PDF")])
    library = draw("library", ANN)
    assert not library.exception
    assert (len(library.file_uploader), [button.label for button in library.button]) == (0, [])
    assert "You can read and ask; only editors add and delete." in [caption.value for caption in library.caption]
    assert len(library.dataframe) == 1
    assert [button.key for button in draw("evaluate", ANN).button] == []
    library = draw("library", BOB)
    assert not library.exception
    assert len(library.file_uploader) == 1
    assert {"Add to the library", "Delete (0)", "Dismiss"} <= {button.label for button in library.button}
    assert "ev_run" in [button.key for button in draw("evaluate", BOB).button]


def test_thumbs_are_for_editors(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thumb becomes a test question."""
    shown: list[str] = []
    monkeypatch.setattr("ui.feedback.st.feedback", lambda *_, **options: shown.append(options["key"]))
    for claims, count in ((ANN, 0), (BOB, 1)):
        page = draw("ask", claims)
        page.session_state["question"] = "aaa"
        page.run()
        assert not page.exception
        assert len(shown) == count


def test_what_failed_stays_until_dismissed(draw: Draw) -> None:
    """Names and reasons are shown, half a letter too; a click forgets those shown."""
    folder = Path("library").absolute()
    keep_failed(folder, [FailedUpload("bob@example.org", "half\ud800.pdf", "is no PDF"), FailedUpload("b", "x", "y")])
    page = draw("library", BOB)
    assert not page.exception
    assert page.expander[0].label == "Failed uploads (2)"
    assert list(page.dataframe[0].value["File"]) == ["x", "half\\ud800.pdf"]
    page.button(key="dismiss").click().run()
    assert not page.exception
    assert read_failed(folder) == []
    assert len(page.expander) == 0


@pytest.mark.parametrize("claims", [{}, {"is_logged_in": False}, {"email": "bob@example.org"}])
def test_the_door(draw: Draw, claims: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not signed in sees the way to do it, and nothing is opened for them."""

    def fail(*_: object) -> None:
        pytest.fail("opened")

    monkeypatch.setattr("ui.resources.open_resources", fail)
    monkeypatch.setattr("ui.access._claims", lambda: claims)
    auth = {"client_id": "qa", "cookie_secret": "s" * 32, "redirect_uri": "http://localhost/oauth2callback"}
    monkeypatch.setattr("ui.access._provider_settings", lambda: auth)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not app.exception
    assert [button.label for button in app.button] == ["Sign in"]
    assert len(app.get("html")) == 0
    several = {**{name: value for name, value in auth.items() if name != "client_id"}, "one": {}, "two": {}}
    monkeypatch.setattr("ui.access._provider_settings", lambda: several)
    assert [button.label for button in app.run().button] == ["Sign in with one", "Sign in with two"]


def test_a_page_served_to_others_without_a_login_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """However it was started: each visitor sees the reason only."""

    def refuse(*_: object) -> None:
        raise SettingError("The page is to listen on every address.")

    monkeypatch.setattr("ui.access.check_listening", refuse)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert [error.value for error in app.error] == ["The page is to listen on every address."]
    assert len(app.get("html")) == 0
