"""The keyboard alone, in a real browser: Tab, Enter, Space and arrows suffice, and the focus is always seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.test_browser_ask import WAIT, address, page

__all__ = ["address", "page"]

QUESTION = "Which doctor from Marseille realised that coral is an animal and not a plant?"
ENGLISH = pytest.mark.parametrize("page", [(1440, 1000, "en-GB")], indirect=True)
_FOCUSED = """() => {
  const focused = document.activeElement, style = getComputedStyle(focused);
  if (focused.matches("body, section, main")) return ["", "", true];  // what scrolls, where Tab begins
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return [(focused.innerText || focused.ariaLabel || focused.placeholder || "").trim(), focused.ariaLabel || "", ring];
}"""


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until what has the focus is named so; each stop on the way has a ring."""
    for _ in range(most):
        page.keyboard.press("Tab")
        text, label, has_ring = page.evaluate(_FOCUSED)
        if text or label:
            assert has_ring, f"no ring around {text or label!r}"
        if name in (text.splitlines()[-1:] or [""])[0] or name == label:
            return
    pytest.fail(f"Tab does not reach {name!r}")


@ENGLISH
def test_ask_understand_and_judge(page: Page) -> None:
    """Ask, open the journey, try another recipe, show the passage in its article, give a thumb."""
    tab_to(page, "Your question")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".qa-article").first).to_be_visible(timeout=WAIT)
    tab_to(page, "Journey")
    page.keyboard.press("Space")
    expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible(timeout=WAIT)
    tab_to(page, "What if")
    page.keyboard.press("Enter")
    tab_to(page, "Passages reranked")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Trial order: not the one of the search.")).to_be_visible(timeout=WAIT)
    tab_to(page, "Back to the search")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Trial order: not the one of the search.")).to_have_count(0, timeout=WAIT)


@ENGLISH
def test_article_thumb_language_and_page(page: Page) -> None:
    """Show a passage in its article, give a thumb, choose French, go to the library."""
    tab_to(page, "Your question")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".qa-article").first).to_be_visible(timeout=WAIT)
    tab_to(page, "Show in article")
    page.keyboard.press("Enter")
    expect(page.locator(".qa-frame mark")).to_be_in_viewport(timeout=WAIT)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(page.get_by_test_id("stFeedback").first.locator("[data-selected=true], [aria-checked=true]")).to_have_count(
        1, timeout=WAIT
    )
    page.reload()
    page.locator("h1.qa-title").wait_for()
    tab_to(page, "Français")
    page.keyboard.press("Space")
    expect(page.locator("h1.qa-title")).to_have_text("Questions en trois langues", timeout=WAIT)
    page.reload()
    page.locator("h1.qa-title").wait_for()
    tab_to(page, "Bibliothèque")
    page.keyboard.press("Enter")
    expect(page.locator("h1.qa-title")).to_have_text("Bibliothèque", timeout=WAIT)
