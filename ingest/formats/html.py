"""HTML: the main text of a page, one block for each block element; nothing is ever fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from bs4.element import CData, NavigableString, PageElement, Tag

from ingest.formats.blocks import LINE_BREAK, Block, Document, unwrap
from ingest.formats.encodings import decode

_DROPPED = {
    *("title", "script", "style", "noscript", "template", "nav", "header", "footer", "aside", "svg"),
    *("iframe", "object", "button", "select", "textarea"),
}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = _HEADINGS | {
    *("address", "article", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div"),
    *("dl", "dt", "fieldset", "figcaption", "figure", "form", "hr", "html", "legend", "main", "menu"),
    *("ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "ul"),
}
_LINES = {"br", "li", "tr"}
_CELLS = {"td", "th"}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# The main part stands for the page if it has this many characters and this share of the page's text.
_MAIN_MINIMUM, _MAIN_SHARE = 200, 0.25

_Event = tuple[Literal["open", "close"], Tag] | tuple[Literal["text"], NavigableString]


def read_html(name: str, data: bytes) -> Document:
    """Return the document in page `data`, read in the encoding it declares if that fits.

    Raises ArticleError if it is not text.
    """
    return html_document(decode(name, data, EncodingDetector.find_declared_encoding(data, is_html=True)))


def html_document(markup: str) -> Document:
    """Return the document in `markup`: the title is <title>, else the first <h1>."""
    # The doctype keeps BeautifulSoup from taking it for XML or a file name; lxml stops at a NUL.
    soup = BeautifulSoup("<!DOCTYPE html>" + markup.replace("\0", ""), "lxml")
    named = [tag for tag in (soup.select_one("head > title"), soup.find("h1")) if tag is not None]
    title = next((text for tag in named if (text := " ".join(tag.get_text(" ").split()))), "")
    main, forms = _main_part(soup)
    return Document(title, list(_blocks(main, forms)))


def _main_part(soup: BeautifulSoup) -> tuple[Tag, frozenset[int]]:
    """Return the element that holds the page's main text, and the ids of the forms to leave out.

    A form stays if it holds most of the page, as ASP.NET writes it. One walk measures everything: a
    walk for each candidate would be quadratic in nested ones.
    """
    length = 0
    starts: list[int] = []
    lengths: dict[str, list[tuple[int, Tag]]] = {"main": [], "article": [], "form": []}
    for event, node in _walk(soup):
        if not isinstance(node, Tag):
            length += len(node.strip())
        elif event == "open":
            starts.append(length)
        else:
            start = starts.pop()
            if node.name in lengths:
                lengths[node.name].append((length - start, node))
    floor = max(_MAIN_MINIMUM, _MAIN_SHARE * length)
    forms = frozenset(id(form) for size, form in lengths["form"] if 2 * size < length)
    for candidates in (lengths["main"], lengths["article"]):
        size, tag = max(candidates, key=lambda candidate: candidate[0], default=(0, soup))
        if size >= floor:
            return tag, forms
    return soup, forms


def _is_dropped(tag: Tag) -> bool:
    if tag.name in _DROPPED:
        return True
    # A page may hide its body until a script shows it.
    hidden = tag.has_attr("hidden") or _HIDDEN_STYLE.search(str(tag.get("style", ""))) is not None
    return hidden and tag.name not in ("html", "body")


def _blocks(root: Tag, forms: frozenset[int]) -> Iterator[Block]:
    pieces: list[str] = []
    open_headings = open_preformatted = 0
    for event, node in _walk(root, forms):
        if not isinstance(node, Tag):
            pieces.append(node.replace("\n", LINE_BREAK) if open_preformatted else str(node))
        elif node.name in _BLOCKS:
            yield Block(unwrap("".join(pieces)), is_heading=open_headings > 0)
            pieces = []
            step = 1 if event == "open" else -1
            open_headings += step * (node.name in _HEADINGS)
            open_preformatted += step * (node.name == "pre")
        elif node.name in _LINES and event == "open":
            pieces.append(LINE_BREAK)
        elif node.name in _CELLS and event == "close":
            pieces.append(" ")
    yield Block(unwrap("".join(pieces)), is_heading=open_headings > 0)


def _walk(root: Tag, forms: frozenset[int] = frozenset()) -> Iterator[_Event]:
    """Yield the start and end of each element and each text in order, without what is dropped.

    It keeps its own stack, since pages nest without limit.
    """
    stack: list[tuple[Tag, Iterator[PageElement]]] = [(root, iter(root.contents))]
    while stack:
        parent, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            if stack:
                yield "close", parent
        elif isinstance(child, Tag):
            if not _is_dropped(child) and id(child) not in forms:
                yield "open", child
                stack.append((child, iter(child.contents)))
        elif isinstance(child, NavigableString) and type(child) in (NavigableString, CData):
            yield "text", child  # the other subclasses are comments, doctypes, …
