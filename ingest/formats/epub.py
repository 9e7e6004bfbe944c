"""EPUB: the chapters of a book in reading order, as one document."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]

from ingest.formats.archives import CheckedZip
from ingest.formats.blocks import Block, Document
from ingest.formats.html import read_html
from retrieval.errors import ArticleError
from retrieval.settings import Limits

_NAMESPACES = {
    "container": "urn:oasis:names:tc:opendocument:xmlns:container",
    "opf": "http://www.idpf.org/2007/opf",
    "dc": "http://purl.org/dc/elements/1.1/",
    "enc": "http://www.w3.org/2001/04/xmlenc#",
}
_CHAPTER_TYPES = ("application/xhtml+xml", "text/html")


def read_epub(name: str, data: bytes, limits: Limits) -> Document:
    """Return the document in book `data`; raises ArticleError if it is damaged or encrypted."""
    book = CheckedZip(name, data, limits)
    container = _xml(book, "META-INF/container.xml")
    package_path = str(container.xpath("string(//container:rootfile/@full-path)", namespaces=_NAMESPACES))
    package = _xml(book, package_path)
    chapters = list(_chapter_paths(package, posixpath.dirname(package_path)))
    locked = _encrypted_paths(book)
    if locked.intersection(chapters):
        raise ArticleError(name, "is protected against copying (DRM): its text cannot be read")
    blocks: list[Block] = []
    for path in chapters:
        chapter = book.find(path)
        if chapter is None:
            raise ArticleError(name, f"is damaged: its chapter {path} is missing")
        blocks.extend(read_html(name, chapter).blocks)
    return Document(str(package.xpath("string(//dc:title)", namespaces=_NAMESPACES)), blocks)


def _xml(book: CheckedZip, path: str) -> etree._Element:
    data = book.find(path)
    if data is None:
        raise ArticleError(book.name, f"is not a readable EPUB: {path or 'the package file'} is missing")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ArticleError(book.name, f"is not a readable EPUB: {path} is damaged") from error


def _chapter_paths(package: etree._Element, folder: str) -> Iterator[str]:
    """Yield the paths of the chapters in the spine, without the table of contents."""
    items = {item.get("id"): item for item in package.iterfind(".//opf:manifest/opf:item", _NAMESPACES)}
    for reference in package.iterfind(".//opf:spine/opf:itemref", _NAMESPACES):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _CHAPTER_TYPES:
            continue
        if "nav" not in item.get("properties", "").split():
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))


def _encrypted_paths(book: CheckedZip) -> set[str]:
    """Return the paths listed as encrypted; fonts often are, in books that are free to read."""
    path = "META-INF/encryption.xml"
    if book.find(path) is None:
        return set()
    uris = _xml(book, path).xpath("//enc:CipherReference/@URI", namespaces=_NAMESPACES)
    return {unquote(str(uri)) for uri in uris}
