"""PDF: the text layer of the pages, its lines joined into paragraphs."""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pypdfium2

from ingest.formats.blocks import Block, Document, display_width, sensible_title, title_line, unwrap
from ingest.formats.plain import starts_list_item
from retrieval.errors import ArticleError
from retrieval.settings import Limits

SCAN_FLOOR = 20  # characters over all pages; fewer means pictures of text
UNREADABLE_LIMIT = 0.2
RUNNING_SHARE, RUNNING_PAGES = 0.6, 4

_PDFIUM = threading.Lock()  # PDFium is not thread-safe, not even for two documents
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_EDGE_LINES = 2
_SHORT, _HEADING = 0.8, 0.6  # of the usual line width
_SENTENCE_END = re.compile(r"[.!?:;…。！？：；][)\]»”’」』）\"']*$")
_CID = re.compile(r"\(cid:\d+\)")  # the number of a glyph that stands for no character
_UNREADABLE = re.compile("[\x00\x01\x03-\x08\x0e-\x1f\ufffd\ue000-\uf8ff\U000f0000-\U0010fffd]")
# PDFium writes U+0002 or U+FFFE for a hyphen at a line's end.
_HYPHEN = re.compile("(?<=[^\\W\\d_])(?:[-\u2010]\n|[\x02\ufffe\u00ad]\n?)(?=(\\w))")
_STRAY_HYPHEN = re.compile("[\x02\ufffe]")
# Ligatures and Kangxi radicals that stand for letters and Han characters in badly made fonts.
_LOOKALIKES = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xFB00, 0xFB07), 0x2E9F, 0x2EF3, *range(0x2F00, 0x2FD6))
}


def read_pdf(name: str, data: bytes, limits: Limits) -> Document:
    """Return the document in PDF `data`; the title is its metadata's, else its first paragraph if short.

    Raises ArticleError for a damaged or protected file, a scan, and fonts that do not tell their characters.
    """
    if b"%PDF-" not in data[:1024]:
        raise ArticleError(name, "is not a PDF: give it the suffix of its real format")
    title, pages = _extract(name, data, limits.pages)
    text = _CID.sub("\ufffd", re.sub(r"\s", "", "".join(pages)))
    if len(text) < SCAN_FLOOR:
        raise ArticleError(name, "has no text layer (a scan?): run OCR first")
    if len(_UNREADABLE.findall(text)) > UNREADABLE_LIMIT * len(text):
        raise ArticleError(name, "has fonts that do not tell their characters: export it again or run OCR")
    lines_by_page = [[line.strip() for line in page.translate(_LOOKALIKES).splitlines()] for page in pages]
    blocks = [Block(text) for text in join_lines(drop_running_lines(lines_by_page))]
    return Document(sensible_title(title) or (title_line(blocks[0].text) if blocks else ""), blocks)


def _extract(name: str, data: bytes, page_limit: int) -> tuple[str, list[str]]:
    """Return the title in the metadata and the raw text of each page."""
    with _PDFIUM:
        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if error.err_code == _PASSWORD_ERROR:
                raise ArticleError(name, "is protected by a password: save it without one") from error
            raise ArticleError(name, "is damaged or cut short: it cannot be opened as a PDF") from error
        try:
            if len(pdf) > page_limit:
                raise ArticleError(name, f"has {len(pdf):,} pages; the limit is {page_limit:,}: split it")
            return pdf.get_metadata_value("Title"), [_page_text(name, pdf, index) for index in range(len(pdf))]
        finally:
            pdf.close()


def _page_text(name: str, pdf: pypdfium2.PdfDocument, index: int) -> str:
    try:
        page = pdf[index]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError as error:
        raise ArticleError(name, f"is damaged: page {index + 1} cannot be read") from error
    try:
        return str(text_page.get_text_bounded())
    finally:
        text_page.close()
        page.close()


def drop_running_lines(pages: Sequence[Sequence[str]]) -> list[str]:
    """Return all lines without those that most pages repeat at their top or bottom, numbers aside."""
    filled = [[line for line in page if line] for page in pages]
    if len(filled) < RUNNING_PAGES:
        return [line for page in filled for line in page]
    counts = Counter(key for page in filled for key in {*_edges(page).values()})
    running = {key for key, count in counts.items() if count >= math.ceil(RUNNING_SHARE * len(filled))}
    kept: list[str] = []
    for page in filled:
        edges = _edges(page)
        kept.extend(line for index, line in enumerate(page) if edges.get(index) not in running)
    # Where every line repeats, as on slides made from one, nothing is a header.
    return kept or [line for page in filled for line in page]


def _edges(page: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Return where each outer line of a page stands, and the line with its numbers made equal."""
    top = range(min(_EDGE_LINES, len(page)))
    bottom = range(max(_EDGE_LINES, len(page) - _EDGE_LINES), len(page))
    places = {**dict.fromkeys(top, "top"), **dict.fromkeys(bottom, "bottom")}
    keys = {index: (place, re.sub(r"\d+", "#", page[index])) for index, place in places.items()}
    # A row of figures is no page number.
    return {index: key for index, key in keys.items() if key[1].count("#") <= _EDGE_LINES}


def join_lines(lines: Sequence[str]) -> list[str]:
    """Return the paragraphs that `lines` make, told by their widths and sentence marks."""
    if not lines:
        return []
    widths = sorted(display_width(line) for line in lines)
    usual = widths[int(0.8 * (len(widths) - 1))]
    paragraphs = [[lines[0]]]
    for previous, line in pairwise(lines):
        if _starts_paragraph(previous, line, usual):
            paragraphs.append([line])
        else:
            paragraphs[-1].append(line)
    return [_paragraph_text(paragraph) for paragraph in paragraphs]


def _starts_paragraph(previous: str, line: str, usual: int) -> bool:
    if starts_list_item(line):
        return True
    ended = _SENTENCE_END.search(previous) is not None
    if display_width(previous) < _SHORT * usual:
        return ended or not line[0].islower()
    # After a full line only what looks like a heading starts anew.
    return ended and display_width(line) < _HEADING * usual and _SENTENCE_END.search(line) is None


def _paragraph_text(lines: Sequence[str]) -> str:
    """Return one line of text: a word cut in two is joined, a name such as Saint-Denis keeps its hyphen."""
    text = _HYPHEN.sub(lambda match: "" if match[1].islower() else "-", "\n".join(lines))
    return unwrap(_STRAY_HYPHEN.sub("-", text))
