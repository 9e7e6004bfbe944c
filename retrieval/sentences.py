"""Sentences of French, English and Chinese text, as character spans."""

from __future__ import annotations

import re

Span = tuple[int, int]

_CLOSING = "\"'\u2019\u201d\u00bb)\\]\u300d\u300f\uff09\u300b\u3009"
# Chinese marks end a sentence wherever they stand; Latin ones only before a space. A run of Latin marks
# is tried from its first one only: tried from each, a long row of dots takes minutes.
_SENTENCE_END = re.compile(
    rf"[\u3002\uff01\uff1f\uff1b]+[{_CLOSING}]*|(?<![.!?\u2026])[.!?\u2026]++(?:[{_CLOSING}]|\s\u00bb)*(?=\s)|\n+"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\u00ab\u201c])(?:[A-Z\u00c0-\u00dd]|M|MM|Mr|Mrs|Ms|Dr|Prof|St|Ste|Jr|Sr|vs|cf|fig|art|vol|No|p|pp|av|apr|env|chap|"
    r"approx|ca|c|etc|e\.g|i\.e|U\.S|J\.-C|al)\.$"
)


def sentence_spans(text: str) -> list[Span]:
    """Return the (start, end) of each sentence, in order, blanks around it left out.

    A line break ends a sentence, so headings and list items stand alone. A full stop after an
    initial or a usual abbreviation, or before a small letter, does not.

    >>> sentence_spans("M. Hugo est né en 1802. Où ?")
    [(0, 23), (24, 28)]
    """
    spans: list[Span] = []
    start = 0
    for mark in _SENTENCE_END.finditer(text):
        if mark.group().startswith(".") and _goes_on(text, start, mark):
            continue
        _append(spans, text, start, mark.end())
        start = mark.end()
    _append(spans, text, start, len(text))
    return spans


def _goes_on(text: str, start: int, mark: re.Match[str]) -> bool:
    """Tell whether a full stop stands inside a sentence."""
    following = text[mark.end() : mark.end() + 2].lstrip()
    return following[:1].islower() or bool(_ABBREVIATION.search(text, max(start, mark.start() - 8), mark.start() + 1))


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    sentence = text[start:end]
    bare = sentence.strip()
    if bare:
        left = start + len(sentence) - len(sentence.lstrip())
        spans.append((left, left + len(bare)))
