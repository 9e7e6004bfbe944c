"""Word (.docx): paragraphs and tables in document order."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import docx
from docx.exceptions import PythonDocxError
from docx.opc.constants import RELATIONSHIP_TYPE
from lxml import etree  # type: ignore[import-untyped]

from ingest.formats.archives import CheckedZip
from ingest.formats.blocks import LINE_BREAK, Block, Document, sensible_title
from retrieval.errors import ArticleError
from retrieval.settings import Limits

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_P, _TBL, _TR, _TC = f"{_W}p", f"{_W}tbl", f"{_W}tr", f"{_W}tc"
_TEXT, _TAB, _HYPHEN = f"{_W}t", f"{_W}tab", f"{_W}noBreakHyphen"
_BREAKS = (f"{_W}br", f"{_W}cr")
_VALUE = f"{_W}val"
# Elements that merely wrap paragraphs: content controls and tracked insertions.
_WRAPPERS = tuple(f"{_W}{name}" for name in ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo"))
# A second copy of a text box, for old programs.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0"
_BODY_LEVEL = 9  # outline levels 0-8 are headings
_HEADING_NAME = re.compile(r"heading \d|标题 ?\d|titre ?\d")
_UNUSABLE = (PythonDocxError, KeyError, ValueError, AttributeError, TypeError, etree.LxmlError)


def read_docx(name: str, data: bytes, limits: Limits) -> Document:
    """Return the document in Word file `data`; raises ArticleError if it cannot be read.

    The title is the file's property, else the first paragraph in the style Title, else the first heading.
    """
    if data.startswith(_OLE_MAGIC):
        reason = "is an old .doc or protected by a password: save it as .docx without a password"
        raise ArticleError(name, reason)
    CheckedZip(name, data, limits).check()
    try:
        word = docx.Document(io.BytesIO(data))
        kinds = _style_kinds(word)
        for copy in list(word.element.body.iter(_FALLBACK)):
            copy.getparent().remove(copy)
        blocks = [(_kind(element, kinds), text) for element, text in _body(word.element.body)]
        stated_title = sensible_title(word.core_properties.title)
    except _UNUSABLE as error:
        raise ArticleError(name, "is damaged or not a Word document: open and save it again in Word") from error
    titles = [text for kind in ("title", "heading") for found, text in blocks if found == kind and text.strip()]
    title = next((candidate for candidate in (stated_title, *titles) if candidate), "")
    return Document(title, [Block(text, is_heading=kind != "") for kind, text in blocks])


def _style_kinds(word: WordDocument) -> dict[str, str]:
    """Return "title", "heading" or "" for each style id.

    Ids follow the language of Word ("Titre1"), but built-in names do not ("heading 1"); own styles
    have an outline level or are based on one of them.
    """
    if not any(relation.reltype == RELATIONSHIP_TYPE.STYLES for relation in word.part.rels.values()):
        return {}  # else python-docx opens its template, which a confined process may not
    styles = {style.get(f"{_W}styleId"): style for style in word.styles.element.iter(f"{_W}style")}
    kinds: dict[str, str] = {}
    for style_id, style in styles.items():
        kind, seen = "", set()
        while style is not None and style not in seen and not kind:
            seen.add(style)
            kind = _own_kind(style)
            style = styles.get(_value(style, "basedOn"))
        kinds[style_id] = kind
    return kinds


def _own_kind(style: etree._Element) -> str:
    style_name = _value(style, "name").lower()
    if style_name == "title":
        return "title"
    return "heading" if _HEADING_NAME.match(style_name) or _has_outline_level(style) else ""


def _kind(element: etree._Element, kinds: dict[str, str]) -> str:
    if element.tag != _P:
        return ""
    return kinds.get(_value(element, f"pPr/{_W}pStyle"), "") or ("heading" if _has_outline_level(element) else "")


def _has_outline_level(element: etree._Element) -> bool:
    level = _value(element, f"pPr/{_W}outlineLvl")
    return level != "" and int(level) < _BODY_LEVEL


def _value(element: etree._Element, path: str) -> str:
    found = element.find(f"{_W}{path}")
    return "" if found is None else str(found.get(_VALUE, ""))


def _body(parent: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Yield each paragraph, and each table as one text, in order."""
    for element in parent.iterchildren():
        if element.tag == _P:
            yield element, _paragraph_text(element)
        elif element.tag == _TBL:
            yield from _table(element)
        elif element.tag in _WRAPPERS:
            yield from _body(element)


def _table(table: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    rows = [row for row in table.iter(_TR) if next(row.iterancestors(_TBL)) is table]
    cells_by_row = [[cell for cell in row.iter(_TC) if next(cell.iterancestors(_TR)) is row] for row in rows]
    if all(len(cells) == 1 for cells in cells_by_row):  # a frame around paragraphs
        for cells in cells_by_row:
            yield from _body(cells[0])
        return
    lines = (" ".join(_paragraph_text(p) for cell in cells for p in cell.iter(_P)) for cells in cells_by_row)
    yield table, LINE_BREAK.join(line.replace(LINE_BREAK, " ") for line in lines)


def _paragraph_text(paragraph: etree._Element) -> str:
    parts: list[str] = []
    for node in paragraph.iter(_TEXT, _TAB, _HYPHEN, _P, *_BREAKS):
        if node.tag == _TEXT:
            parts.append(node.text or "")
        elif node.tag == _P or node.tag in _BREAKS:  # a paragraph inside is a text box
            parts.append(LINE_BREAK)
        else:  # a tab, or the definition of a tab stop, which stands before the text
            parts.append("-" if node.tag == _HYPHEN else " ")
    return "".join(parts)
