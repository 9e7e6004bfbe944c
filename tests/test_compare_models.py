"""Two rerankers or two encoders side by side, with tiny models of random weights."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from reranker_checkpoints import write_xlm_roberta
from streamlit.testing.v1 import AppTest

from ingest.__main__ import main as ingest
from retrieval.cross_encoder import CrossEncoder
from retrieval.search import Models, Searcher
from retrieval.settings import Settings
from tests.public_checkpoints import write_public
from tests.samples import ARTICLES
from ui.resources import open_compared, open_resources, settings

QUESTION = "Which bird inspired the nose of the 500 Series Shinkansen?"
SCRIPT = (
    "from ui.compare import draw_compare_page\n"
    "from ui.resources import open_resources, settings\n"
    "opening = open_resources(settings())\n"
    "opening.loading.join()\n"
    "draw_compare_page(opening.loading.value)\n"
)


def release() -> None:
    """Close what the pages of this process hold open."""
    open_compared.clear()  # type: ignore[attr-defined]
    open_resources.clear()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def released() -> Iterator[None]:
    """Leave nothing open."""
    yield
    release()


def asked(page: AppTest) -> list[str]:
    """Open the view, ask if it lets one, and return the columns' HTML."""
    page.button_group(key="view").set_value("models").run()
    if page.text_input:
        page.text_input(key="models_question").set_value(QUESTION)
        page.button[0].click().run()
    assert not page.exception
    return re.findall("<section>(.*?)</section>", "\n".join(element.proto.body for element in page.get("html")), re.S)


def test_two_rerankers(
    sample_page: Callable[[str], AppTest], bundled_models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second column has the order of a search with the second reranker, and tells what rose."""
    folder = write_xlm_roberta(tmp_path / "other-reranker", 512)
    monkeypatch.setenv("QA_COMPARED_RERANKER", str(folder))
    columns = asked(sample_page("compare"))
    assert [re.findall("<h2>(.*?)</h2>", column)[0] for column in columns] == [
        "1 · final · cross-encoder",
        "2 · final · other-reranker",
    ]
    store = open_resources(settings()).store
    for column, reranker in zip(
        columns, [bundled_models.reranker, CrossEncoder.from_pretrained(str(folder))], strict=True
    ):
        ranking = Searcher(store, replace(bundled_models, reranker=reranker)).search(QUESTION, 0).rankings["reranked"]
        assert re.findall("<b>(.*?)</b>", column) == [hit.passage.article.title for hit in ranking[:10]]
    assert "▲" in columns[1]
    assert "▲" not in columns[0]


def test_two_encoders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The page names the command that encodes the articles once more; after it each encoder has its columns."""
    monkeypatch.setenv("QA_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("QA_COMPARED_ENCODER", str(write_public(tmp_path, "BAAI/bge-small-zh")))
    ingest([str(path) for path in ARTICLES[:3]])
    page = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert asked(page) == []
    assert "python -m ingest --compared" in page.info[0].value
    release()
    assert ingest(["--compared"]) == 0
    assert ingest(["--compared"]) == 0
    assert re.search("^0 passages encoded with bge-small-zh; ", capsys.readouterr().out, re.M)
    columns = asked(AppTest.from_string(SCRIPT, default_timeout=60).run())
    titles = [re.findall("<h2>(.*?)</h2>", column)[0] for column in columns]
    assert titles[:2] == ["1 · meaning · bi-encoder", "2 · meaning · bge-small-zh"]
    assert titles[2:] == ["1 · final · bi-encoder + cross-encoder", "2 · final · bge-small-zh + cross-encoder"]
    assert "only here" not in "".join(columns)  # three articles, found by both


def test_the_compared_settings_have_their_own_library() -> None:
    """Only another encoder needs one; nothing named is nothing to compare."""
    assert Settings().compared is None
    own = Settings.from_env({"QA_COMPARED_RERANKER": "other"})
    assert own.compared is not None
    assert (own.compared.library, own.compared.reranker) == (own.library, "other")
    both = Settings.from_env({"QA_LIBRARY": "books/all", "QA_COMPARED_ENCODER": "other"})
    assert both.compared is not None
    assert (both.compared.library, both.compared.collection) == (Path("books/all-compared"), "passages-compared")
    assert (both.compared.encoder, both.compared.reranker) == ("other", Settings().reranker)


def test_the_command_needs_an_encoder(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without one it says which setting names it."""
    monkeypatch.delenv("QA_COMPARED_ENCODER", raising=False)
    assert "QA_COMPARED_ENCODER" not in os.environ
    assert ingest(["--compared"]) == 2
    assert "QA_COMPARED_ENCODER is not set" in capsys.readouterr().err
