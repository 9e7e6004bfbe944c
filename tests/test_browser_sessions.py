"""Two people at once, in two browsers: neither sees what the other typed, chose, marked or uploads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from test_browser_ask import ARGUMENTS, WAIT, address, ask  # noqa: F401 (fixture)

QUESTION = "Which doctor from Marseille realised that coral is an animal and not a plant?"
OTHER = "How many stone lions have been counted on the Lugou Bridge in Beijing?"


@pytest.fixture
def people(address: str) -> Iterator[tuple[Page, Page]]:  # noqa: F811
    """Open the application twice, in English."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        pages = []
        for _ in range(2):
            opened = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB").new_page()
            opened.set_default_timeout(WAIT)
            opened.goto(address)
            opened.locator("h1.qa-title").wait_for()
            pages.append(opened)
        yield pages[0], pages[1]
        browser.close()


def answered(page: Page, question: str) -> list[str]:
    """Ask a question and return the titles found."""
    before = page.locator(".qa-article").all_inner_texts()
    ask(page, question)
    expect(page.locator(".qa-article").first).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=WAIT)
    found = page.locator(".qa-article").all_inner_texts()
    assert found != before
    return found


def test_two_people(people: tuple[Page, Page], tmp_path: Path) -> None:
    """Question, result, chosen files and the outcome of an upload are each one's own."""
    one, two = people
    found = answered(one, QUESTION)
    chosen = one.locator(".qa-article").all_inner_texts()

    expect(two.get_by_role("textbox").first).to_have_value("")
    assert answered(two, QUESTION) == found
    answered(two, OTHER)
    expect(one.get_by_role("textbox").first).to_have_value(QUESTION)
    assert one.locator(".qa-article").all_inner_texts() == chosen

    note = tmp_path / "mine.txt"
    note.write_text("The ferry of Quibbleton sails at noon.")
    for page in people:
        page.get_by_role("link", name="Library").click()
        page.locator("h1", has_text="Library").wait_for()
    with one.expect_response(lambda response: "upload_file" in response.url and response.ok):
        one.locator("input[type=file]").set_input_files(note)
    expect(one.get_by_test_id("stFileUploaderFile")).to_have_count(1, timeout=WAIT)
    one.wait_for_timeout(500)
    one.get_by_role("button", name="Add to the library").click()
    expect(one.get_by_text("mine.txt: added")).to_be_visible(timeout=WAIT)
    two.get_by_role("button", name="Add to the library").click()
    expect(two.get_by_text("Choose files first")).to_be_visible(timeout=WAIT)  # the other's file is not there
    expect(two.get_by_text("mine.txt: added")).to_have_count(0)
