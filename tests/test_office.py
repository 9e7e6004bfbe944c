"""Word files and EPUB books, made here, to clean text, headings and title."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import docx
import pytest
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.articles import Article, read_articles
from ingest.formats import archives
from retrieval.errors import ArticleError


def read(source: str, data: bytes) -> tuple[str, str, list[str]]:
    """Return the title, the text and the heading lines of the only article."""
    [article] = read_articles(source, data)
    assert isinstance(article, Article)
    return article.title, article.text, [article.text[start:end] for start, end in article.headings]


def save(document: Document) -> bytes:
    """Return the bytes of a Word document."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_word_paragraphs_headings_and_tables_in_order() -> None:
    """Headings have spans, cells stand on their row's line, soft breaks end lines, a framed text is text."""
    document = docx.Document()
    document.add_paragraph("Le thé", style="Title")
    document.add_paragraph("Une\tboisson.\nChaude.")
    document.add_heading("Origine", 1)
    table = document.add_table(2, 2)
    for cell, text in zip([c for row in table.rows for c in row.cells], ["a", "b\nb", "c", "d"], strict=True):
        cell.text = text
    table.cell(1, 1).add_table(1, 1).cell(0, 0).text = "e"
    frame = document.add_table(1, 1).cell(0, 0)
    frame.text = "Cadre"
    frame.add_paragraph("Suite")
    document.add_paragraph("中国的茶。")
    expected = "Le thé\n\nUne boisson.\nChaude.\n\nOrigine\n\na b b\nc d e\n\nCadre\n\nSuite\n\n中国的茶。"
    assert read("a.docx", save(document)) == ("Le thé", expected, ["Le thé", "Origine"])


def test_word_headings_of_any_language() -> None:
    """Localised ids, own styles based on headings or with an outline level, and loops among styles."""
    document = docx.Document()
    french = document.styles["Heading 1"]
    french.element.set(f"{{{french.element.nsmap['w']}}}styleId", "Titre1")
    based = document.styles.add_style("Chapitre", WD_STYLE_TYPE.PARAGRAPH)
    based.base_style = french
    outlined = document.styles.add_style("我的标题", WD_STYLE_TYPE.PARAGRAPH)
    outlined.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="2"/>'))
    loop = document.styles.add_style("Boucle", WD_STYLE_TYPE.PARAGRAPH)
    loop.base_style = loop
    for text, style in (("Un", french), ("Deux", based), ("三", outlined), ("Texte", loop)):
        document.add_paragraph(text, style=style)
    direct = document.add_paragraph("Cinq")
    direct._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="0"/>'))
    body = document.add_paragraph("Corps")
    body._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="9"/>'))
    title, _, headings = read("a.docx", save(document))
    assert (title, headings) == ("Un", ["Un", "Deux", "三", "Cinq"])


def test_word_text_inside_wrappers() -> None:
    """Content controls, links and tracked insertions are read; deletions and copies of text boxes are not."""
    namespaces = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    document = docx.Document()
    for inner in (
        "<w:p><w:ins><w:r><w:t>inséré</w:t></w:r></w:ins><w:del><w:r><w:delText>ôté</w:delText></w:r></w:del></w:p>",
        "<w:sdt><w:sdtContent><w:p><w:hyperlink><w:r><w:t>lien</w:t></w:r></w:hyperlink></w:p></w:sdtContent></w:sdt>",
        f"<w:p {namespaces}><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>cadre</w:t></w:r></w:p>"
        "</w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>cadre</w:t></w:r></w:p></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>",
        '<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="9"/></w:tabs></w:pPr><w:r><w:t>porte</w:t>'
        "<w:noBreakHyphen/><w:t>avions</w:t></w:r></w:p>",
    ):
        document.element.body.insert_element_before(parse_xml(inner.replace(">", f" {nsdecls('w')}>", 1)), "w:sectPr")
    assert read("a.docx", save(document))[1] == "inséré\n\nlien\n\ncadre\n\nporte-avions"


def test_word_title() -> None:
    """The file's property, unless it is a program's default; else the first heading; else the file's name."""
    document = docx.Document()
    document.add_paragraph("Texte.")
    assert read("dossier/été.docx", save(document))[0] == "été"
    document.add_heading("Premier", 2)
    document.core_properties.title = "Word Document"
    assert read("a.docx", save(document))[0] == "Premier"
    document.core_properties.title = "L’île"
    assert read("a.docx", save(document))[0] == "L’île"


def test_unusable_word_files() -> None:
    """A cut file, an old one, another zip, an empty one: each has a clear error."""
    document = docx.Document()
    good = save(document)
    workbook = io.BytesIO()
    with zipfile.ZipFile(workbook, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    for data, reason in (
        (good[: len(good) // 2], "is damaged, cut short or of another format"),
        (b"hello", "is damaged, cut short or of another format"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "is an old .doc or protected by a password"),
        (workbook.getvalue(), "is damaged or not a Word document"),
        (good, "holds no text"),
    ):
        with pytest.raises(ArticleError, match=reason):
            read("a.docx", data)


def test_word_and_epub_are_unpacked_within_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The total limit of archives holds for them too."""
    document = docx.Document()
    document.add_paragraph("Texte.")
    monkeypatch.setattr(archives, "INFLATED_LIMIT", 1_000)
    for source, data in (("a.docx", save(document)), ("a.epub", book({"one.xhtml": "x" * 1_001}))):
        with pytest.raises(ArticleError, match="unpacks to over 0 MB, the limit"):
            read(source, data)


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
