"""Small sound documents of every format, the same bytes at every run, and the parts that hostile ones are made of."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from functools import cache

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

TEXT = "Le thé vert vient de Chine. The tea was drunk at noon. 茶叶来自中国，英国人下午喝茶。"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def pack(members: Mapping[str, bytes], level: int = 6) -> bytes:
    """Return a zip archive with these members, their times left out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def word(body: str = f"<w:p><w:r><w:t>{TEXT}</w:t></w:r></w:p>", head: str = "", **extra: bytes) -> bytes:
    """Return a Word file with this body, `head` before its root; extra members by name, `__` a slash, `DOT` a dot."""
    types = (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
        'Target="word/document.xml"/></Relationships>'
    )
    document = f'{head}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    members = {"[Content_Types].xml": types, "_rels/.rels": relations, "word/document.xml": document}
    named = {name.replace("__", "/").replace("DOT", "."): data for name, data in extra.items()}
    return pack({name: text.encode() for name, text in members.items()} | named)


def book(chapter: str = f"<p>{TEXT}</p>", head: str = "", path: str = "one.xhtml") -> bytes:
    """Return an EPUB of one chapter; `head` stands before the package's root element."""
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf"/></rootfiles></container>'
    )
    title = "&e;" if head else "Tea"
    package = (
        f'{head}<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:title>{title}</dc:title></metadata><manifest><item id="c" href="{path}" '
        'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="c"/></spine></package>'
    )
    members = {"META-INF/container.xml": container, "book.opf": package, "one.xhtml": f"<html>{chapter}</html>"}
    return pack({name: text.encode() for name, text in members.items()})


def pdf(pages: int = 1, catalog: str = "", kids: str | None = None, content: bytes | None = None) -> bytes:
    """Return a PDF of equal pages; `kids` replaces the list of pages, `content` is a deflated stream for them."""
    drawn = zlib.compress(b"BT /F 12 Tf 50 700 Td (Green tea comes from China and is drunk at noon.) Tj ET")
    stream = drawn if content is None else content
    numbers = range(5, 5 + pages)
    listed = " ".join(f"{number} 0 R" for number in numbers) if kids is None else kids
    objects = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode(),
        f"<</Type/Pages/Kids[{listed}]/Count {pages}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    ]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 3 0 R>>>>>>"
    return _pdf_file([*objects, *[page] * pages])


def _pdf_file(objects: Sequence[bytes]) -> bytes:
    written, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    written += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(written)


@cache
def locked_pdf(password: str) -> bytes:
    """Return a PDF that wants a password."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1, encrypt=StandardEncryption(password, strength=40))
    canvas.drawString(50, 700, "Green tea comes from China.")
    canvas.save()
    return buffer.getvalue()


@cache
def sound() -> Mapping[str, bytes]:
    """Return a sound document for each suffix."""
    paragraphs = f"{TEXT}\n\n" * 5
    return {
        ".txt": paragraphs.encode(),
        ".md": f"# Thé\n\n{paragraphs}| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n".encode(),
        ".html": f"<html><head><title>Tea</title></head><body><h1>Tea</h1><p>{TEXT}</p></body></html>".encode(),
        ".htm": f"<meta charset=gb18030><p>{TEXT}<table><tr><td>1<td>2</table>".encode("gb18030"),
        ".pdf": pdf(3),
        ".docx": word(),
        ".epub": book(),
        ".csv": f'id,title,text\n1,Tea,"{TEXT}"\n2,Silk,"a ""b"" c"\n'.encode(),
        ".tsv": f"id\ttext\n1\t{TEXT}\n".encode("utf-16"),
        ".jsonl": f'{{"id": 1, "text": "{TEXT}"}}\n{{"id": 2, "text": "tea"}}\n'.encode(),
        ".zip": pack({"a/tea.md": TEXT.encode(), "b.csv": b"text\none\ntwo\n", "c.pdf": pdf()}),
    }
