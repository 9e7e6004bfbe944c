"""Collections, points and conditions in the words of qdrant-client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from qdrant_client import QdrantClient, models

from retrieval.bm25 import SparseVector
from retrieval.passages import EncoderIdentity
from retrieval.settings import Placement
from retrieval.store.backend import BM25, DENSE, INTEGER_FIELDS, KEYWORD_FIELDS, Point, Where

_DISTANCES = {"cosine": models.Distance.COSINE, "dot": models.Distance.DOT, "euclid": models.Distance.EUCLID}
# Vectors kept in bytes find twice as many as are wanted, which are then ranked by the full ones.
EXACT_ORDER = models.SearchParams(quantization=models.QuantizationSearchParams(rescore=True, oversampling=2.0))


def collection_options(identity: EncoderIdentity, placement: Placement) -> dict[str, Any]:
    """Return what a collection is made with; its metadata names the encoder."""
    size, distance = identity.dimension, _DISTANCES[identity.distance]
    words = models.SparseIndexParams(on_disk=placement.on_disk)
    in_bytes = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
    return {
        "vectors_config": {DENSE: models.VectorParams(size=size, distance=distance, on_disk=placement.on_disk)},
        "sparse_vectors_config": {BM25: models.SparseVectorParams(modifier=models.Modifier.IDF, index=words)},
        "quantization_config": (
            models.ScalarQuantization(scalar=in_bytes) if placement.quantisation == "int8" else None
        ),
        "shard_number": placement.shards,
        "replication_factor": placement.replicas,
        "metadata": {"encoder": asdict(identity)},
    }


def make_indexes(client: QdrantClient, collection: str) -> None:
    """Index the payload fields that conditions are on."""
    for name in KEYWORD_FIELDS:
        client.create_payload_index(collection, name, models.PayloadSchemaType.KEYWORD)
    for name in INTEGER_FIELDS:
        client.create_payload_index(collection, name, models.PayloadSchemaType.INTEGER)


def to_server(point: Point) -> models.PointStruct:
    """Convert a point."""
    sparse = models.SparseVector(indices=list(point.bm25.indices), values=list(point.bm25.values))
    return models.PointStruct(id=point.id, vector={DENSE: point.dense, BM25: sparse}, payload=point.payload)


def from_server(record: models.Record) -> Point:
    """Return a record read with its vectors as a point."""
    vectors: Mapping[str, Any] = record.vector if isinstance(record.vector, dict) else {}
    words = vectors.get(BM25)
    sparse = SparseVector(tuple(words.indices), tuple(words.values)) if words else SparseVector((), ())
    return Point(str(record.id), list(vectors.get(DENSE, ())), sparse, record.payload or {})


def to_filter(where: Where) -> models.Filter:
    """Convert a condition."""
    return models.Filter(must=_conditions(where.any_of), must_not=_conditions(where.none_of))


def _conditions(fields: Mapping[str, Sequence[str | int]]) -> list[Any]:
    return [models.FieldCondition(key=key, match=_any_of(values)) for key, values in fields.items()]


def _any_of(values: Sequence[str | int]) -> models.MatchAny:
    words = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int)]
    return models.MatchAny(any=words or numbers)
