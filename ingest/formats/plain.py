"""Plain text: a title line, and hard-wrapped lines joined into paragraphs."""

from __future__ import annotations

import re

from ingest.formats.blocks import Block, Document, display_width, title_line, unwrap
from ingest.formats.encodings import decode
from ingest.formats.front_matter import shared_id, split_front_matter

_WRAP_WIDTHS = range(60, 91)  # columns; thirty to forty-five Chinese characters
_PARAGRAPH_BREAK = re.compile(r"\n[ \t\u3000]*\n|\n(?=\u3000\u3000)")  # a Chinese paragraph may only be indented
_LIST_ITEM = re.compile(r"\s*([-*•–—]|\d{1,3}[.)、]|[(（]\d{1,3}[)）])\s*\S")


def read_plain(name: str, data: bytes) -> Document:
    """Return the document in plain text `data`; raises ArticleError if it is not text.

    The title is the front matter's `title`, else the first line if it is short and followed by a blank line.
    """
    entries, text = split_front_matter(decode(name, data).replace("\r\n", "\n").replace("\r", "\n").strip())
    text = text.strip()
    paragraphs = [paragraph.strip("\n") for paragraph in _PARAGRAPH_BREAK.split(text) if paragraph.strip()]
    blocks = [Block(join_wrapped(paragraph)) for paragraph in paragraphs]
    first, separator, rest = text.partition("\n")
    title = title_line(first)
    followed_by_blank = bool(separator) and not rest.partition("\n")[0].strip()
    if title and followed_by_blank and len(blocks) > 1:
        blocks[0] = Block(title, is_heading=True)
    else:
        title = ""
    return Document(entries.get("title") or title, blocks, shared_id(entries))


def join_wrapped(paragraph: str) -> str:
    """Return `paragraph` on one line if most of its lines were broken at a fixed width, else unchanged."""
    lines = [line.rstrip() for line in paragraph.split("\n")]
    wrapped = sum(display_width(line) in _WRAP_WIDTHS for line in lines[:-1])
    if 2 * wrapped <= len(lines) - 1 or any(map(starts_list_item, lines[1:])):
        return paragraph
    return unwrap("\n".join(lines))


def starts_list_item(line: str) -> bool:
    """Tell whether `line` begins with a bullet, a dash or a number with its mark."""
    return _LIST_ITEM.match(line) is not None
