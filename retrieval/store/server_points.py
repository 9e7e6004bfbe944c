"""Points and conditions as qdrant-client takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qdrant_client import models

from retrieval.bm25 import SparseVector
from retrieval.store.backend import BM25, DENSE, Point, Where


def to_server(point: Point) -> models.PointStruct:
    """Return a point as the client writes it."""
    sparse = models.SparseVector(indices=list(point.bm25.indices), values=list(point.bm25.values))
    return models.PointStruct(id=point.id, vector={DENSE: point.dense, BM25: sparse}, payload=point.payload)


def from_server(record: models.Record) -> Point:
    """Return a record read with its vectors as a point."""
    vectors: Mapping[str, Any] = record.vector if isinstance(record.vector, dict) else {}
    words = vectors.get(BM25)
    sparse = SparseVector(tuple(words.indices), tuple(words.values)) if words else SparseVector((), ())
    return Point(str(record.id), list(vectors.get(DENSE, ())), sparse, record.payload or {})


def to_filter(where: Where) -> models.Filter:
    """Return a condition as the client takes it."""
    return models.Filter(must=_conditions(where.any_of), must_not=_conditions(where.none_of))


def _conditions(fields: Mapping[str, Sequence[str | int]]) -> list[Any]:
    return [models.FieldCondition(key=key, match=_any_of(values)) for key, values in fields.items()]


def _any_of(values: Sequence[str | int]) -> models.MatchAny:
    words = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int)]
    return models.MatchAny(any=words or numbers)
