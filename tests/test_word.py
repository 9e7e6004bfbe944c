"""Word files, made here, to clean text, headings and title."""

from __future__ import annotations

import io
import random
import zipfile

import docx
import pytest
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.articles import Article, read_articles
from retrieval.errors import ArticleError
from retrieval.settings import Limits


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


def test_word_is_unpacked_within_the_limits() -> None:
    """The total limit of archives holds for it too."""
    document = docx.Document()
    document.add_paragraph(random.Random(1).randbytes(600_000).hex())
    with pytest.raises(ArticleError, match="unpacks to over 1 MB, the limit"):
        list(read_articles("a.docx", save(document), Limits(unpacked_size=1)))
