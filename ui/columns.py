"""Rankings side by side: columns of passages, and how much of them is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import combinations

import streamlit as st

from retrieval.comparison import overlap
from retrieval.passages import ScoredPassage
from ui.texts import InterfaceLanguage, text

SHOWN = 10


def draw_overlaps(tops: Mapping[str, Sequence[str]], language: InterfaceLanguage) -> None:
    """Draw the share that each two lists have in common."""
    figures = " · ".join(f"{one}–{other} {overlap(tops[one], tops[other]):.0%}" for one, other in combinations(tops, 2))
    st.caption(text(language, "overlap_line", count=SHOWN, figures=figures))


def ids(ranking: Sequence[ScoredPassage]) -> list[str]:
    """Return the ids of passages, in order."""
    return [hit.passage.id for hit in ranking]


def row_html(hit: ScoredPassage, rise: int, is_alone: bool, language: InterfaceLanguage) -> str:
    """Return a passage's item of a column, with the places it rose and whether no other column has it, as HTML."""
    passage = hit.passage
    moved = f' <span class="qa-moved">{"▲" if rise > 0 else "▼"}{abs(rise)}</span>' if rise else ""
    alone = f' <span class="qa-badge qa-alone">{escape(text(language, "only_here"))}</span>' if is_alone else ""
    start = " ".join(passage.text.removeprefix(passage.article.title).split())[: 45 if passage.language == "zh" else 90]
    return (
        f'<li lang="{passage.language if passage.language != "other" else ""}"><b>{escape(passage.article.title)}</b> '
        f'<span class="qa-badge">{escape(text(language, passage.language))}</span>{moved}{alone}'
        f"<br><small>{escape(start)}… · {hit.score:.2f}</small></li>"
    )


def draw_columns(columns: Mapping[str, Sequence[str]]) -> None:
    """Draw columns of items by their titles."""
    html = "".join(
        f"<section><h2>{escape(name)}</h2><ol>{''.join(rows) or '<li>–</li>'}</ol></section>"
        for name, rows in columns.items()
    )
    st.html(f'<div class="qa-columns">{html}</div>')
