"""An article's text, from the passages it was cut into."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.passages import Passage


def article_text(passages: Sequence[Passage]) -> str:
    """Return an article's text from its passages in reading order; where `before` is not known, line breaks for it."""
    whole = ""
    for passage in passages:
        gap = "\n" * (passage.start - len(whole)) if passage.before is None else passage.before
        whole += gap + passage.text[max(0, len(whole) - passage.start) :]
    return whole
