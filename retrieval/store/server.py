"""A Qdrant server or cluster, through qdrant-client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException

from retrieval.bm25 import SparseVector
from retrieval.errors import LibraryError
from retrieval.passages import EncoderIdentity
from retrieval.store.backend import BM25, DENSE, INTEGER_FIELDS, KEYWORD_FIELDS, Payload, Point, Where

_DISTANCES = {"cosine": models.Distance.COSINE, "dot": models.Distance.DOT, "euclid": models.Distance.EUCLID}
_SCROLL_PAGE = 1000
_FACET_LIMIT = 1_000_000


class ServerBackend:
    """A `Backend` in one collection of a Qdrant server; the collection's metadata names the encoder."""

    exclusive = False

    def __init__(self, client: QdrantClient, collection: str) -> None:
        self._client, self._collection = client, collection

    def identity(self) -> EncoderIdentity | None:
        """Return the encoder the collection was made with, None before `create`."""
        with self._translated():
            if not self._client.collection_exists(self._collection):
                return None
            metadata = self._client.get_collection(self._collection).config.metadata or {}
        try:
            return EncoderIdentity(**metadata["encoder"])
        except (KeyError, TypeError) as error:
            raise LibraryError(
                f"The collection {self._collection} on the Qdrant server was not made by this application. "
                "Set QA_COLLECTION to another name."
            ) from error

    def create(self, identity: EncoderIdentity) -> None:
        """Make the empty collection with its payload indexes."""
        with self._translated():
            self._client.create_collection(
                self._collection,
                vectors_config={
                    DENSE: models.VectorParams(size=identity.dimension, distance=_DISTANCES[identity.distance])
                },
                sparse_vectors_config={BM25: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                metadata={"encoder": asdict(identity)},
            )
            for name in KEYWORD_FIELDS:
                self._client.create_payload_index(self._collection, name, models.PayloadSchemaType.KEYWORD)
            for name in INTEGER_FIELDS:
                self._client.create_payload_index(self._collection, name, models.PayloadSchemaType.INTEGER)

    def upsert(self, points: Sequence[Point]) -> None:
        """Write the points and wait until they are searchable."""
        with self._translated():
            self._client.upsert(self._collection, [_to_server(point) for point in points], wait=True)

    def delete(self, where: Where) -> None:
        """Delete what matches and wait until it is gone."""
        with self._translated():
            self._client.delete(self._collection, models.FilterSelector(filter=_filter(where)), wait=True)

    def count(self, where: Where) -> int:
        """Return how many points match."""
        with self._translated():
            return self._client.count(self._collection, count_filter=_filter(where), exact=True).count

    def facet(self, key: str, where: Where) -> dict[str, int]:
        """Return how many matching points have each value of a field."""
        with self._translated():
            answer = self._client.facet(
                self._collection, key, facet_filter=_filter(where), limit=_FACET_LIMIT, exact=True
            )
        return {str(hit.value): hit.count for hit in answer.hits}

    def scroll(self, where: Where) -> list[Payload]:
        """Return the payloads of all that matches, in no particular order."""
        payloads: list[Payload] = []
        offset = None
        with self._translated():
            while True:
                records, offset = self._client.scroll(
                    self._collection, scroll_filter=_filter(where), limit=_SCROLL_PAGE, offset=offset
                )
                payloads.extend(record.payload or {} for record in records)
                if offset is None:
                    return payloads

    def nearest(self, vector: list[float], limit: int, where: Where) -> list[tuple[Payload, float]]:
        """Return the points nearest to a vector with the engine's score, best first."""
        return self._query(vector, DENSE, limit, where)

    def matching(self, terms: SparseVector, limit: int, where: Where) -> list[tuple[Payload, float]]:
        """Return the points that share a term, with their BM25 score, best first."""
        sparse = models.SparseVector(indices=list(terms.indices), values=list(terms.values))
        return self._query(sparse, BM25, limit, where)

    def _query(self, vector: Any, using: str, limit: int, where: Where) -> list[tuple[Payload, float]]:
        with self._translated():
            answer = self._client.query_points(
                self._collection,
                query=vector,
                using=using,
                limit=limit,
                query_filter=_filter(where),
                with_payload=True,
            )
        return [(point.payload or {}, point.score) for point in answer.points]

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (ApiException, ValueError) as error:
            raise LibraryError(
                f"The Qdrant server did not do what was asked ({str(error).strip()[:300]}). Check that it runs, that "
                "QDRANT_URL is its address and QDRANT_API_KEY its key."
            ) from error


def _to_server(point: Point) -> models.PointStruct:
    sparse = models.SparseVector(indices=list(point.bm25.indices), values=list(point.bm25.values))
    return models.PointStruct(id=point.id, vector={DENSE: point.dense, BM25: sparse}, payload=point.payload)


def _filter(where: Where) -> models.Filter:
    return models.Filter(must=_conditions(where.any_of), must_not=_conditions(where.none_of))


def _conditions(fields: Mapping[str, Sequence[str | int]]) -> list[Any]:
    return [models.FieldCondition(key=key, match=_any_of(values)) for key, values in fields.items()]


def _any_of(values: Sequence[str | int]) -> models.MatchAny:
    words = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int)]
    return models.MatchAny(any=words or numbers)
