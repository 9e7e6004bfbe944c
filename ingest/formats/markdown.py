"""Markdown: front matter for the title and what it is a translation of, then the parsed tokens as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.formats.blocks import LINE_BREAK, Block, Document, unwrap
from ingest.formats.encodings import decode
from ingest.formats.front_matter import shared_id, split_front_matter
from ingest.formats.html import html_document

_PARSER = MarkdownIt("commonmark", {"maxNesting": 40}).enable(["table", "strikethrough"])
_HTML_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_CELLS = ("th_close", "td_close")
_ENDS = ("paragraph_close", "table_close", "bullet_list_close", "ordered_list_close")


def read_markdown(name: str, data: bytes) -> Document:
    """Return the document in Markdown `data`; raises ArticleError if it is not text.

    The title is the front matter's `title`, else the first heading of level 1.
    """
    text = decode(name, data).replace("\r\n", "\n").replace("\r", "\n")
    entries, body = split_front_matter(text)
    tokens = _PARSER.parse(body)
    return Document(entries.get("title") or _first_title(tokens), list(_blocks(tokens)), shared_id(entries))


def _first_title(tokens: Sequence[Token]) -> str:
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h1":
            return _inline_text(inline)
    return ""


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    """Yield a block for each paragraph, heading, code block, list and table."""
    pieces: list[str] = []
    for token in tokens:
        if token.type == "inline":
            pieces.append(_inline_text(token))
        elif token.type in _CELLS:
            pieces.append(" ")
        elif token.type == "heading_close":
            yield Block("".join(pieces), is_heading=True)
            pieces = []
        elif token.type == "tr_close" or (token.type == "paragraph_close" and token.hidden):
            pieces.append(LINE_BREAK)  # a hidden paragraph is an item of a list without blank lines
        elif token.type in _ENDS:
            yield Block("".join(pieces))
            pieces = []
        elif token.type in ("fence", "code_block"):
            yield from (Block("".join(pieces)), Block(token.content))
            pieces = []
        elif token.type == "html_block":
            yield from (Block("".join(pieces)), *html_document(token.content).blocks)
            pieces = []


def _inline_text(inline: Token) -> str:
    """Return the text of a paragraph's parts: link texts stay, images and tags go."""
    parts: list[str] = []
    for child in inline.children or ():
        if child.type == "text":
            # Strong marks next to full-width punctuation are not parsed as such and would stay.
            parts.append(child.content.replace("**", ""))
        elif child.type == "code_inline":
            parts.append(child.content)
        elif child.type == "softbreak":
            parts.append("\n")
        elif child.type == "hardbreak" or (child.type == "html_inline" and _HTML_BREAK.match(child.content)):
            parts.append(LINE_BREAK)
    return unwrap("".join(parts))
