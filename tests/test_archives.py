"""Zip archives: their members, their names, their limits."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Mapping

import pytest

from ingest.articles import Article, read_articles
from retrieval.errors import ArticleError
from retrieval.settings import Limits


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
        ("lot/a.zip/inner.zip", "is an archive in an archive, beyond the limit of 1"),
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


def test_zip_total_limit_ends_the_archive() -> None:
    """What came before is read, then the whole file is refused, so that nothing counts as gone from it."""
    members = {"a.txt": b"a", "b.txt": b"b" * ((1 << 20) - 1), "c.txt": b"c"}
    items = read_articles("z.zip", pack(members), Limits(unpacked_size=1, ratio=2000))
    read = [next(items), next(items)]
    assert [(type(item), item.name) for item in read] == [(Article, "z.zip/a.txt"), (Article, "z.zip/b.txt")]
    with pytest.raises(ArticleError, match=r"^z\.zip: unpacks to over 1 MB, the limit"):
        next(items)


def test_zip_size_claims_are_not_believed() -> None:
    """A directory that claims three bytes for three megabytes gives an error, not three megabytes."""
    data = pack({"a.txt": b"abc" * 1_000_000})
    data = data.replace((3_000_000).to_bytes(4, "little"), (3).to_bytes(4, "little"))
    assert outcome("z.zip", data) == [("z.zip/a.txt", "is damaged: its content cannot be unpacked")]


def test_zip_member_limit() -> None:
    """Too many members are refused before any is read."""
    with pytest.raises(ArticleError, match="holds 3 files; the limit is 2"):
        list(read_articles("z.zip", pack({"a.txt": b"a", "b.txt": b"b", "c.txt": b"c"}), Limits(members=2)))


def test_zip_in_a_zip() -> None:
    """As many levels are read as the limit says, under one name, and all count towards the limits of the outermost."""
    inner = pack({"c.txt": b"c", "deep.zip": pack({"d.txt": b"d"})})
    data = pack({"a.txt": b"a", "b.zip": inner, "e.txt": b"e"})
    found = [(item.name, getattr(item, "text", "")) for item in read_articles("z.zip", data, Limits(depth=2))]
    assert found == [
        ("z.zip/a.txt", "a"),
        ("z.zip/b.zip/c.txt", "c"),
        ("z.zip/b.zip/deep.zip", ""),
        ("z.zip/e.txt", "e"),
    ]
    assert len(list(read_articles("z.zip", data, Limits(depth=3, members=6)))) == 4
    reasons = [getattr(item, "reason", "") for item in read_articles("z.zip", data, Limits(depth=3, members=5))]
    assert reasons == ["", "", "holds 6 files; the limit is 5: split it", ""]
    heavy = pack({"b.zip": pack({"c.txt": b"c" * (1 << 20)}), "e.txt": b"e"})
    with pytest.raises(ArticleError, match="unpacks to over 1 MB, the limit"):
        list(read_articles("z.zip", heavy, Limits(depth=2, unpacked_size=1, ratio=2000)))


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
