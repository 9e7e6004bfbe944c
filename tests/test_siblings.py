"""Translations told by name, numbers and names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import make_article

from retrieval.passages import Hit, Language, Passage
from retrieval.siblings import anchors, articles_on_topic, fold, likeness, other_languages, sibling, topics


def passage(name: str, text: str, language: Language) -> Passage:
    """Return the only passage of an article."""
    return make_article(name, text, language=language)[0]


FRENCH = passage("tea.fr.md", "En 1657, Thomas Garway vend du thé à Londres, 60 shillings la livre.", "fr")
ENGLISH = passage("tea.en.md", "In 1657 Thomas Garway sold tea at 60 shillings.", "en")
CHINESE = passage("tea.zh.md", "1657年，托马斯·加威以60先令出售茶叶。", "zh")
ANOTHER = passage("tea.en.md", "In 1848 Robert Fortune went to China.", "en")


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        ("tea.fr.md", "fr", "tea"),
        ("tea_ZH.pdf", "zh", "tea"),
        ("guide/fr/tea.md", "fr", "guide//tea"),
        ("fr/tea.md", "fr", "/tea"),
        ("tea.fr.md", "en", ""),
        ("offre.md", "fr", ""),
    ],
)
def test_topic(name: str, language: Language, expected: str) -> None:
    """The name without the article's own language."""
    assert topics(passage(name, "text", language).article) == ({expected} if expected else set())


def with_id(shared_id: str, name: str, *texts: str, language: Language) -> list[Passage]:
    """Return the passages of an article whose file gives an id."""
    passages = make_article(name, *texts, language=language)
    return [replace(one, article=replace(one.article, shared_id=shared_id)) for one in passages]


def test_an_id_makes_translations_of_any_names() -> None:
    """Beside the name; the only passages of both are siblings though they share no number, others need two."""
    french = with_id("t7", "le-the.md", "Le thé est chaud.", language="fr")[0]
    chinese = with_id("t7", "茶.md", "茶很热。", language="zh")[0]
    assert topics(replace(FRENCH.article, shared_id="t7")) == {"t7", "tea"}
    assert articles_on_topic(french.article, [chinese.article], "zh") == [chinese.article]
    assert likeness(french, chinese) == 1
    assert likeness(french, with_id("t8", "茶.md", "茶很热。", language="zh")[0]) == 0
    longer = with_id("t7", "茶.md", "茶很热。", "1657年，60先令。", language="zh")
    assert likeness(french, longer[0]) == 0
    assert likeness(with_id("t7", "a.md", "En 1657, 60 shillings.", language="fr")[0], longer[1]) == 1


def test_anchors() -> None:
    """Numbers of two digits or more and capitalised words, function words left out."""
    assert anchors("The tea of Le Havre: 1,204 boxes, 7 men") == {"havr", "1204"}
    assert anchors("1657年，60先令") == {"1657", "60"}


def test_likeness() -> None:
    """French and English share 1657, 60, Thomas and Garway, all of the English one's; Chinese the numbers alone."""
    assert likeness(FRENCH, ENGLISH) == 1
    assert likeness(FRENCH, CHINESE) == 1
    assert likeness(FRENCH, ANOTHER) == 0
    assert likeness(ENGLISH, ANOTHER) == 0  # one language
    assert likeness(FRENCH, passage("coffee.en.md", ENGLISH.text, "en")) == 0


def test_sibling() -> None:
    """The best of an article's passages, or none."""
    assert sibling(FRENCH, [ANOTHER, ENGLISH]) == ENGLISH
    assert sibling(FRENCH, [ANOTHER]) is None
    assert sibling(FRENCH, []) is None


def test_articles_on_topic() -> None:
    """The language wanted and the same topic; an article without one has no siblings."""
    articles = [FRENCH.article, ENGLISH.article, CHINESE.article]
    assert articles_on_topic(FRENCH.article, articles, "zh") == [CHINESE.article]
    assert articles_on_topic(passage("tea.md", "text", "fr").article, articles, "en") == []


def test_other_languages() -> None:
    """Each article's own language left out; by name or by shared id; none without a translation."""
    alone, linked = (
        passage("tea.md", "text", "fr").article,
        replace(passage("茶.md", "茶", "zh").article, shared_id="tea"),
    )
    assert other_languages([FRENCH.article, ENGLISH.article, ENGLISH.article, alone, linked]) == [
        {"en", "zh"}, {"fr", "zh"}, {"fr", "zh"}, set(), {"fr", "en"},
    ]  # fmt: skip
    assert other_languages([]) == []


def test_fold() -> None:
    """Three translations are one group in the order found; another passage of the article stays alone."""
    hits = [Hit(found, 1.0, {}) for found in (ENGLISH, ANOTHER, CHINESE, FRENCH)]
    assert [[hit.passage.article.name for hit in group] for group in fold(hits)] == [
        ["tea.en.md", "tea.zh.md", "tea.fr.md"],
        ["tea.en.md"],
    ]
    assert fold([]) == []
