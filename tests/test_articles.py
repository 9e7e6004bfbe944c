"""From a file's bytes to articles: the entry for every format, plain text, zip archives, limits."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Mapping

import pytest

from ingest import articles
from ingest.articles import SUPPORTED_SUFFIXES, Article, read_articles
from ingest.formats import archives
from retrieval.errors import ArticleError


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return a deflated zip archive with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


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


def test_size_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file and a text over their limits are refused; at the limit they pass."""
    monkeypatch.setattr(articles, "FILE_LIMIT", 2_000_000)
    monkeypatch.setattr(articles, "TEXT_LIMIT", 10)
    assert outcome("a.txt", b"x" * 10) == [("a.txt", "x" * 10)]
    with pytest.raises(ArticleError, match="holds 11 characters; the limit for an article is 10"):
        list(read_articles("a.txt", b"x" * 11))
    with pytest.raises(ArticleError, match="has 3 MB; the limit is 2 MB"):
        list(read_articles("a.txt", b"x" * 3_000_000))


def test_zip_reads_every_format_in_it() -> None:
    """Good members are read, unusable ones are yielded as errors, folders and system files are passed over."""
    members = {
        "dossier/": b"",
        "dossier/thé.md": "# Thé\n\nVert.".encode(),
        "t.csv": b"id,text\n7,seven\n8,\n",
        "bad.pdf": b"hello",
        "photo.png": b"\x89PNG",
        "inner.zip": pack({"a.txt": b"x"}),
        "__MACOSX/a.txt": b"x",
        ".hidden.txt": b"x",
        "empty.txt": b"",
    }
    items = list(read_articles("lot/a.zip", pack(members)))
    assert items[0] == Article("lot/a.zip", "lot/a.zip/dossier/thé.md", "Thé", "Thé\n\nVert.", ((0, 3),))
    assert items[1] == Article("lot/a.zip", "lot/a.zip/t.csv#7", "t 7", "seven")
    errors = [(item.name, getattr(item, "reason", "").split(":")[0]) for item in items[2:]]
    assert errors == [
        ("lot/a.zip/t.csv#8", "row 2 holds no text"),
        ("lot/a.zip/bad.pdf", "is not a PDF"),
        ("lot/a.zip/photo.png", "its format .png is not supported; these are"),
        ("lot/a.zip/inner.zip", "its format .zip is not supported; these are"),
        ("lot/a.zip/empty.txt", "is empty"),
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("历史/茶叶.txt".encode("gbk"), "历史/茶叶.txt"),
        ("一带一路\\运.txt".encode("gbk"), "一带一路/运.txt"),
        ("Réunion été.txt".encode("cp437"), "Réunion été.txt"),
        (unicodedata.normalize("NFD", "été à l’île.txt").encode(), "été à l’île.txt"),
        (b"plain name.txt", "plain name.txt"),
    ],
)
def test_zip_names_without_the_unicode_flag(raw: bytes, expected: str) -> None:
    """Names as Chinese Windows, Western Windows and macOS write them."""
    placeholder = b"p" * (len(raw) - 4) + b".txt"
    data = pack({placeholder.decode(): b"x"}).replace(placeholder, raw)
    assert outcome("a.zip", data) == [(f"a.zip/{expected}", "x")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zip_with_a_name_twice() -> None:
    """The second member of the same name is an error: names are unique in a library."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "one")
        archive.writestr("a.txt", "two")
    assert outcome("z.zip", buffer.getvalue()) == [
        ("z.zip/a.txt", "one"),
        ("z.zip/a.txt", "is in the archive twice: rename or remove one"),
    ]


def test_zip_bomb_is_stopped_and_the_rest_goes_on() -> None:
    """A member of two megabytes of zeros inflates a thousandfold; its neighbour is read."""
    assert outcome("z.zip", pack({"bomb.txt": bytes(2_000_000), "good.txt": b"good"})) == [
        ("z.zip/bomb.txt", "unpacks to over 200 times its packed size, the limit: it looks like a zip bomb"),
        ("z.zip/good.txt", "good"),
    ]


def test_zip_total_limit_ends_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before is read, then the whole file is refused, so that nothing counts as gone from it."""
    monkeypatch.setattr(archives, "INFLATED_LIMIT", 1_000_000)
    items = read_articles("z.zip", pack({"a.txt": b"a", "b.txt": b"b" * 999_999, "c.txt": b"c"}))
    read = [next(items), next(items)]
    assert [(type(item), item.name) for item in read] == [(Article, "z.zip/a.txt"), (Article, "z.zip/b.txt")]
    with pytest.raises(ArticleError, match=r"^z\.zip: unpacks to over 1 MB, the limit"):
        next(items)


def test_zip_size_claims_are_not_believed() -> None:
    """A directory that claims three bytes for three megabytes gives an error, not three megabytes."""
    data = pack({"a.txt": b"abc" * 1_000_000})
    data = data.replace((3_000_000).to_bytes(4, "little"), (3).to_bytes(4, "little"))
    assert outcome("z.zip", data) == [("z.zip/a.txt", "is damaged: its content cannot be unpacked")]


def test_zip_member_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many members are refused before any is read."""
    monkeypatch.setattr(archives, "MEMBER_LIMIT", 2)
    with pytest.raises(ArticleError, match="holds 3 files; the limit is 2"):
        list(read_articles("z.zip", pack({"a.txt": b"a", "b.txt": b"b", "c.txt": b"c"})))


def test_zip_that_gives_nothing() -> None:
    """An archive of folders, a truncated one and one that is none are errors of the whole file."""
    with pytest.raises(ArticleError, match="holds no articles"):
        list(read_articles("z.zip", pack({"folder/": b"", ".hidden": b"x"})))
    for data in (pack({"a.txt": b"a"})[:-30], b"hello"):
        with pytest.raises(ArticleError, match="is damaged, cut short or of another format"):
            list(read_articles("z.zip", data))


def test_encrypted_zip_member() -> None:
    """The flag of an encrypted member gives a clear error."""
    data = bytearray(pack({"a.txt": b"a"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert outcome("z.zip", bytes(data)) == [("z.zip/a.txt", "is protected by a password: pack it without one")]
