"""Points and conditions as the embedded engine takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import qdrant_edge as qe

from retrieval.bm25 import SparseVector
from retrieval.store.backend import BM25, DENSE, Point, Where


def to_edge(point: Point) -> qe.Point:
    """Return a point as the engine writes it."""
    sparse = qe.SparseVector(indices=list(point.bm25.indices), values=list(point.bm25.values))
    return qe.Point(id=point.id, vector={DENSE: point.dense, BM25: sparse}, payload=point.payload)


def from_edge(record: Any) -> Point:
    """Return a record read with its vectors as a point."""
    vectors = record.vector or {}
    words = vectors.get(BM25)
    sparse = SparseVector(tuple(words.indices), tuple(words.values)) if words else SparseVector((), ())
    return Point(str(record.id), list(vectors.get(DENSE, ())), sparse, record.payload or {})


def to_filter(where: Where) -> qe.Filter:
    """Return a condition as the engine takes it."""
    return qe.Filter(must=_conditions(where.any_of), must_not=_conditions(where.none_of))


def _conditions(fields: Mapping[str, Sequence[str | int]]) -> list[Any]:
    return [qe.FieldCondition(key=key, match=_any_of(values)) for key, values in fields.items()]


def _any_of(values: Sequence[str | int]) -> qe.MatchAny:
    words = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int)]
    return qe.MatchAny(any=words or numbers)
