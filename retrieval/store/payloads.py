"""Passages as the engine keeps them, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from retrieval.bm25 import passage_vector
from retrieval.passages import ArticleInfo, Passage
from retrieval.store.backend import Payload, Point

_PASSAGE_FIELDS = ("id", "position", "start", "end", "text", "language", "heading")


def to_point(passage: Passage, dense: list[float]) -> Point:
    """Return a passage with its vector, its words and its payload."""
    article = {key: value for key, value in asdict(passage.article).items() if key != "id"}
    payload = {
        **article,
        "article_language": passage.article.language,
        "article_id": passage.article.id,
        **{key: getattr(passage, key) for key in _PASSAGE_FIELDS},
        "before": passage.before,
        "headings": [list(span) for span in passage.headings],
    }
    return Point(passage.id, dense, passage_vector(passage.indexed_text), payload)


def to_article(payload: Payload) -> ArticleInfo:
    """Return the article that a payload's passage is of."""
    return ArticleInfo(
        id=payload["article_id"],
        source=payload["source"],
        name=payload["name"],
        title=payload["title"],
        language=payload["article_language"],
        version=payload["version"],
        passage_count=payload["passage_count"],
        added=payload["added"],
    )


def to_passage(payload: Payload) -> Passage:
    """Return a payload's passage; libraries made before `before` and `headings` were kept have neither."""
    fields: dict[str, Any] = {key: payload[key] for key in _PASSAGE_FIELDS}
    headings = tuple((start, end) for start, end in payload.get("headings", ()))
    return Passage(article=to_article(payload), before=payload.get("before"), headings=headings, **fields)
