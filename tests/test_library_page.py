"""The library page's logic, through Streamlit's own test harness."""

from __future__ import annotations

from collections.abc import Callable

import pytest
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


def test_upload_of_an_unusable_file_says_why(page: AppTest) -> None:
    """The file is named with the reason and nothing is added."""
    (line,) = upload(page, "scan.pdf", b"this is no PDF")
    assert line.startswith("scan.pdf: ")
    assert counts(page).startswith(f"{len(ARTICLES)} articles, ")
