"""Every page and view in three languages and both themes: axe-core's findings, and the width of a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, sync_playwright
from test_browser_ask import ARGUMENTS, WAIT, await_models, served
from test_evaluate_page import EVALUATED, kept

from evaluation.kept import keep
from ui.texts import INTERFACE_LANGUAGES, OWN_NAMES, InterfaceLanguage

QUESTION = "Which doctor from Marseille realised that coral is an animal and not a plant?"
DESKTOP: ViewportSize = {"width": 1440, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}
ASKED = urlencode({"question": QUESTION})
Button = tuple[int, int]
# The views of each page by its address: the group of buttons (from the top) and the button that opens
# the view; None for what is there at first.
PAGES: dict[str, tuple[Button | None, ...]] = {
    "": (None,),
    f"?{ASKED}": ((5, 0), (5, 1), (5, 2), (5, 3)),
    f"compare?{urlencode({'compared_question': QUESTION})}": (None, (1, 1), (1, 2)),
    "library": (None,),
    "evaluate": (None, (1, 0)),
}


@pytest.fixture(scope="module")
def page(built_samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Open the application on the samples, with one evaluation kept."""
    library = tmp_path_factory.mktemp("looked at") / "library"
    shutil.copytree(built_samples, library)
    keep(library / "evaluations", kept("run", "2026-01-01T00:00:00.000+00:00"), EVALUATED.results)
    with served(library) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        opened = browser.new_page(viewport=DESKTOP, base_url=address, locale="fr-FR", reduced_motion="reduce")
        opened.set_default_timeout(WAIT)
        opened.goto("/")
        await_models(opened)
        yield opened
        browser.close()


def settle(page: Page) -> None:
    """Wait until the page's script has ended and what it drew is there."""
    page.locator("h1.qa-title").wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(300)


def findings(page: Page) -> list[str]:
    """Return axe-core's serious and critical findings."""
    violations: list[Any] = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("address", PAGES)
def test_everyone_can_read_it(page: Page, address: str) -> None:
    """Nothing serious in any language, light or dark; nothing sticks out sideways on a phone."""
    page.goto(f"/{address}")
    settle(page)
    for button in PAGES[address]:
        if button is not None:
            group, number = button
            page.get_by_test_id("stButtonGroup").nth(group).locator("button").nth(number).click()
            settle(page)
        found: dict[str, list[str]] = {language: looked_at(page, language) for language in INTERFACE_LANGUAGES}
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(300)
        found["dark"] = findings(page)
        page.emulate_media(color_scheme="light")
        assert not any(found.values()), (button, found)


def looked_at(page: Page, language: InterfaceLanguage) -> list[str]:
    """Choose the interface's language; return what is wrong then."""
    page.get_by_text(OWN_NAMES[language], exact=True).first.click()
    settle(page)
    found = findings(page)
    page.set_viewport_size(PHONE)
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("too wide for a phone")
    page.set_viewport_size(DESKTOP)
    return found
