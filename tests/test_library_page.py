"""The library page's logic, through Streamlit's own test harness."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from tests.samples import ARTICLES


@pytest.fixture
def page(sample_page: Callable[[str], AppTest]) -> AppTest:
    """Return the page."""
    return sample_page("library")


def counts(page: AppTest) -> str:
    """Return the caption with the totals."""
    return next(caption.value for caption in page.caption if " passages" in caption.value)


def upload(page: AppTest, name: str, data: bytes) -> list[str]:
    """Add a file and return the outcome lines."""
    page.file_uploader[0].upload(name, data, "application/octet-stream")
    page.button[0].click().run()
    assert not page.exception
    return [line.value for line in page.text]


def test_lists_every_article(page: AppTest) -> None:
    """One row per article, and the totals."""
    assert not page.exception
    assert len(page.dataframe[0].value) == len(ARTICLES)
    assert counts(page).startswith(f"{len(ARTICLES)} articles, ")


def test_upload_adds_then_replaces_then_changes_nothing(page: AppTest) -> None:
    """The outcome of each upload is told, and the list follows."""
    assert upload(page, "note.txt", b"The lighthouse keeper has three cats.") == ["note.txt: added"]
    assert counts(page).startswith(f"{len(ARTICLES) + 1} articles, ")
    assert upload(page, "note.txt", b"The lighthouse keeper has four cats.") == ["note.txt: replaced"]
    assert upload(page, "note.txt", b"The lighthouse keeper has four cats.") == ["note.txt: already there, unchanged"]
    assert counts(page).startswith(f"{len(ARTICLES) + 1} articles, ")


def test_adding_without_files_says_what_is_missing(page: AppTest) -> None:
    """The button alone changes nothing and tells what to do."""
    page.button[0].click().run()
    assert [info.value for info in page.info] == ["Choose files first, and wait until they are uploaded."]
    assert counts(page).startswith(f"{len(ARTICLES)} articles, ")


def test_limits_are_shown_and_kept(sample_page: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings stand beside the uploader in each language; files over their number change nothing."""
    monkeypatch.setenv("QA_UPLOAD_FILES", "1")
    monkeypatch.setenv("QA_FILE_MB", "7")
    page = sample_page("library")
    assert config.get_option("server.maxUploadSize") == 7
    for language, expected in (
        ("en", "At most 1 files at once, each of 7 MB"),
        ("fr", "Au plus 1 fichiers à la fois, de 7 Mo"),
        ("zh", "一次最多 1 个文件，每个不超过 7 MB"),
    ):
        page.session_state["lang"] = language
        assert any(caption.value.startswith(expected) for caption in page.run().caption)
    for name in ("a.txt", "b.txt"):
        page.file_uploader[0].upload(name, b"text", "text/plain")
    page.button[0].click().run()
    assert [error.value for error in page.error] == ["已选择 2 个文件，一次最多 1 个：请先移除一部分，稍后再添加。"]


def test_a_name_of_marks_and_a_table_of_failures(page: AppTest) -> None:
    """Marks that turn a line around are gone; the first failures of a file are named, the others counted."""
    rows = "".join(f"{number},\n" for number in range(1, 15))
    lines = upload(page, "ta\u202eble.csv", f"id,text\n0,A bee.\n{rows}".encode())
    assert lines == [
        "table.csv: added",
        *(f"table.csv#{number}: row {number + 1} holds no text" for number in range(1, 11)),
        "table.csv: and 4 more errors",
    ]


def test_upload_of_an_unusable_file_says_why(page: AppTest) -> None:
    """The file is named with the reason and nothing is added."""
    (line,) = upload(page, "scan.pdf", b"this is no PDF")
    assert line.startswith("scan.pdf: ")
    assert counts(page).startswith(f"{len(ARTICLES)} articles, ")
