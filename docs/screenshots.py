"""The README's pictures, taken in headless Chromium on the sample library: `make screenshots`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from playwright.sync_api import Page, ViewportSize, sync_playwright

from ingest.__main__ import main as ingest
from tests.test_browser_ask import ARGUMENTS, ROOT, WAIT, served

DESKTOP: ViewportSize = {"width": 1440, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}
QUESTION = "How many stone lions have been counted on the Lugou Bridge in Beijing?"
ASKED = urlencode({"question": QUESTION})


def page(shown: Page) -> None:
    """An English question answered by a Chinese passage."""
    shown.goto(f"/?{ASKED}")
    shown.locator(".qa-text mark").first.wait_for()


def journey(shown: Page) -> None:
    """The way of every passage through the stages."""
    page(shown)
    shown.get_by_text("Journey", exact=True).click()
    shown.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first.wait_for()


def whatif(shown: Page) -> None:
    """Another recipe, tried."""
    page(shown)
    shown.get_by_text("What if", exact=True).click()
    shown.get_by_test_id("stButtonGroup").locator("button", has_text="meaning").click()
    shown.get_by_text("Trial order").wait_for()


def compare(shown: Page) -> None:
    """The four stages side by side."""
    shown.goto(f"/compare?{urlencode({'compared_question': QUESTION})}")
    shown.locator(".qa-columns li").first.wait_for()


def phone(shown: Page) -> None:
    """The same question on a phone, the interface in Chinese."""
    shown.set_viewport_size(PHONE)
    shown.goto(f"/?lang=zh&{ASKED}")
    shown.locator(".qa-text mark").first.wait_for()


PICTURES: Mapping[str, Callable[[Page], None]] = {
    "page": page,
    "journey": journey,
    "whatif": whatif,
    "compare": compare,
    "phone": phone,
}


def main() -> None:
    """Write every picture into this file's folder."""
    with TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        os.environ["QA_LIBRARY"] = str(library)
        ingest([str(ROOT / "samples" / "articles")])
        with served(library) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            for name, show in PICTURES.items():
                shown = browser.new_page(viewport=DESKTOP, base_url=address, locale="en-GB", reduced_motion="reduce")
                shown.set_default_timeout(WAIT)
                show(shown)
                shown.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
                shown.wait_for_timeout(1000)
                shown.screenshot(path=Path(__file__).with_name(f"{name}.png"))
                shown.close()
            browser.close()


if __name__ == "__main__":
    main()
