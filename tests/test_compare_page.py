"""The Compare page's logic, through Streamlit's own test harness, on the sample library and bundled models."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from retrieval.text import detect_language
from tests.samples import ARTICLES
from ui.samples import parallel_questions


@pytest.fixture
def page(sample_page: Callable[[str], AppTest]) -> AppTest:
    """Return the page."""
    return sample_page("compare")


def html(page: AppTest) -> str:
    """Return all raw HTML on the page."""
    return "\n".join(element.proto.body for element in page.get("html"))


def test_a_sample_question_fills_the_three_boxes(page: AppTest) -> None:
    """The second one: all three languages find the article on trains; cleared, the boxes are empty again."""
    page.button_group(key="view").set_value("languages").run()
    chosen = page.selectbox(key="parallel_example")
    assert chosen.options[1] == "Which bird inspired the nose of the 500 Series Shinkansen?"
    chosen.select_index(1).run()
    assert not page.exception
    boxes = [page.text_input(key=f"parallel {code}").value for code in ("fr", "en", "zh")]
    assert [detect_language(box) for box in boxes] == ["fr", "en", "zh"]
    columns = html(page).split("<section>")[1:]
    assert [column.count("High-Speed Trains Around the World") > 0 for column in columns] == [True] * 3


def test_words_are_shown_with_their_articles_in_each_language(page: AppTest) -> None:
    """What is typed is counted in its own language and, by its translations, in the two others."""
    page.button_group(key="view").set_value("tokens").run()
    page.text_input(key="tokens").set_value("lighthouses xyzzyx").run()
    assert not page.exception
    assert re.search(
        r"<li>\w+ <b>[1-9]\d*</b> <small>French [1-9]\d*</small> <small>Chinese [1-9]\d*</small></li>", html(page)
    )
    assert re.search(r"<li>xyzzyx? <b>0</b> <small>French –</small> <small>Chinese –</small></li>", html(page))
    assert any("1000 passages at most" in caption.value for caption in page.caption)


def test_parallel_questions_are_for_a_library_that_answers_them() -> None:
    """Each is written in its three languages and names a sample article; without that article it is not offered."""
    names = {path.name for path in ARTICLES}
    questions = parallel_questions(names)
    assert len(questions) == 10
    assert all(detect_language(question[code]) == code for question in questions for code in ("fr", "en", "zh"))
    assert len(parallel_questions(names - {"bridges.zh.md"})) == 9
    assert parallel_questions(set()) == []
