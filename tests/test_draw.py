"""What the pages draw, and the interface's words."""

from __future__ import annotations

import string

import pytest

from retrieval.article_text import article_text
from retrieval.passages import LANGUAGES, STAGES, Answer, ArticleInfo, Passage
from tests.samples import ARTICLES
from ui.draw import marked_html
from ui.texts import EXAMPLES, INTERFACE_LANGUAGES, TEXTS, preferred_language, text

INFO = ArticleInfo("id", "a.txt", "a.txt", "", "en", "1", 3, "2026-01-01T00:00:00+00:00")


def passage(position: int, start: int, words: str) -> Passage:
    """Return a passage of one article."""
    return Passage(str(position), INFO, position, start, start + len(words), words, "en")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, "a &lt;b&gt; &amp; c"),
        (Answer(2, 5, "<b>", 0.9, True), "a <mark>&lt;b&gt;</mark> &amp; c"),
        (Answer(0, 9, "a <b> & c", 0.1, False), '<mark class="qa-sentence">a &lt;b&gt; &amp; c</mark>'),
    ],
)
def test_marked_text_is_escaped_first(answer: Answer | None, expected: str) -> None:
    """No character of a document becomes markup, inside the mark or outside."""
    assert marked_html("a <b> & c", answer) == expected


def test_words_are_marked_outside_and_inside_the_answer() -> None:
    """A word across the answer's edge is marked on both sides; what stands before the start is left out."""
    words = [(0, 1), (4, 8), (9, 11)]
    answer = Answer(6, 12, "", 0.9, True)
    expected = "<u>a</u> &lt; <u>bb</u><mark><u>bb</u> <u>cc</u>&gt;</mark>"
    assert marked_html("a < bbbb cc>", answer, words) == expected
    assert marked_html("a < bbbb cc>", None, words, start=2) == "&lt; <u>bbbb</u> <u>cc</u>&gt;"


def test_an_article_is_rebuilt_from_overlapping_passages() -> None:
    """A repeated sentence stands once, a gap of two blanks becomes two line breaks."""
    pieces = [passage(0, 0, "One. Two."), passage(1, 5, "Two. Three."), passage(2, 18, "Four.")]
    assert article_text(pieces) == "One. Two. Three.\n\nFour."
    assert article_text([]) == ""


def test_every_text_has_the_same_blanks_in_all_languages() -> None:
    """A name to fill in that one language lacks would be lost or fail there."""
    for key, translations in TEXTS.items():
        names = [{name for _, name, _, _ in string.Formatter().parse(words) if name} for words in translations]
        assert names[0] == names[1] == names[2], key
        assert all(translations), key


def test_every_language_and_stage_has_a_name() -> None:
    """The pages look them up by these words."""
    for name in (*LANGUAGES, *STAGES):
        assert len({text(interface, name) for interface in INTERFACE_LANGUAGES}) >= 1


def test_examples_are_answered_by_samples() -> None:
    """Each names a sample article in another language than its own, two for each language."""
    names = {path.name for path in ARTICLES}
    assert all(name in names for _, name in EXAMPLES)
    assert len(EXAMPLES) == 6


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("fr-CA", "fr"), ("zh-TW", "zh"), ("zh", "zh"), ("EN-gb", "en"), ("de-DE", "en"), ("", "en"), (None, "en")],
)
def test_preferred_language(locale: str | None, expected: str) -> None:
    """The browser's language if it is one of three, English otherwise."""
    assert preferred_language(locale) == expected
