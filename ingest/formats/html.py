"""HTML: the main text of a page, one block for each block element; nothing is ever fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from bs4.element import CData, NavigableString, PageElement, Tag

from ingest.formats.blocks import LINE_BREAK, Block, Document, unwrap
from ingest.formats.encodings import decode

_DROPPED = (
    *("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "svg"),
    *("iframe", "object", "button", "select", "textarea"),
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = _HEADINGS | {
    *(
        "address",
        "article",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
    ),
    *(
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "form",
        "hr",
        "html",
        "legend",
        "main",
        "menu",
        "ol",
        "p",
    ),
    *("pre", "section", "summary", "table", "tbody", "tfoot", "thead", "ul"),
}
_LINES = frozenset(("li", "tr"))
_CELLS = frozenset(("td", "th"))
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
# The main part stands for the page if it has this many characters and this share of the page's text.
_MAIN_MINIMUM, _MAIN_SHARE = 200, 0.25

_Event = tuple[Literal["open", "close"], Tag] | tuple[Literal["text"], NavigableString]


def read_html(name: str, data: bytes) -> Document:
    """Return the document in page `data`, in the encoding it declares if that fits; raises ArticleError if not text."""
    return html_document(decode(name, data, EncodingDetector.find_declared_encoding(data, is_html=True)))


def html_document(markup: str) -> Document:
    """Return the document in `markup`: the title is <title>, else the first <h1>."""
    # lxml stops at a NUL, and the doctype keeps BeautifulSoup from taking a short text for a file name.
    markup = "<!DOCTYPE html>" + _XML_DECLARATION.sub("", markup.replace("\0", ""), count=1)
    soup = BeautifulSoup(markup, "lxml")
    named = [tag for tag in (soup.find("title"), soup.find("h1")) if tag is not None]
    title = next((text for tag in named if (text := " ".join(tag.get_text(" ").split()))), "")
    for tag in soup.find_all(["title", *_DROPPED]):
        tag.decompose()
    _drop_hidden(soup)
    _drop_forms(soup)
    return Document(title, list(_blocks(_main_part(soup))))


def _drop_hidden(soup: BeautifulSoup) -> None:
    for tag in soup.find_all(True):
        # A page may hide its body until a script shows it.
        if tag.decomposed or tag.name in ("html", "body"):
            continue
        if tag.has_attr("hidden") or _HIDDEN_STYLE.search(str(tag.get("style", ""))):
            tag.decompose()


def _drop_forms(soup: BeautifulSoup) -> None:
    """Drop the forms, but not one that wraps the page, as ASP.NET writes it."""
    page_length = _text_length(soup)
    for form in soup.find_all("form"):
        if 2 * _text_length(form) < page_length:
            form.decompose()


def _main_part(soup: BeautifulSoup) -> Tag:
    for name in ("main", "article"):
        candidate = max(soup.find_all(name), key=_text_length, default=None)
        if candidate is not None and _text_length(candidate) >= max(
            _MAIN_MINIMUM, _MAIN_SHARE * _text_length(soup)
        ):
            return candidate
    return soup


def _text_length(tag: Tag) -> int:
    return sum(len(part.strip()) for part in tag.strings)


def _blocks(root: Tag) -> Iterator[Block]:
    pieces: list[str] = []
    open_headings = open_preformatted = 0
    for event, node in _walk(root):
        if not isinstance(node, Tag):
            pieces.append(node.replace("\n", LINE_BREAK) if open_preformatted else str(node))
        elif node.name in _BLOCKS:
            yield Block(unwrap("".join(pieces)), is_heading=open_headings > 0)
            pieces = []
            step = 1 if event == "open" else -1
            open_headings += step * (node.name in _HEADINGS)
            open_preformatted += step * (node.name == "pre")
        elif _breaks_line(event, node, pieces):
            pieces.append(LINE_BREAK)
        elif node.name in _CELLS and event == "close":
            pieces.append(" ")
    yield Block(unwrap("".join(pieces)), is_heading=open_headings > 0)


def _breaks_line(event: str, tag: Tag, pieces: Sequence[str]) -> bool:
    if tag.name == "br":
        return event == "open"
    return tag.name in _LINES and pieces[-1:] != [LINE_BREAK]


def _walk(root: Tag) -> Iterator[_Event]:
    """Yield the start and end of each element and each text in order; a stack, since pages nest without limit."""
    stack: list[tuple[Tag, Iterator[PageElement]]] = [(root, iter(root.contents))]
    while stack:
        parent, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            if stack:
                yield "close", parent
        elif isinstance(child, Tag):
            yield "open", child
            stack.append((child, iter(child.contents)))
        elif type(child) in (NavigableString, CData):  # the subclasses are comments, doctypes, …
            assert isinstance(child, NavigableString)
            yield "text", child
