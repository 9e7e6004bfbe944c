"""From a file's bytes to articles: the entry for every format, plain text, limits."""

from __future__ import annotations

import pytest

from ingest.articles import SUPPORTED_SUFFIXES, Article, read_articles
from retrieval.errors import ArticleError
from retrieval.settings import Limits


def outcome(source: str, data: bytes) -> list[tuple[str, str]]:
    """Return the name and the text, or the reason of the error, of each thing read."""
    items = read_articles(source, data)
    return [(item.name, item.text if isinstance(item, Article) else item.reason) for item in items]


def test_plain_text_with_a_title_line() -> None:
    """A short first line followed by a blank one is the title, and a heading of the text."""
    text = "Le thé\n\nIl vient de Chine.\nOn le boit chaud.\n"
    expected = "Le thé\n\nIl vient de Chine.\nOn le boit chaud."
    assert list(read_articles("notes/été.txt", text.encode())) == [
        Article("notes/été.txt", "notes/été.txt", "Le thé", expected, ((0, 6),))
    ]


@pytest.mark.parametrize("text", ["Une ligne.", "Une ligne.\nUne autre.", "x" * 121 + "\n\nSuite."])
def test_plain_text_without_a_title_line_is_named_by_its_file(text: str) -> None:
    """No blank line after the first, or a first line over 120 characters: the title is the file's stem."""
    assert list(read_articles("文件夹/茶的历史.txt", text.encode())) == [
        Article("文件夹/茶的历史.txt", "文件夹/茶的历史.txt", "茶的历史", text)
    ]


def test_hard_wrapped_lines_are_joined() -> None:
    """Lines of 60 to 90 columns become paragraphs; Chinese ones join without a space, verses stay."""
    latin = [
        "the tea road ran from the hills of the south " + "x" * 20,
        "to the ports of the north " + "y" * 40,
        "by mule.",
    ]
    chinese = ["茶" * 40, "叶" * 39 + "，", "1949年。"]
    verse = ["床前明月光，", "疑是地上霜。"]
    text = "\n\n".join("\n".join(lines) for lines in (latin, chinese, verse))
    assert outcome("a.txt", text.encode()) == [
        ("a.txt", "\n\n".join([" ".join(latin), "".join(chinese), "\n".join(verse)]))
    ]


def test_lists_are_not_joined_and_chinese_indents_begin_paragraphs() -> None:
    """Bullets keep their lines however long; two ideographic spaces are a paragraph mark."""
    bullets = "\n".join(f"- {'item ' * 14}{number}" for number in range(3))
    assert outcome("a.txt", bullets.encode()) == [("a.txt", bullets)]
    assert outcome("a.txt", "　　第一段。\n　　第二段。".encode()) == [("a.txt", "第一段。\n\n第二段。")]


def test_text_is_cleaned() -> None:
    """NFC, one kind of line end and of space, at most one blank line, no control or bidi mark."""
    dirty = (
        "\ufeffe\u0301te\u0301\r\nun\u00a0\u3000 deux\ttrois \rquatre\0\u200b\u202e\u2066!\n\n\n\n　cinq\u2028six\x0c"
    )
    assert outcome("a.txt", dirty.encode()) == [("a.txt", "été\nun deux trois\nquatre!\n\ncinq\nsix")]


@pytest.mark.parametrize("data", [b" \n\t\n", "\ufeff\u200b\n".encode()])
@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
def test_blank_file_is_an_error(suffix: str, data: bytes) -> None:
    """Nothing but blanks is no article."""
    with pytest.raises(ArticleError, match="holds no text"):
        list(read_articles(f"a{suffix}", data))


@pytest.mark.parametrize("suffix", SUPPORTED_SUFFIXES)
def test_empty_file_is_an_error(suffix: str) -> None:
    """No bytes give one clear error in every format."""
    with pytest.raises(ArticleError, match="is empty"):
        list(read_articles(f"a{suffix}", b""))


def test_suffix_in_capitals() -> None:
    """Old systems write names in capitals."""
    assert outcome("A.TXT", b"x") == [("A.TXT", "x")]


@pytest.mark.parametrize("name", ["a.xlsx", "a.doc", "README", "a.tar.gz"])
def test_unsupported_format_names_the_supported_ones(name: str) -> None:
    """The message lists what can be read."""
    with pytest.raises(ArticleError, match=r"not supported; these are: \.txt \.md .*\.zip"):
        list(read_articles(name, b"x"))


def test_size_limits() -> None:
    """A file and a text over their limits are refused; at the limit they pass."""
    limits = Limits(file_size=2, characters=10)
    assert list(read_articles("a.txt", b"x" * 10, limits)) == [Article("a.txt", "a.txt", "a", "x" * 10)]
    assert list(read_articles("a.txt", b"x" + b" " * ((2 << 20) - 1), limits))
    with pytest.raises(ArticleError, match="holds 11 characters; the limit for an article is 10"):
        list(read_articles("a.txt", b"x" * 11, limits))
    with pytest.raises(ArticleError, match=r"has 3\.0 MB; the limit is 2 MB"):
        list(read_articles("a.txt", b"x" * (3 << 20), limits))
