"""Splitting, with a token a word, or a token a character where the text has no blanks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.articles import Article, read_articles
from ingest.split import CountTokens, article_id, article_version, split_article
from retrieval.bi_encoder import BiEncoder
from retrieval.passages import Passage

ROOT = Path(__file__).resolve().parent.parent
LONG = 1000  # an encoder that reads more than a passage may have


def count_words(texts: Sequence[str]) -> list[int]:
    """Return the number of words."""
    return [len(text.split()) for text in texts]


def count_characters(texts: Sequence[str]) -> list[int]:
    """Return the number of characters."""
    return list(map(len, texts))


def article(text: str, title: str = "", headings: Sequence[str] = ()) -> Article:
    """Return an article with headings where these lines stand."""
    places = [re.search(f"^{heading}$", text, re.MULTILINE) for heading in headings]
    return Article("a.md", "a.md", title, text, tuple(place.span() for place in places if place))


def sentence(name: str, words: int) -> str:
    """Return a sentence of so many words, each with the name in it."""
    return " ".join([name.capitalize(), *(f"{name}{n}" for n in range(1, words))]) + "."


def split(source: Article, count: CountTokens = count_words, max_tokens: int = LONG) -> list[Passage]:
    """Split, and check what holds for every article."""
    passages = split_article(source, count, max_tokens)
    end = 0
    for position, passage in enumerate(passages):
        assert passage.text == source.text[passage.start : passage.end] == passage.text.strip()
        assert source.text[end : passage.start].strip() == ""  # what lies between passages is blank
        assert passage.end > end
        assert passage.position == position
        assert passage.article == passages[0].article
        assert count([passage.indexed_text])[0] <= min(180, max_tokens)
        end = passage.end
    assert source.text[end:].strip() == ""
    assert {passage.article.passage_count for passage in passages} == {len(passages)}
    assert len({passage.id for passage in passages}) == len(passages)
    return passages


def test_sentences_are_packed_to_the_limit() -> None:
    """Sentences of 90 words fit two by two in 180; one word more and each stands alone."""
    a, b, c = (sentence(name, 90) for name in "abc")
    assert [p.text for p in split(article(f"{a} {b} {c}"))] == [f"{a} {b}", c]
    longer = sentence("b", 91)
    second, third = len(a) + 2, len(a) + 2 + len(longer) + 2
    assert [(p.start, p.end) for p in split(article(f"{a}  {longer}\n\n{c}"))] == [
        (0, len(a)),
        (second, second + len(longer)),
        (third, third + len(c)),
    ]


def test_the_encoders_limit_is_kept() -> None:
    """An encoder that reads 20 words gets passages of 20."""
    sentences = [sentence(name, 10) for name in "abcd"]
    a, b, c, d = sentences
    assert [p.text for p in split(article(" ".join(sentences)), max_tokens=20)] == [f"{a} {b}", f"{b} {c}", f"{c} {d}"]


def test_title_and_heading_take_their_share() -> None:
    """With a title of 5 words and a heading of 10, counted as 15, 165 are left for the text."""
    heading, title = " ".join(f"h{n}" for n in range(10)), "t0 t1 t2 t3 t4"
    a, b, c = sentence("a", 80), sentence("b", 75), sentence("c", 91)
    passages = split(article(f"{heading}\n\n{a} {b} {c}", title, [heading]))
    assert [(p.text, p.heading) for p in passages] == [(f"{heading}\n\n{a} {b}", ""), (c, heading)]
    assert passages[1].indexed_text == f"{title}\n{heading}\n{c}"


@pytest.mark.parametrize(("words", "repeated"), [(40, True), (41, False)])
def test_a_short_last_sentence_is_repeated(words: int, repeated: bool) -> None:
    """Of up to 40 words the last sentence begins the next passage too, where both fit."""
    a, b, c = sentence("a", 100), sentence("b", words), sentence("c", 140)
    assert [p.text for p in split(article(f"{a} {b} {c}"))] == [f"{a} {b}", f"{b} {c}" if repeated else c]
    too_long = sentence("c", 181 - words)
    assert [p.text for p in split(article(f"{a} {b} {too_long}"))] == [f"{a} {b}", too_long]


@pytest.mark.parametrize(("words", "texts"), [(59, 2), (58, 1)])
def test_a_heading_begins_a_passage_unless_the_section_is_short(words: int, texts: int) -> None:
    """A section of 60 words with its heading stands alone, a shorter one is joined with the next."""
    a, b = f"{sentence('a', words - 20)} {sentence('c', 20)}", sentence("b", 30)
    passages = split(article(f"First\n\n{a}\n\nSecond\n\n{b}", "", ["First", "Second"]))
    sections = [f"First\n\n{a}", f"Second\n\n{b}"]  # nothing is repeated across a heading
    assert [p.text for p in passages] == (sections if texts == 2 else ["\n\n".join(sections)])
    assert [p.heading for p in passages] == [""] * texts


def test_a_passage_knows_the_heading_it_stands_under() -> None:
    """Before the first heading there is none; after it, where the text does not begin with it, it is given."""
    intro, a, b, c = sentence("i", 70), sentence("a", 150), sentence("b", 150), sentence("c", 100)
    passages = split(article(f"{intro}\n\nOne\n\n{a} {b}\n\nTwo\n\n{c}", "Title", ["One", "Two"]))
    assert [(p.text, p.heading) for p in passages] == [
        (intro, ""),
        (f"One\n\n{a}", ""),
        (b, "One"),
        (f"Two\n\n{c}", ""),
    ]


@pytest.mark.parametrize("mark", [",", ";", ":", "，", "、", "；", "："])
def test_an_overlong_sentence_is_cut_at_a_mark(mark: str) -> None:
    """Without blanks a sentence is cut behind the mark nearest its middle."""
    text = "茶" * 110 + mark + "水" * 90
    # A Chinese semicolon ends a sentence anyway.
    assert [p.text for p in split(article(text), count_characters)] == [text[:111], text[111:]]


def test_an_overlong_sentence_is_cut_at_blanks() -> None:
    """300 words become two halves, 800 six parts: 1.2 * 800 / 180, rounded up; the blank between is in neither."""
    words = [f"{n:03}" for n in range(800)]
    assert [p.text for p in split(article(" ".join(words[:300])))] == [" ".join(words[:150]), " ".join(words[150:300])]
    assert [len(p.text.split()) for p in split(article(" ".join(words)))] == [133, 133, 134, 133, 133, 134]


def test_an_overlong_sentence_without_marks() -> None:
    """Chinese without a mark or blank is cut evenly: seven parts for 1000 characters, 1.2 * 1000 / 180 rounded up."""
    text = "".join(chr(0x4E00 + n) for n in range(1000))
    assert [len(p.text) for p in split(article(text), count_characters)] == [142] * 6 + [148]


def test_chinese_sentences() -> None:
    """They are packed like others though no blank stands between them."""
    sentences = [character * 59 + "。" for character in "茶水山河"]
    passages = split(article("".join(sentences)), count_characters)
    assert [p.text for p in passages] == ["".join(sentences[:3]), sentences[3]]
    assert {p.language for p in passages} == {"zh"}


@pytest.mark.parametrize("text", ["茶" * 1_000_000, "12 " * 333_334, "1," * 500_000])
def test_a_line_of_a_million_characters(text: str) -> None:
    """It is cut into passages that fit, all of it."""
    passages = split(article(text), count_characters)
    assert sum(len(p.text) for p in passages) > 950_000  # the rest is blanks between passages
    assert min(len(p.text) for p in passages) > 60


def test_ids_are_the_same_each_time() -> None:
    """The same article gives the same ids and version; another text others, under the same article id."""
    source = article(" ".join(sentence(name, 100) for name in "abc"), "Title")
    first, second = split(source), split(source)
    assert [p.id for p in first] == [p.id for p in second]
    changed = split(replace(source, text=source.text + " More."))
    assert {p.id for p in first} & {p.id for p in changed} == set()
    assert changed[0].article.id == first[0].article.id == article_id("a.md")
    assert changed[0].article.version != first[0].article.version


def test_the_version_tells_what_changed() -> None:
    """Title, text, name, source, headings, shared id and the passages' size each change it, nothing else does."""
    source = article("One\n\nText.", "Title")
    others = [
        replace(source, title="Other"),
        replace(source, text="One\n\nText"),
        replace(source, name="b.md"),
        replace(source, source="b.md"),
        replace(source, headings=((0, 3),)),
        replace(source, shared_id="t7"),
        replace(source, title="", text="Title" + source.text),
    ]
    versions = [article_version(other, 180) for other in (source, *others)] + [article_version(source, 100)]
    assert len(set(versions)) == len(versions)
    assert article_version(replace(source), 180) == versions[0] == split(source)[0].article.version


def test_each_passage_has_its_own_language() -> None:
    """In a mixed article a passage of 40 characters is detected, a shorter one has the article's language."""
    french = "Le chat dort sur le canapé pendant que la pluie tombe sur la ville."
    text = f"The lighthouse stands on a rock, and the keeper lights the lamp each evening.\n\n{french}\n\n茶。"
    passages = split(article(text), max_tokens=14)
    assert [(p.text.split()[0], p.language) for p in passages] == [("The", "en"), ("Le", "fr"), ("茶。", "en")]
    assert {p.article.language for p in passages} == {"en"}


def test_the_samples_fit_the_bundled_encoder() -> None:
    """With its context every passage of the sample articles has at most 180 tokens, so nothing is cut off."""
    encoder = BiEncoder.from_pretrained(str(ROOT / "models" / "bi-encoder"), "cpu")
    files = sorted((ROOT / "samples" / "articles").iterdir())
    assert len(files) > 50
    for file in files:
        for item in read_articles(file.name, file.read_bytes()):
            assert isinstance(item, Article)
            split(item, encoder.count_tokens, encoder.max_tokens)
