"""Documents as people have them, made on the spot: a Chinese PDF, a Word file, a GBK text, a web page."""

from __future__ import annotations

import io
from collections.abc import Sequence

from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

_LINES_PER_PAGE = 44
_CHARACTERS_PER_LINE = 36


def chinese_pdf(paragraphs: Sequence[str]) -> bytes:
    """Return an uncompressed PDF of Chinese paragraphs in a font that is not embedded."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, pageCompression=0)
    lines = [
        paragraph[start : start + _CHARACTERS_PER_LINE]
        for paragraph in paragraphs
        for start in range(0, len(paragraph), _CHARACTERS_PER_LINE)
    ]
    for first in range(0, len(lines), _LINES_PER_PAGE):
        canvas.setFont("STSong-Light", 12)
        for row, line in enumerate(lines[first : first + _LINES_PER_PAGE]):
            canvas.drawString(60, 790 - 16 * row, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def word_file(title: str, paragraphs: Sequence[str]) -> bytes:
    """Return a .docx with a heading and paragraphs."""
    document = Document()
    document.add_heading(title, level=1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()
