"""What a person sees while the models still load, in a real browser: words first, then the full answer by itself."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from test_browser_ask import ARGUMENTS, WAIT, ask, served

QUESTION = "De quel oiseau s’inspire le nez du Shinkansen de la série 500 ?"


@pytest.fixture
def page(sample_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """Open the application, whose models wait for the file `gate`."""
    monkeypatch.setenv("QA_TEST_GATE", str(tmp_path / "gate"))
    with served(sample_library, "tests/slow_app.py") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        opened = browser.new_page(viewport={"width": 1440, "height": 1000}, locale="fr-FR")
        opened.set_default_timeout(WAIT)
        opened.goto(address)
        yield opened
        browser.close()


def test_words_first_then_the_full_answer(page: Page, tmp_path: Path) -> None:
    """The note counts the seconds, the passages are there without a mark; nothing is clicked for the rest to come."""
    note = page.locator(".st-key-loading")
    expect(note).to_contain_text(re.compile("Mots seuls : les modèles se chargent encore, [0-9]+ s"), timeout=WAIT)
    ask(page, QUESTION)
    expect(page.locator(".qa-article", has_text="High-Speed Trains Around the World").first).to_be_visible(timeout=WAIT)
    expect(note).to_be_visible()
    assert page.locator("mark").count() == 0
    (tmp_path / "gate").touch()
    expect(page.locator("mark", has_text="kingfisher").first).to_be_visible(timeout=WAIT)
    expect(note).to_have_count(0)
    expect(page.get_by_text("s prévues), dont mots")).to_be_visible()
