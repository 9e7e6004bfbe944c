"""What a person does on the Evaluate page: writes two questions, runs, reads the figures, takes them home."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.test_browser_ask import WAIT, address, page

__all__ = ["address", "page"]


def write_question(page: Page, question: str, article: str) -> None:
    """Fill the form and send it."""
    page.get_by_role("textbox", name="Question", exact=True).fill(question)
    page.get_by_role("combobox", name="Article qui y répond").click()
    page.keyboard.type(article)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ajouter la question").click()
    expect(page.get_by_text(f"{question} → {article}")).to_be_visible(timeout=WAIT)


def test_two_written_questions(page: Page, tmp_path: Path) -> None:
    """The figures stay after a reload; the grid, the worst questions and a CSV file are there."""
    page.get_by_role("link", name="Évaluer").click()
    page.locator("h1", has_text="Évaluer").wait_for()
    page.get_by_text("Écrire", exact=True).click()
    write_question(page, "De quel oiseau s’inspire le nez du Shinkansen de la série 500 ?", "high-speed-trains.en.md")
    write_question(page, "How many stone lions are on the Lugou Bridge?", "bridges.zh.md")
    page.get_by_role("button", name="Évaluer").click()
    table = page.locator(".ev-table")
    expect(table.get_by_role("row")).to_have_count(5, timeout=WAIT)
    page.reload()
    expect(table.get_by_role("row")).to_have_count(5, timeout=WAIT)
    expect(table).to_contain_text("Recall@100")
    with page.expect_download() as download:
        page.get_by_role("button", name="Questions · CSV").click()
    download.value.save_as(tmp_path / "questions.csv")
    lines = (tmp_path / "questions.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "id,question,language,right,rank_bm25,rank_dense,rank_fused,rank_reranked,answer,exact,f1"
    assert [line.split(",")[3] for line in lines[1:]] == ["high-speed-trains.en.md", "bridges.zh.md"]
    page.get_by_text("Langues", exact=True).click()
    expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible(timeout=WAIT)
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()
    download.value.save_as(tmp_path / "languages.svg")
    assert "fr" in (tmp_path / "languages.svg").read_text(encoding="utf-8")
    page.get_by_text("Supprimer cette évaluation").click()
    expect(page.get_by_text("Évaluations conservées")).to_have_count(0, timeout=WAIT)
