"""The Evaluate page's logic, through Streamlit's own test harness, with an evaluation that is kept already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from evaluation.evaluations import Evaluations
from evaluation.kept import KeptRun, keep
from evaluation.measures import Outcome
from evaluation.questions import AskedQuestion
from evaluation.report import stage_results
from evaluation.run import AskedResult, Evaluated
from retrieval.access import ANYONE
from retrieval.feedback import Judgement, keep_judgement
from ui.charts import pairs_chart, rank_shares, ranks_chart, to_png, to_svg
from ui.resources import background

# Only the names of two articles are in the library and nothing is run here, so no model is needed.
PAGE = """
from types import SimpleNamespace
from ui.evaluate import draw_evaluate_page

articles = [SimpleNamespace(name=name, title=name) for name in ("tea.en.md", "comets.fr.md")]
draw_evaluate_page(SimpleNamespace(models=None, store=SimpleNamespace(articles=lambda: articles)))
"""
FIRST, THIRD = Outcome(1, 1, 1, 1, True), Outcome(3, 0.5, 1, 1 / 3, True)


def asked(number: int, question: str, dense: Outcome) -> AskedResult:
    """Return a French question that an English article answers, first in words."""
    outcomes = {"bm25": FIRST, "dense": dense}
    by_language = {stage: {"en": outcome} for stage, outcome in outcomes.items()}
    return AskedResult(str(number), question, "fr", ("tea.en.md",), outcomes, by_language)  # type: ignore[arg-type]


EVALUATED = Evaluated((asked(1, "Le thé ?", FIRST), asked(2, "<b>Qui ?", THIRD)), {"bm25": 1.0, "dense": 2.0})


def kept(name: str, date: str) -> KeptRun:
    """Return a run of two questions."""
    return KeptRun(name, date, {"QA_CANDIDATES": "50"}, 2, 63, 0, stage_results(EVALUATED))


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Return the page, drawn once, on a library with two kept evaluations."""
    monkeypatch.setenv("QA_LIBRARY", str(tmp_path))
    for day in (1, 2):
        run = kept(f"run {day}", f"2026-01-0{day}T00:00:00.000+00:00")
        keep(tmp_path / "evaluations", run, EVALUATED.results)
    return AppTest.from_string(PAGE, default_timeout=60).run()


def html(page: AppTest) -> str:
    """Return all raw HTML on the page."""
    return "\n".join(element.proto.body for element in page.get("html"))


def choose(page: AppTest, key: str, value: str) -> AppTest:
    """Choose one of a segmented control's values and draw the page."""
    return page.button_group(key=key).set_value(value).run()


def test_the_newest_is_shown_with_intervals(page: AppTest) -> None:
    """Both questions first in words; by meaning one first and one third."""
    assert not page.exception
    assert page.selectbox(key="ev_chosen").value == "20260102T0000000000000"
    assert "<td>Words</td><td>1.0<small>1.0–1.0</small></td>" in html(page)
    assert "<td>Meaning</td><td>2.0<small>1.0–3.0</small></td>" in html(page)


def test_worst_questions_link_to_the_ask_page(page: AppTest) -> None:
    """Only what is not first is listed; a question's own text is never run."""
    choose(page, "ev_view", "worst")
    assert not page.exception
    assert "%3Cb%3EQui+%3F&amp;lang=en" in html(page)
    assert "&lt;b&gt;Qui ?</a> · rank 3 · tea.en.md" in html(page)
    assert "Le thé" not in html(page)


def test_comparison_tells_what_may_be_chance(page: AppTest) -> None:
    """One question of two moved from third to first: both patterns of signs are as far."""
    choose(page, "ev_view", "compare")
    page.selectbox(key="ev_first 20260102T0000000000000").set_value("bm25")
    page.selectbox(key="ev_second 20260102T0000000000000").set_value("dense").run()
    assert not page.exception
    shown = [element.value for element in page.markdown]
    assert "Difference in MRR: +33.33 points over 2 shared questions (1 differ)." in shown
    assert "May be chance: p = 1.0000 (paired randomisation test)." in shown


def test_every_view_is_drawn(page: AppTest) -> None:
    """Without an exception."""
    for view in ("pairs", "ranks", "figures"):
        choose(page, "ev_view", view)
        assert not page.exception


def test_incomplete_question_says_what_is_missing(page: AppTest) -> None:
    """Nothing is added."""
    choose(page, "ev_source", "write")
    page.button[0].click().run()
    assert [info.value for info in page.info] == ["A question is needed, and an article or a passage."]
    assert page.button(key="ev_run").disabled


def test_shares_of_ranks() -> None:
    """One of two is first, the other third; a tie for the first place is not a first place."""
    assert list(rank_shares([FIRST, THIRD]).values()) == [50, 50, 0, 0, 0, 0]
    assert rank_shares([Outcome(1.5, 0, 0, 0, True)])["2–3"] == 100


def test_pictures_of_the_charts() -> None:
    """Both kinds, with the figures in them."""
    stages = stage_results(EVALUATED)
    chart = pairs_chart(stages, "mrr", "en")
    assert ">66.7<" in to_svg(chart)
    outcomes = {"dense": [FIRST, THIRD]}
    assert to_png(ranks_chart(outcomes, "en")).startswith(b"\x89PNG")


def test_thumbs_up_become_questions(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thumb down and an article that has left the library are no questions; the rest are asked at a click."""
    judged = (("Le thé ?", "tea.en.md", True), ("Qui ?", "tea.en.md", False), ("Où ?", "gone.md", True))
    for question, article, is_right in judged:
        keep_judgement(ANYONE, tmp_path, Judgement(question, "fr", article, f"{article} 1", is_right))
    given: list[Any] = []
    monkeypatch.setattr(Evaluations, "run", lambda self, *arguments: given.extend(arguments[:2]))
    choose(page.run(), "ev_source", "feedback")
    assert page.caption[0].value.startswith("Questions with a thumb up for a passage: 1.")
    page.button(key="ev_run").click().run()
    background().wait(30)
    assert not page.exception
    assert given == ["My thumbs", [AskedQuestion("My thumbs 1", "Le thé ?", ("tea.en.md",))]]
