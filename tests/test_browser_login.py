"""The login in a real browser, with a provider of our own: who gets in, and what each of them may do."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.login_provider import CLIENT, provider, secrets_file
from tests.samples import ROOT
from tests.test_browser_ask import ARGUMENTS, WAIT, _wait_until_healthy


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, dict[str, str]]]:
    """Serve an empty library behind the login; give the address, its folder and the environment."""
    folder, port = tmp_path_factory.mktemp("login"), free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "QA_LIBRARY": str(folder / "library"),
        "QA_LOGIN": "yes",
        "QA_EDITORS": "bob@example.org",
        "QA_LOG": "json",
        "QA_METRICS_PORT": str(free_port()),
        "STREAMLIT_SERVER_PORT": str(port),
    }
    with provider() as address, (folder / "log").open("w") as log:
        (folder / ".streamlit").mkdir()
        (folder / ".streamlit" / "secrets.toml").write_text(secrets_file(address, url))
        command = [sys.executable, "-m", "ui"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as server:
            _wait_until_healthy(url)
            try:
                yield url, folder, environment
            finally:
                server.terminate()


@pytest.fixture
def page(served: tuple[str, Path, dict[str, str]]) -> Iterator[Page]:
    """Open the application in a new French browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        opened = browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR").new_page()
        opened.set_default_timeout(WAIT)
        opened.goto(served[0])
        yield opened
        browser.close()


def sign_in(page: Page, name: str) -> None:
    """Sign in as one of the provider's people and open the Library page."""
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Bibliothèque").click()


def test_nothing_is_seen_without_signing_in(page: Page) -> None:
    """No page, no box for a question; an address that leads further does not either."""
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible(timeout=WAIT)
    page.goto(page.url.rstrip("/") + "/library?question=a")
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("textbox")).to_have_count(0)
    expect(page.locator("h1")).to_have_count(0)


@pytest.mark.parametrize("name", ["ann", "eve"])
def test_readers_read(page: Page, name: str) -> None:
    """They see the library and who they are, no uploader; an address that nobody verified makes no editor."""
    sign_in(page, name)
    expect(page.get_by_text("seules les personnes chargées de l’édition", exact=False)).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("@example.org · lecture")).to_be_visible()
    expect(page.get_by_role("button", name="Ajouter à la bibliothèque")).to_have_count(0)


def test_editors_edit_and_leave(page: Page, served: tuple[str, Path, dict[str, str]]) -> None:
    """An upload that fails is told, kept and written down in their name; signed out, they are outside."""
    _, folder, environment = served
    sign_in(page, "bob")
    expect(page.get_by_text("bob@example.org · édition")).to_be_visible(timeout=WAIT)
    page.locator('input[type="file"]').set_input_files(
        [{"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"no PDF"}]
    )
    expect(page.get_by_text("scan.pdf")).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Ajouter à la bibliothèque").click()
    expect(page.get_by_text("Envois échoués (1)")).to_be_visible(timeout=WAIT)
    (line,) = (folder / "library" / "audit.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert (told["who"], told["act"], told["name"]) == ("bob@example.org", "upload", "scan.pdf")
    page.reload()
    page.get_by_text("Envois échoués (1)").click()
    page.get_by_role("button", name="Effacer cette liste").click()
    expect(page.get_by_text("Envois échoués (1)")).to_have_count(0, timeout=WAIT)
    assert all(cookie["httpOnly"] for cookie in page.context.cookies() if cookie["name"].startswith("_streamlit_user"))
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible(timeout=WAIT)
    check_figures(environment)
    log = (folder / "log").read_text()
    assert CLIENT[1] not in log
    assert "0123456789abcdef" not in log
    assert '"event": "upload"' in log


def check_figures(environment: dict[str, str]) -> None:
    """Ask for the figures and the health line of the page that is running."""
    with urllib.request.urlopen(f"http://127.0.0.1:{environment['QA_METRICS_PORT']}/metrics", timeout=60) as answer:
        figures = answer.read().decode()
    assert 'qa_uploads_total{outcome="failed"} 1.0' in figures
    assert "qa_library_passages 0.0" in figures
    command = [sys.executable, "-m", "ui.health"]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["healthy"] is True
