"""A result as one HTML file that opens anywhere: no script, nothing fetched, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from retrieval.journey import journeys
from retrieval.passages import STAGES, SearchResult
from retrieval.siblings import fold
from ui.draw import card_html
from ui.style import RULES
from ui.texts import InterfaceLanguage, text


def html_report(result: SearchResult, record: Mapping[str, Any], language: InterfaceLanguage) -> str:
    """Return a whole page: question, passages with marks and ranks, the pool's ranks, settings and versions.

    `record` is the result's `to_record`.
    """
    by_id = {journey.passage.id: journey for journey in journeys(result)}
    cards = enumerate(fold(result.hits), start=1)
    hits = "".join(card_html(group, place, by_id, result.terms, language) for place, group in cards)
    sections = [_facts(text(language, name), record[name]) for name in ("recipe", "settings", "versions")]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(result.question)}</title><style>body {{font: 16px/1.5 sans-serif; max-width: 56rem; "
        "margin: 2rem auto; padding: 0 1rem;} html {color-scheme: light dark;} "
        "table {border-collapse: collapse; font-size: .85rem;} "
        f"th, td {{text-align: left; padding: .15rem .9rem .15rem 0; overflow-wrap: anywhere;}} {RULES}"
        f"</style></head><body><h1>{escape(result.question)}</h1>"
        f"<p>{escape(text(language, 'detected', language=text(language, result.language)))}</p>"
        f"{hits}{_pool(result, language)}{''.join(sections)}</body></html>"
    )


def _pool(result: SearchResult, language: InterfaceLanguage) -> str:
    head = "".join(f"<th>{escape(text(language, stage))}</th>" for stage in STAGES)
    rows = "".join(
        f"<tr><td>{escape(journey.passage.article.title)} · {journey.passage.position + 1}</td>"
        + "".join(f"<td>{stop.rank if (stop := journey.stops.get(stage)) else '–'}</td>" for stage in STAGES)
        + "</tr>"
        for journey in journeys(result)
    )
    return f"<h2>{escape(text(language, 'pool'))}</h2><table><tr><th></th>{head}</tr>{rows}</table>"


def _facts(title: str, facts: Mapping[str, Any]) -> str:
    rows = "".join(f"<tr><th>{escape(str(name))}</th><td>{escape(str(fact))}</td></tr>" for name, fact in facts.items())
    return f"<h2>{escape(title)}</h2><table>{rows}</table>"
