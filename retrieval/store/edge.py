"""Qdrant's engine in this process: a folder on disk, no server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import qdrant_edge as qe

from retrieval.bm25 import SparseVector
from retrieval.errors import LibraryError, LibraryInUse
from retrieval.files import write_whole
from retrieval.passages import EncoderIdentity
from retrieval.store.backend import BM25, DENSE, INTEGER_FIELDS, KEYWORD_FIELDS, Payload, Point, Where

_DISTANCES = {"cosine": qe.Distance.Cosine, "dot": qe.Distance.Dot, "euclid": qe.Distance.Euclid}
_SCROLL_PAGE = 1000
_IN_USE = (
    "The library in {folder} is open in another process, most likely the web page. Three ways out: "
    "add your files on the page itself (Library), or stop the page first, "
    "or run a Qdrant server and set QDRANT_URL for both."
)


class EdgeBackend:
    """A `Backend` in a folder: `shard/` is the engine's, `library.json` says which encoder made it.

    Opening takes the folder's lock; LibraryInUse if another process has it. Safe for several threads.
    """

    exclusive = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shard_folder = folder / "shard"
        self._identity_file = folder / "library.json"
        self._shard: Any = None
        try:
            is_made = self._identity_file.exists()
        except OSError as error:  # a parent folder that may not be entered
            raise LibraryError(f"The library in {folder} cannot be opened: {error.strerror}.") from error
        if is_made:
            self._load()

    def _load(self) -> None:
        try:
            self._shard = qe.EdgeShard.load(str(self._shard_folder))
        except Exception as error:  # the engine raises bare Exception
            if "WouldBlock" in str(error):
                raise LibraryInUse(_IN_USE.format(folder=self._folder)) from error
            if "Permission denied" in str(error):
                raise LibraryError(f"You may not read and write the library in {self._folder} ({error}).") from error
            raise LibraryError(
                f"The library in {self._folder} is damaged ({error}). Move that folder away and add your files again."
            ) from error

    def identity(self) -> EncoderIdentity | None:
        """Return the encoder the library was made with, None before `create`."""
        if self._shard is None:
            return None
        try:
            return EncoderIdentity(**json.loads(self._identity_file.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise LibraryError(
                f"{self._identity_file} is damaged. Move the folder {self._folder} away and add your files again."
            ) from error

    def create(self, identity: EncoderIdentity) -> None:
        """Make the empty library; `library.json` is written last, so a half-made one does not count."""
        config = qe.EdgeConfig(
            vectors={DENSE: qe.EdgeVectorParams(size=identity.dimension, distance=_DISTANCES[identity.distance])},
            sparse_vectors={BM25: qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)},
        )
        try:
            self._shard_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"The library folder {self._folder} cannot be made: {error.strerror}.") from error
        with self._translated("created"):
            is_new = not any(self._shard_folder.iterdir())
            path = str(self._shard_folder)
            self._shard = qe.EdgeShard.create(path, config) if is_new else qe.EdgeShard.load(path, config)
            for name in KEYWORD_FIELDS:
                self._shard.update(qe.UpdateOperation.create_field_index(name, qe.PayloadSchemaType.Keyword))
            for name in INTEGER_FIELDS:
                self._shard.update(qe.UpdateOperation.create_field_index(name, qe.PayloadSchemaType.Integer))
            self._shard.flush()
            write_whole(self._identity_file, json.dumps(asdict(identity), ensure_ascii=False, indent=1))

    def upsert(self, points: Sequence[Point]) -> None:
        """Write the points in one operation: all of them survive a crash, or none."""
        with self._translated("written"):
            self._shard.update(qe.UpdateOperation.upsert_points([_to_edge(point) for point in points]))

    def delete(self, where: Where) -> None:
        """Delete what matches, in one operation."""
        with self._translated("written"):
            self._shard.update(qe.UpdateOperation.delete_points_by_filter(_filter(where)))

    def count(self, where: Where) -> int:
        """Return how many points match."""
        with self._translated("read"):
            return int(self._shard.count(qe.CountRequest(exact=True, filter=_filter(where))))

    def facet(self, key: str, where: Where) -> dict[str, int]:
        """Return how many matching points have each value of a field."""
        with self._translated("read"):
            limit = max(1, self.count(Where()))
            request = qe.FacetRequest(key=key, limit=limit, exact=True, filter=_filter(where))
            return {str(hit.value): int(hit.count) for hit in self._shard.facet(request).hits}

    def scroll(self, where: Where) -> list[Payload]:
        """Return the payloads of all that matches, in no particular order."""
        payloads: list[Payload] = []
        offset = None
        with self._translated("read"):
            while True:
                request = qe.ScrollRequest(offset=offset, limit=_SCROLL_PAGE, filter=_filter(where), with_payload=True)
                records, offset = self._shard.scroll(request)
                payloads.extend(record.payload for record in records)
                if offset is None:
                    return payloads

    def nearest(self, vector: list[float], limit: int, where: Where) -> list[tuple[Payload, float]]:
        """Return the points nearest to a vector with the engine's score, best first."""
        return self._query(qe.Query.Nearest(vector, using=DENSE), limit, where)

    def matching(self, terms: SparseVector, limit: int, where: Where) -> list[tuple[Payload, float]]:
        """Return the points that share a term, with their BM25 score, best first."""
        sparse = qe.SparseVector(indices=list(terms.indices), values=list(terms.values))
        return self._query(qe.Query.Nearest(sparse, using=BM25), limit, where)

    def _query(self, query: Any, limit: int, where: Where) -> list[tuple[Payload, float]]:
        request = qe.QueryRequest(limit=limit, query=query, filter=_filter(where), with_payload=True)
        with self._translated("read"):
            return [(point.payload, float(point.score)) for point in self._shard.query(request)]

    def close(self) -> None:
        """Flush and release the folder."""
        if self._shard is not None:
            self._shard.close()
            self._shard = None

    @contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        try:
            yield
        except LibraryError:
            raise
        except Exception as error:  # the engine raises bare Exception
            if "WouldBlock" in str(error):
                raise LibraryInUse(_IN_USE.format(folder=self._folder)) from error
            raise LibraryError(f"The library in {self._folder} cannot be {done}: {error}") from error


def _to_edge(point: Point) -> qe.Point:
    sparse = qe.SparseVector(indices=list(point.bm25.indices), values=list(point.bm25.values))
    return qe.Point(id=point.id, vector={DENSE: point.dense, BM25: sparse}, payload=point.payload)


def _filter(where: Where) -> qe.Filter:
    return qe.Filter(must=_conditions(where.any_of), must_not=_conditions(where.none_of))


def _conditions(fields: Mapping[str, Sequence[str | int]]) -> list[Any]:
    return [qe.FieldCondition(key=key, match=_any_of(values)) for key, values in fields.items()]


def _any_of(values: Sequence[str | int]) -> qe.MatchAny:
    words = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int)]
    return qe.MatchAny(any=words or numbers)
