"""See why, in a real browser: journey, another recipe, a missing article, export, comparison, a link with settings."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from reranker_checkpoints import write_xlm_roberta
from test_browser_ask import ARGUMENTS, WAIT, address, page, served  # noqa: F401 (fixtures)

QUESTION = "Which doctor from Marseille realised that coral is an animal and not a plant?"
ENGLISH = [(1440, 1000, "en-GB")]


def opened(page: Page, address: str, path: str = "", **fields: str) -> Page:  # noqa: F811
    """Open a page of the application with fields in its address."""
    page.goto(f"{address}/{path}?{urlencode(fields)}")
    return page


def titles(page: Page) -> list[str]:  # noqa: F811
    """Return each card's place, article and language, in order."""
    return page.locator(".qa-head").all_inner_texts()


@pytest.fixture
def asked(page: Page, address: str) -> Page:  # noqa: F811
    """Open the question's result."""
    opened(page, address, question=QUESTION)
    page.locator(".qa-article").first.wait_for(timeout=WAIT)
    return page


@pytest.mark.parametrize("page", ENGLISH, indirect=True)
def test_the_journey_is_drawn(asked: Page) -> None:
    """The chart stands above the passages, each of which shows its ranks."""
    asked.get_by_text("Journey", exact=True).click()
    expect(asked.get_by_test_id("stVegaLiteChart")).to_be_visible(timeout=WAIT)
    expect(asked.locator(".qa-ranks").first).to_contain_text("meaning 1")


@pytest.mark.parametrize("page", ENGLISH, indirect=True)
def test_leaving_meaning_out_changes_the_order_and_back(asked: Page) -> None:
    """With the keyboard alone; the first order is there again after the reset."""
    before = titles(asked)
    asked.get_by_text("What if", exact=True).click()
    asked.get_by_test_id("stButtonGroup").locator("button", has_text="meaning").press("Space")
    expect(asked.get_by_text("Trial order: not the one of the search.")).to_be_visible(timeout=WAIT)
    expect(asked.locator(".qa-ranks").first).to_contain_text("meaning –", timeout=WAIT)
    assert titles(asked) != before
    asked.get_by_role("button", name="Back to the search").click()
    expect(asked.get_by_text("Trial order: not the one of the search.")).to_have_count(0, timeout=WAIT)
    expect(asked.locator(".qa-head")).to_have_text(before, use_inner_text=True, timeout=WAIT)


@pytest.mark.parametrize("page", ENGLISH, indirect=True)
def test_a_missing_article_is_explained(asked: Page) -> None:
    """A named article has a fate."""
    asked.get_by_text("Why not here?", exact=True).click()
    asked.get_by_role("combobox", name="Which article did you expect?").click()
    asked.keyboard.type("Comets: From Halley")
    asked.keyboard.press("Enter")
    fates = "Never retrieved|Lost in fusion|Lost in reranking|Ranked to the end"
    expect(asked.locator(".qa-fate")).to_have_text(re.compile(fates), timeout=WAIT)


@pytest.mark.parametrize("page", ENGLISH, indirect=True)
def test_the_result_is_taken_away(asked: Page) -> None:
    """JSON, run and report arrive whole; the address shown names the question."""
    asked.get_by_text("Export", exact=True).click()
    files = {}
    for name in ("Everything (JSON)", "Run (TREC)", "Report (HTML)"):
        with asked.expect_download() as download:
            asked.get_by_role("button", name=name).click()
        files[name] = download.value.path().read_text(encoding="utf-8")
    assert json.loads(files["Everything (JSON)"])["question"] == QUESTION
    assert files["Run (TREC)"].splitlines()[0].split()[3::2] == ["1", "reranked"]
    assert QUESTION in files["Report (HTML)"]
    expect(asked.get_by_test_id("stCode")).to_contain_text("question=Which+doctor")


@pytest.mark.parametrize("page", ENGLISH, indirect=True)
def test_an_article_opens_at_its_passage(asked: Page) -> None:
    """The frame is in view inside the article's box."""
    asked.get_by_role("button", name="Show in article").first.click()
    expect(asked.locator(".qa-frame mark")).to_be_in_viewport(timeout=WAIT)


@pytest.mark.parametrize("page", ENGLISH, indirect=True)
def test_a_link_asks_with_its_settings(page: Page, address: str) -> None:  # noqa: F811
    """Question, language, number, languages of the passages and the tried recipe are those of the address."""
    opened(page, address, question=QUESTION, language="fr", limit="10", passages="en", without="words", depth="30")
    expect(page.get_by_text("Question in French")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("Trial order: not the one of the search.")).to_be_visible()
    assert page.locator(".qa-head").count() == 10
    assert page.locator(".qa-head", has_text="English").count() == 10


@pytest.mark.parametrize("page", [*ENGLISH, (390, 844, "zh-CN")], indirect=True)
def test_four_columns(page: Page, address: str) -> None:  # noqa: F811
    """One column a stage with ten passages each, side by side where there is room; nothing sticks out sideways."""
    opened(page, address, "compare", compared_question=QUESTION)
    columns = page.locator(".qa-columns section")
    expect(columns).to_have_count(4, timeout=WAIT)
    assert columns.nth(1).locator("li").count() == 10
    tops = columns.evaluate_all("sections => sections.map(section => section.offsetTop)")
    assert (len(set(tops)) == 1) == (page.viewport_size["width"] > 1000)  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("page", ENGLISH, indirect=True)
def test_three_languages_and_tokens(page: Page, address: str) -> None:  # noqa: F811
    """The example fills three boxes and three columns; the tokens of a text appear with their articles."""
    opened(page, address, "compare")
    page.get_by_text("Three languages", exact=True).click()
    page.get_by_role("combobox", name="Take a sample question").click()
    page.keyboard.press("Enter")
    expect(page.locator(".qa-columns section")).to_have_count(3, timeout=WAIT)
    page.get_by_text("Tokens", exact=True).click()
    expect(page.locator(".qa-tokens li", has_text="marseil").first).to_be_visible(timeout=WAIT)


def test_two_rerankers_side_by_side(built_samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The view is there once a second reranker is set; each has a column of its own order."""
    monkeypatch.setenv("QA_COMPARED_RERANKER", str(write_xlm_roberta(tmp_path / "other", 512)))
    library = Path(shutil.copytree(built_samples, tmp_path / "library"))
    with served(library) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page(locale="en-GB", base_url=url)
        page.set_default_timeout(WAIT)
        page.goto("/compare")
        page.get_by_text("Two models", exact=True).click()
        page.locator(".st-key-models_question input").fill(QUESTION)  # the view before has a box of that name too
        page.get_by_role("button", name="Search").click()
        columns = page.locator(".qa-columns section")
        expect(columns).to_have_count(2, timeout=WAIT)
        expect(columns.nth(1).locator("h2")).to_have_text("2 · final · other")
        assert columns.nth(0).locator("b").all_inner_texts() != columns.nth(1).locator("b").all_inner_texts()
        browser.close()
