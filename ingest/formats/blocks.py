"""What every format reader returns, and how its blocks become one clean text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TITLE_LIMIT = 200  # characters; the title is repeated in front of every passage, so it must stay short

TITLE_LINE_LIMIT = 120
_STATEMENT_END = re.compile(r"[.;。；][)\]»”’」』）\"']*$")

# A forced line break inside a block, where "\n" may still be a mere wrap of the source.
LINE_BREAK = "\u2028"

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Controls, soft hyphen, zero-width and bidi marks, noncharacters, lone surrogates. The zero-width
# joiner and non-joiner stay: Persian and emoji need them.
_REMOVED = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")

_CJK = "\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
_SHARED = "0-9%\u00b7\u2014\u2018\u2019\u201c\u201d\u2026"  # Chinese and Western texts share these
# Possessive repeats: a long run of blank lines must not make the match quadratic.
_WRAP = r"[ \t\r\f]*+\n[ \t\r\n\f]*+"
_CJK_WRAP = re.compile(f"(?<=[{_CJK}]){_WRAP}(?=[{_CJK}{_SHARED}])|(?<=[{_SHARED}]){_WRAP}(?=[{_CJK}])")
_SOURCE_SPACES = re.compile(r"[ \t\r\n\f]+")

_MEANINGLESS_TITLE = re.compile(
    r"untitled.*|sans titre.*|无标题.*|unspecified|\(?anonymous\)?|microsoft word\b.*|word document"
    r"|(document|文档)\s*\d*|.*\.(docx?|odt|rtf|pdf|tex|dvi|ps|indd|qxd)",
    re.IGNORECASE,
)
# Four accented letters in a row are Chinese bytes read as Latin-1, never a word.
_GARBLED = re.compile("[\x80-\xff]{4}|[\ufffd\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a heading as the file has it, not yet cleaned."""

    text: str
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """What a format reader found; an empty `title` leaves the choice to the file's name.

    `shared_id` is what the document says it has in common with its translations, empty where it says nothing.
    """

    title: str
    blocks: Sequence[Block]
    shared_id: str = ""


def clean(text: str) -> str:
    r"""Return `text` in NFC with "\n" line ends, single spaces and blank lines, and no control characters."""
    text = _REMOVED.sub("", _LINE_ENDS.sub("\n", text))
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    text = text.replace(" \n", "\n").replace("\n ", "\n")
    return _BLANK_LINES.sub("\n\n", text).strip()


def clean_line(text: str, limit: int | None = None) -> str:
    """Return `text` cleaned, on one line, cut at `limit` characters."""
    return " ".join(clean(text).split())[:limit].rstrip()


def unwrap(text: str) -> str:
    r"""Undo the line wraps of a paragraph: a space between words, nothing between Chinese characters.

    `LINE_BREAK` stays and becomes "\n" in `clean`.
    """
    return _SOURCE_SPACES.sub(" ", _CJK_WRAP.sub("", text))


def display_width(line: str) -> int:
    """Return the columns `line` takes on a screen, two for each wide character."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def assemble(blocks: Iterable[Block]) -> tuple[str, tuple[tuple[int, int], ...]]:
    r"""Return the clean text, blocks separated by "\n\n", and the spans of its heading lines, ascending."""
    parts: list[str] = []
    headings: list[tuple[int, int]] = []
    start = 0
    for block in blocks:
        text = clean_line(block.text) if block.is_heading else clean(block.text)
        if not text:
            continue
        if block.is_heading:
            headings.append((start, start + len(text)))
        parts.append(text)
        start += len(text) + 2
    return "\n\n".join(parts), tuple(headings)


def title_line(line: str) -> str:
    """Return a first line as a title, or "" if it is long or a sentence."""
    title = clean_line(line)
    return "" if len(title) > TITLE_LINE_LIMIT or _STATEMENT_END.search(title) else title


def sensible_title(candidate: str) -> str:
    """Return a title from a file's properties, or "" if it is a program's default, a file name or garbled."""
    title = clean_line(candidate)
    if len(title) > TITLE_LIMIT or _GARBLED.search(title) or _MEANINGLESS_TITLE.fullmatch(title):
        return ""
    return title if any(map(str.isalnum, title)) else ""
