"""EPUB books, made here, to clean text, headings and title."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping

import pytest

from ingest.articles import Article, read_articles
from retrieval.errors import ArticleError
from retrieval.settings import Limits


def read(source: str, data: bytes) -> tuple[str, str, list[str]]:
    """Return the title, the text and the heading lines of the only article."""
    [article] = read_articles(source, data)
    assert isinstance(article, Article)
    return article.title, article.text, [article.text[start:end] for start, end in article.headings]


def book(chapters: Mapping[str, str], extra: Mapping[str, str] | None = None, title: str = "Le livre") -> bytes:
    """Return an EPUB with these chapters in this order, below the folder "OEBPS/t ext"."""
    items = "".join(
        f'<item id="c{number}" href="t%20ext/{name}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    package = f"""<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf">
        <metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></metadata>
        <manifest><item id="nav" properties="nav" href="nav.xhtml" media-type="application/xhtml+xml"/>
        <item id="css" href="a.css" media-type="text/css"/>{items}</manifest>
        <spine><itemref idref="nav"/>{spine}<itemref idref="gone"/></spine></package>"""
    container = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
        <rootfile full-path="OEBPS/book.opf"/></rootfiles></container>"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("OEBPS/book.opf", package)
        archive.writestr("OEBPS/nav.xhtml", "<html><body><h1>Table</h1></body></html>")
        for name, content in {
            **{f"OEBPS/t ext/{name}": text for name, text in chapters.items()},
            **(extra or {}),
        }.items():
            archive.writestr(name, content)
    return buffer.getvalue()


CHAPTERS = {
    "z.xhtml": "<?xml version='1.0' encoding='utf-8'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title/></head>"
    "<body><h1>第一章</h1><p>茶。</p></body></html>",
    "a.xhtml": "<html><head><title>x</title></head><body><h2>Chapitre 2</h2><p>Du thé&#160;vert.</p></body></html>",
}


def test_epub_is_one_article_in_reading_order() -> None:
    """Chapters follow the spine without the table of contents; their headings are kept."""
    expected = "第一章\n\n茶。\n\nChapitre 2\n\nDu thé vert."
    assert read("dossier/书.epub", book(CHAPTERS)) == ("Le livre", expected, ["第一章", "Chapitre 2"])
    assert read("dossier/书.epub", book(CHAPTERS, title=""))[0] == "书"


def test_epub_entities_are_not_resolved() -> None:
    """A package that names a file of this machine gets nothing of it."""
    data = book(CHAPTERS, title="T &#33;")
    assert read("a.epub", data)[0] == "T !"
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name.endswith(".opf"):
                entity = '<!DOCTYPE package [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
                content = content.replace('<?xml version="1.0"?>', entity).replace("T &#33;", "T &e;")
            new.writestr(name, content)
    assert read("a.epub", buffer.getvalue())[0] == "T"


def test_unusable_epub_files() -> None:
    """A protected book, a missing chapter, another zip and a cut file each have a clear error."""
    encryption = """<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:CipherData>
        <enc:CipherReference URI="{}"/></enc:CipherData></enc:EncryptedData></encryption>"""
    path = "META-INF/encryption.xml"
    assert read("a.epub", book(CHAPTERS, {path: encryption.format("OEBPS/font.otf")}))[0] == "Le livre"
    for data, reason in (
        (book(CHAPTERS, {path: encryption.format("OEBPS/t%20ext/a.xhtml")}), "is protected against copying"),
        (book(CHAPTERS).replace(b"t ext/a.xhtml", b"t ext/b.xhtml"), "its chapter OEBPS/t ext/a.xhtml is missing"),
        (book(CHAPTERS).replace(b"container.xml", b"Container.xml"), "META-INF/container.xml is missing"),
        (book(CHAPTERS)[:-40], "is damaged, cut short or of another format"),
        (book({"a.xhtml": "<html><body/></html>"}), "holds no text"),
        (book({}), "holds no text"),
    ):
        with pytest.raises(ArticleError, match=reason):
            read("a.epub", data)


def test_epub_is_unpacked_within_the_limits() -> None:
    """The total limit of archives holds for it too."""
    data = book({"one.xhtml": random.Random(1).randbytes(600_000).hex()})
    with pytest.raises(ArticleError, match="unpacks to over 1 MB, the limit"):
        list(read_articles("a.epub", data, Limits(unpacked_size=1)))
