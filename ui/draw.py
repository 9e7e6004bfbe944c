"""Drawing shared by the pages. Text from documents is always escaped here, before any mark is put in."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from retrieval.passages import STAGES, Answer, Hit, Passage, article_text
from retrieval.sentences import Span
from ui.texts import InterfaceLanguage, text

STYLE = """
<style>
.block-container {max-width: 62rem; padding-top: 4.2rem;}
.qa-title {font-size: 1.9rem; font-weight: 650; letter-spacing: -.02em; margin: 0;}
.qa-tagline {color: #57534e; margin: .15rem 0 .4rem;}
.qa-head {display: flex; gap: .6rem; align-items: baseline; flex-wrap: wrap;}
.qa-place {color: #a8a29e; font-variant-numeric: tabular-nums;}
.qa-article {font-weight: 600; font-size: 1.05rem; overflow-wrap: anywhere;}
.qa-badge {font-size: .72rem; padding: .1rem .5rem; border-radius: 1rem; background: #ecebe6; color: #44403c;}
.qa-score {margin-left: auto; display: flex; align-items: center; gap: .45rem; color: #57534e; font-size: .8rem;}
.qa-bar {width: 4.5rem; height: .35rem; border-radius: 1rem; background: #e7e5e0; overflow: hidden;}
.qa-bar > span {display: block; height: 100%; background: #0f766e;}
.qa-text {line-height: 1.65; white-space: pre-line; margin: .5rem 0; overflow-wrap: anywhere;}
.qa-text:lang(zh) {line-height: 1.85;}
.qa-text mark {background: #ccfbf1; color: inherit; padding: .08em .15em; border-radius: .25em; font-weight: 600;}
.qa-text mark.qa-sentence {background: #f5f0dc; font-weight: inherit;}
.qa-heading {color: #78716c; font-size: .82rem;}
.qa-ranks {display: flex; flex-wrap: wrap; gap: .35rem .9rem; font-size: .8rem; color: #57534e;}
.qa-ranks b {font-weight: 600; color: #1c1917; font-variant-numeric: tabular-nums;}
.qa-frame {border-left: .25rem solid #0f766e; background: #f0fdfa; padding: .5rem .9rem; border-radius: .3rem;}
.qa-whole {max-height: 32rem; overflow-y: auto; border-top: 1px solid #e7e5e0; padding-top: .5rem;}
/* Streamlit's hint lies over the question on a phone. */
[data-testid="InputInstructions"] {display: none;}
@media (max-width: 640px) {.block-container {padding-left: 1rem; padding-right: 1rem;} .qa-title {font-size: 1.5rem;}}
</style>
"""
# Passages of other languages are shown without a language of their own.
_LANG_ATTRIBUTE = {"fr": "fr", "en": "en", "zh": "zh", "other": ""}


def draw_title(language: InterfaceLanguage, title: str, tagline: str = "") -> None:
    """Draw a page's head and put its style in."""
    st.html(STYLE)
    below = f'<p class="qa-tagline">{escape(tagline)}</p>' if tagline else ""
    st.html(f'<h1 class="qa-title" lang="{language}">{escape(title)}</h1>{below}')


def draw_hit_head(hit: Hit, place: int, language: InterfaceLanguage) -> None:
    """Draw a hit's place, article, language and score."""
    passage = hit.passage
    st.html(
        '<div class="qa-head">'
        f'<span class="qa-place">{place}</span>'
        f'<span class="qa-article">{escape(passage.article.title)}</span>'
        f'<span class="qa-badge">{escape(text(language, passage.language))}</span>'
        f'<span class="qa-score">{escape(text(language, "score"))} {hit.score:.2f}'
        f'<span class="qa-bar"><span style="width:{hit.score:.0%}"></span></span></span></div>'
    )


def draw_passage(passage: Passage, answer: Answer | None) -> None:
    """Draw a passage with its answer marked, under the section it belongs to."""
    heading = f'<div class="qa-heading">{escape(passage.heading)}</div>' if passage.heading else ""
    shown = marked_html(passage.text, answer).removeprefix(escape(passage.article.title)).lstrip()
    st.html(heading + _text_block(shown, passage))


def draw_hit_foot(hit: Hit, language: InterfaceLanguage) -> None:
    """Draw the rank a hit had at each stage, and what is marked in it."""
    ranks = "".join(
        f"<span>{escape(text(language, stage))} <b>{hit.ranks[stage]}</b></span>"
        if stage in hit.ranks
        else f"<span>{escape(text(language, stage))} <b>–</b></span>"
        for stage in STAGES
    )
    answer = ""
    if hit.answer is not None:
        kind = text(language, "answer" if hit.answer.exact else "best_sentence")
        answer = f"<span>{escape(kind)} <b>{hit.answer.confidence:.0%}</b></span>"
    st.html(f'<div class="qa-ranks">{ranks}{answer}</div>')


def draw_article(passages: Sequence[Passage], shown: Passage, answer: Answer | None) -> None:
    """Draw a whole article with one of its passages framed."""
    whole, start = article_text(passages), shown.start
    before, after = escape(whole[:start]), escape(whole[shown.end :])
    frame = f'<div class="qa-frame">{marked_html(whole[start : shown.end], answer)}</div>'
    st.html(f'<div class="qa-whole">{_text_block(before + frame + after, shown)}</div>')


def marked_html(passage_text: str, answer: Answer | None) -> str:
    """Return a text as HTML, escaped, with the answer's characters in a mark element."""
    if answer is None:
        return escape(passage_text)
    span: Span = (answer.start, answer.end)
    kind = "" if answer.exact else ' class="qa-sentence"'
    inside = escape(passage_text[slice(*span)])
    return f"{escape(passage_text[: span[0]])}<mark{kind}>{inside}</mark>{escape(passage_text[span[1] :])}"


def _text_block(html: str, passage: Passage) -> str:
    return f'<div class="qa-text" lang="{_LANG_ATTRIBUTE[passage.language]}">{html}</div>'
