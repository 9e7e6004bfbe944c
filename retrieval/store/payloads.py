"""Passages as the engine keeps them, and back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from retrieval.bm25 import SparseVector, passage_vector
from retrieval.passages import ArticleInfo, Passage, ScoredPassage, Vectors
from retrieval.store.backend import Payload, Point

_PASSAGE_FIELDS = ("id", "position", "start", "end", "text", "language", "heading")


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as it is found in the library, for a check of it.

    `vector` is (dimension,), empty if the engine has lost it; `words_agree` tells whether its words are those that its
    text has by today's rule.
    """

    passage: Passage
    vector: Vectors
    words_agree: bool


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
        shared_id=payload.get("shared_id", ""),  # not kept in older libraries
    )


def to_passage(payload: Payload) -> Passage:
    """Return a payload's passage; libraries made before `before` and `headings` were kept have neither."""
    fields: dict[str, Any] = {key: payload[key] for key in _PASSAGE_FIELDS}
    headings = tuple((start, end) for start, end in payload.get("headings", ()))
    return Passage(article=to_article(payload), before=payload.get("before"), headings=headings, **fields)


def to_ranking(found: list[tuple[Payload, float]], sign: float = 1.0) -> tuple[ScoredPassage, ...]:
    """Return the engine's hits, scores times `sign`; ties are put in a fixed order, since the engine's is by chance."""
    hits = [ScoredPassage(to_passage(payload), sign * score) for payload, score in found]
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.passage.article.name, hit.passage.position)))


def to_stored(point: Point) -> StoredPassage | None:
    """Return a point with what can be told of it, None if its payload is not a passage's."""
    try:
        passage = to_passage(point.payload)
    except (KeyError, TypeError, ValueError):
        return None
    words = _agree(point.bm25, passage_vector(passage.indexed_text))
    return StoredPassage(passage, np.array(point.dense, np.float32), words)


def _agree(one: SparseVector, other: SparseVector) -> bool:
    # The engine keeps no order of the terms, and weights of 32 bits.
    found = dict(zip(one.indices, one.values, strict=True))
    return found.keys() == set(other.indices) and bool(
        np.allclose([found[index] for index in other.indices], other.values, rtol=1e-3)
    )
