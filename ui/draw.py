"""Drawing shared by the pages. Text from documents is always escaped here, before any mark is put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from retrieval.article_text import article_text
from retrieval.bm25 import matched_spans
from retrieval.journey import Journey
from retrieval.passages import STAGES, Answer, Hit, Language, Passage
from retrieval.sentences import Span
from ui.style import RULES
from ui.texts import InterfaceLanguage, text

Terms = Mapping[Language, frozenset[int]]

# Passages of other languages are shown without a language of their own.
_LANG_ATTRIBUTE = {"fr": "fr", "en": "en", "zh": "zh", "other": ""}


def draw_title(language: InterfaceLanguage, title: str, tagline: str = "") -> None:
    """Draw a page's head and put its style in."""
    st.html(f"<style>{RULES}</style>")
    below = f'<p class="qa-tagline">{escape(tagline)}</p>' if tagline else ""
    st.html(f'<h1 class="qa-title" lang="{language}">{escape(title)}</h1>{below}')


def head_html(hit: Hit, place: int, language: InterfaceLanguage) -> str:
    """Return a hit's place, article, language and score as HTML."""
    passage = hit.passage
    return (
        '<div class="qa-head">'
        f'<span class="qa-place">{place}</span>'
        f'<span class="qa-article">{escape(passage.article.title)}</span>'
        f'<span class="qa-badge">{escape(text(language, passage.language))}</span>'
        f'<span class="qa-score">{escape(text(language, "score"))} {hit.score:.2f}'
        f'<span class="qa-bar"><span style="width:{hit.score:.0%}"></span></span></span></div>'
    )


def card_html(
    hits: Sequence[Hit], place: int, journeys: Mapping[str, Journey], terms: Terms, language: InterfaceLanguage
) -> str:
    """Return a card as HTML: one hit, or translations of one another of which one is open at a time.

    `journeys` are by passage id.
    """
    parts = [
        f"{head_html(hit, place, language)}{passage_html(hit.passage, hit.answer, terms)}"
        f"{foot_html(hit, journeys[hit.passage.id], language)}"
        for hit in hits
    ]
    if len(parts) > 1:
        names = [escape(text(language, hit.passage.language)) for hit in hits]
        parts = [
            f'<details name="card-{place}"{"" if number else " open"}><summary>{name}</summary>{part}</details>'
            for number, (name, part) in enumerate(zip(names, parts, strict=True))
        ]
    return f'<article class="qa-card">{"".join(parts)}</article>'


def foot_html(hit: Hit, journey: Journey, language: InterfaceLanguage) -> str:
    """Return the rank and score a hit had at each stage, and what is marked in it, as HTML."""
    answer = ""
    if hit.answer is not None:
        kind = text(language, "answer" if hit.answer.exact else "best_sentence")
        answer = f"<span>{escape(kind)} <b>{hit.answer.confidence:.0%}</b></span>"
    return f'<div class="qa-ranks">{stops_html(journey, language)}{answer}</div>'


def stops_html(journey: Journey, language: InterfaceLanguage) -> str:
    """Return a passage's rank and score at each stage, and the places it won or lost there, as HTML."""
    rises = journey.rises
    parts = []
    for stage in STAGES:
        stop = journey.stops.get(stage)
        name = escape(text(language, stage))
        if stop is None:
            parts.append(f"<span>{name} <b>–</b></span>")
        else:
            moved = f' <span class="qa-moved">{_moved(rises[stage])}</span>' if rises.get(stage) else ""
            parts.append(f"<span>{name} <b>{stop.rank}</b> <small>{stop.score:.2f}</small>{moved}</span>")
    return "".join(parts)


def _moved(places: int) -> str:
    return f"▲{places}" if places > 0 else f"▼{-places}"


def draw_passage(passage: Passage, answer: Answer | None, terms: Terms) -> None:
    """Draw a passage under its section, its answer marked and the words looked up, translations too."""
    heading = f'<div class="qa-heading">{escape(passage.heading)}</div>' if passage.heading else ""
    st.html(heading + passage_html(passage, answer, terms))


def passage_html(passage: Passage, answer: Answer | None, terms: Terms) -> str:
    """Return a passage's text as HTML, without the article's title at its beginning."""
    title = passage.article.title
    start = len(title) if passage.text.startswith(title) and (not answer or answer.start >= len(title)) else 0
    shown = marked_html(passage.text, answer, matched_spans(passage.text, terms.get(passage.language, ())), start)
    return _text_block(shown.lstrip(), passage)


def aid_html(passage: Passage, terms: Terms, language: InterfaceLanguage) -> str:
    """Return a passage that says the same in the question's language, folded, as HTML."""
    title = f"{text(language, 'same_in', language=text(language, passage.language))} · {passage.article.title}"
    return f'<details class="qa-aid"><summary>{escape(title)}</summary>{passage_html(passage, None, terms)}</details>'


def draw_article(passages: Sequence[Passage], shown: Passage, answer: Answer | None, terms: Terms) -> None:
    """Draw a whole article with one of its passages framed, scrolled to it."""
    whole, start = article_text(passages), shown.start
    before, after = escape(whole[:start]), escape(whole[shown.end :])
    text_of = whole[start : shown.end]
    words = matched_spans(text_of, terms.get(shown.language, ()))
    frame = f'<div class="qa-frame">{marked_html(text_of, answer, words)}</div>'
    st.html(f'<div class="qa-whole" tabindex="0">{_text_block(before + frame + after, shown)}</div>')


def marked_html(passage_text: str, answer: Answer | None, words: Sequence[Span] = (), start: int = 0) -> str:
    """Return a text from `start` on as HTML, escaped: the answer in a mark element, words (ascending) in u elements."""
    end = len(passage_text)
    if answer is None:
        return _words_html(passage_text, (start, end), words)
    kind = "" if answer.exact else ' class="qa-sentence"'
    before, inside, after = (
        _words_html(passage_text, span, words)
        for span in ((start, answer.start), (answer.start, answer.end), (answer.end, end))
    )
    return f"{before}<mark{kind}>{inside}</mark>{after}"


def _words_html(passage_text: str, part: Span, words: Sequence[Span]) -> str:
    html, done = "", part[0]
    for start, end in words:
        start, end = max(start, part[0]), min(end, part[1])
        if start < end:
            html += f"{escape(passage_text[done:start])}<u>{escape(passage_text[start:end])}</u>"
            done = end
    return html + escape(passage_text[done : part[1]])


def _text_block(html: str, passage: Passage) -> str:
    return f'<div class="qa-text" lang="{_LANG_ATTRIBUTE[passage.language]}">{html}</div>'
