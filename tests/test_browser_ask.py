"""What a person does, in a real browser: upload a Chinese PDF, ask in French, read the marked answer."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from tests.documents import chinese_pdf
from tests.samples import ROOT

# Without the last ones Chromium calls its maker's servers at every start.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
WAIT = 60_000
PARAGRAPH = "青石镇的老水塔建于1931年，设计师是林慕白。水塔高四十七米，顶部有一座铜钟，每天正午敲响十二下。"

# Nothing from another host, no script between the lines; reported and not enforced, so that the rest goes on.
POLICY = "default-src 'self' data: blob: ws:; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"
VIOLATIONS = """window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"""


def under_policy(route: Route) -> None:
    """Let a page come with the content-security policy."""
    if route.request.resource_type != "document":
        route.continue_()
        return
    response = route.fetch()
    route.fulfill(response=response, headers={**response.headers, "content-security-policy-report-only": POLICY})


@pytest.fixture(scope="module")
def address(built_samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the application on a copy of the sample library."""
    library = tmp_path_factory.mktemp("served") / "library"
    shutil.copytree(built_samples, library)
    with served(library) as url:
        yield url


@contextmanager
def served(library: Path, script: str = "app.py") -> Iterator[str]:
    """Serve the application, or a script that runs it, on a library; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    environment = {**os.environ, "QA_LIBRARY": str(library)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
        url = f"http://127.0.0.1:{port}"
        _wait_until_healthy(url)
        try:
            yield url
        finally:
            server.terminate()


def _wait_until_healthy(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the application did not start within a minute")


@pytest.fixture
def page(address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open the application; a parameter (width, height, locale) replaces the French desktop."""
    width, height, locale = getattr(request, "param", (1280, 900, "fr-FR"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        context = browser.new_context(viewport={"width": width, "height": height}, locale=locale)
        opened = context.new_page()
        opened.set_default_timeout(WAIT)
        opened.goto(address)
        await_models(opened)
        yield opened
        browser.close()


def await_models(page: Page) -> None:
    """Wait until the page is drawn and the models are loaded."""
    page.locator("h1.qa-title").wait_for()
    expect(page.locator(".st-key-loading")).to_have_count(0, timeout=WAIT)


def ask(page: Page, question: str) -> None:
    """Type a question and send it."""
    box = page.get_by_role("textbox").first
    box.fill(question)
    box.press("Enter")


def add_to_library(page: Page, file: Path) -> None:
    """Upload a file on the library page and wait until it is added."""
    page.get_by_role("link", name="Bibliothèque").click()
    page.locator("h1", has_text="Bibliothèque").wait_for()
    # The button does nothing for a file that the server doesn't have yet.
    with page.expect_response(lambda response: "upload_file" in response.url and response.ok):
        page.locator("input[type=file]").set_input_files(file)
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Ajouter à la bibliothèque").click()
    expect(page.get_by_text(f"{file.name} : ajouté")).to_be_visible(timeout=WAIT)


def test_chinese_pdf_answers_a_french_question(page: Page, tmp_path: Path) -> None:
    """Upload, ask in French, read the Chinese answer's mark, see it in its article, delete the file."""
    pdf = tmp_path / "水塔.pdf"
    pdf.write_bytes(chinese_pdf([PARAGRAPH]))
    add_to_library(page, pdf)
    page.get_by_role("link", name="Demander").click()
    ask(page, "En quelle année le vieux château d’eau a-t-il été construit ?")
    expect(page.locator(".qa-article").first).to_have_text("水塔", timeout=WAIT)
    expect(page.locator("mark").first).to_have_text("1931年")
    page.get_by_role("button", name="Voir dans l’article").first.click()
    expect(page.locator(".qa-frame")).to_contain_text("林慕白", timeout=WAIT)


def test_document_text_is_never_run(page: Page, address: str, tmp_path: Path) -> None:
    """Script, link, image, Markdown and LaTeX in a document show as the text they are; nothing of it is asked for."""
    page.on("dialog", lambda dialog: pytest.fail(f"a document's script ran: {dialog.message}"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(VIOLATIONS)
    # A page that is handed on counts as come from elsewhere, and may not reach this machine unasked.
    page.context.grant_permissions(["local-network-access"])
    page.route("**/*", under_policy)
    page.goto(address)
    page.locator("h1.qa-title").wait_for()
    shown_as = (
        "The zyxomat 4000 <script>alert('in')</script><img src=x onerror=alert('img')>"
        "<a href=\"javascript:alert('link')\">y</a> ![z](http://127.0.0.1:9/z.png) [j](javascript:alert('md'))"
        " costs **nine** $x^2$ euros."
    )
    note = tmp_path / "note.txt"
    note.write_text(shown_as, encoding="utf-8")
    add_to_library(page, note)
    page.get_by_role("link", name="Demander").click()
    ask(page, "How much does the zyxomat 4000 cost?")
    shown = page.locator(".qa-text").first
    expect(shown).to_contain_text(shown_as)
    page.get_by_role("button", name="Voir dans l’article").first.click()
    expect(page.locator(".qa-whole")).to_contain_text(shown_as)
    for part in (shown, page.locator(".qa-whole"), page.locator(".qa-head").first):
        assert part.locator("script, img, a, iframe, .katex, strong").count() == 0
    page.evaluate("document.body.append(Object.assign(document.createElement('p'), {innerHTML: '<img onerror=x>'}))")
    page.wait_for_function("violations.some((found) => found.startsWith('script-src-attr'))")
    # Only the one just put in: so the watch works, and the document has none.
    found = [line for line in page.evaluate("violations") if line.startswith(("script-src-attr", "img-src"))]
    assert len(found) == 1
    assert [
        url for url in asked if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))
    ] == []
    assert [url for url in asked if url.endswith(("/x", "z.png"))] == []


@pytest.mark.parametrize("page", [(390, 844, "zh-CN")], indirect=True)
def test_phone_in_chinese(page: Page) -> None:
    """At phone width nothing sticks out sideways, and the interface is Chinese from the browser's setting."""
    expect(page.locator("h1.qa-title")).to_have_text("三语问答")
    ask(page, "英国下午茶的习惯通常认为是哪位公爵夫人开创的？")
    expect(page.locator(".qa-article").first).to_have_text("Tea in Britain and its Empire")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("page", [(1280, 900, "en-GB")], indirect=True)
def test_the_address_chooses_the_language(page: Page, address: str) -> None:
    """Each code is taken; a choice by hand goes into the address and outlives a reload and another page."""
    titles = {"fr": "Questions en trois langues", "en": "Questions in three languages", "zh": "三语问答"}
    for code, title in titles.items():
        page.goto(f"{address}/?lang={code}")
        expect(page.locator("h1.qa-title")).to_have_text(title)
    page.get_by_text("Français", exact=True).click()
    expect(page.locator("h1.qa-title")).to_have_text(titles["fr"])
    page.wait_for_url("**/?lang=fr")
    page.reload()
    expect(page.locator("h1.qa-title")).to_have_text(titles["fr"])
    page.get_by_role("link", name="Bibliothèque").click()
    page.wait_for_url("**/library?lang=fr")
    page.get_by_text("English", exact=True).click()  # the browser's own: nothing to keep
    page.wait_for_url(lambda url: "lang" not in url)
    page.goto(f"{address}/?lang=xx")
    expect(page.locator("h1.qa-title")).to_have_text(titles["en"])


def test_article_is_deleted_after_confirmation(page: Page, tmp_path: Path) -> None:
    """Tick the row, delete, confirm: the article is gone from the list and from the answers."""
    note = tmp_path / "0-note.txt"
    note.write_text("0 Quibbleton\n\nThe Quibbleton ferry sails at 7:45.\n", encoding="utf-8")
    add_to_library(page, note)
    # The table is drawn on a canvas: the first row's box is below the header, at the left edge.
    page.get_by_test_id("stDataFrame").locator("canvas").first.click(position={"x": 17, "y": 52}, force=True)
    page.get_by_role("button", name="Supprimer (1)").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("0 Quibbleton")).to_be_visible(timeout=WAIT)
    dialog.get_by_role("button", name="Supprimer (1)").click()
    expect(page.get_by_text("1 article(s) supprimé(s)")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Demander").click()
    ask(page, "When does the Quibbleton ferry sail?")
    expect(page.locator(".qa-article").first).to_be_visible(timeout=WAIT)
    assert page.locator(".qa-article", has_text="Quibbleton").count() == 0
