"""Qdrant's engine in this process: a folder on disk, no server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import qdrant_edge as qe

from retrieval.bm25 import SparseVector
from retrieval.errors import LibraryError, LibraryInUse
from retrieval.passages import EncoderIdentity
from retrieval.store.backend import BM25, DENSE, INTEGER_FIELDS, KEYWORD_FIELDS, Payload, Point, Where
from retrieval.store.edge_points import from_edge, to_edge, to_filter
from retrieval.store.folder import (
    LIBRARY,
    REBUILD,
    Manifest,
    advice,
    drop_rebuild,
    free_shard,
    need_room,
    read_manifest,
    switch,
    write_manifest,
)

_DISTANCES = {"cosine": qe.Distance.Cosine, "dot": qe.Distance.Dot, "euclid": qe.Distance.Euclid}
_SCROLL_PAGE = 1000
_IN_USE = (
    "The library in {folder} is open in another process, most likely the web page. Three ways out: "
    "add your files on the page itself (Library), or stop the page first, "
    "or run a Qdrant server and set QDRANT_URL for both."
)


class EdgeBackend:
    """A `Backend` in a folder: one shard of the engine's, and a file that says which and for which encoder.

    Opening takes the shard's lock; LibraryInUse if another process has it. Safe for several threads.
    `file` is `REBUILD` for the library that is to take the other's place.
    """

    def __init__(self, folder: Path, file: str = LIBRARY) -> None:
        self._folder, self._file = folder, file
        self.repairs = file == LIBRARY
        self._shard: Any = None
        self._manifest = read_manifest(folder, file)
        while self._manifest:
            self._load(self._manifest.shard)
            now = read_manifest(folder, file)
            if now == self._manifest:
                break
            self._manifest = now  # another process ended a rebuild between the reading and the lock
            self.close()

    def _load(self, shard: str) -> None:
        need_room(self._folder)
        try:
            self._shard = qe.EdgeShard.load(str(self._folder / shard))
        except BaseException as error:
            if not _is_of_engine(error):
                raise
            if "WouldBlock" in str(error):
                raise LibraryInUse(_IN_USE.format(folder=self._folder)) from error
            if "Permission denied" in str(error):
                raise LibraryError(f"You may not read and write the library in {self._folder} ({error}).") from error
            raise LibraryError(
                f"The library in {self._folder} is damaged ({error}). {advice(self._folder, self._file)}"
            ) from error

    def identity(self) -> EncoderIdentity | None:
        """Return the encoder the library was made with, None before `create`."""
        return self._manifest.identity if self._manifest else None

    def create(self, identity: EncoderIdentity) -> None:
        """Make the empty library; its file is written last, so a half-made one does not count."""
        config = qe.EdgeConfig(
            vectors={DENSE: qe.EdgeVectorParams(size=identity.dimension, distance=_DISTANCES[identity.distance])},
            sparse_vectors={BM25: qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)},
        )
        need_room(self._folder)
        manifest = Manifest(identity, free_shard(self._folder))
        shard_folder = self._folder / manifest.shard
        try:
            shard_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"The library folder {self._folder} cannot be made: {error.strerror}.") from error
        with self._translated("created"):
            is_new = not any(shard_folder.iterdir())
            path = str(shard_folder)
            self._shard = qe.EdgeShard.create(path, config) if is_new else qe.EdgeShard.load(path, config)
            for name in KEYWORD_FIELDS:
                self._shard.update(qe.UpdateOperation.create_field_index(name, qe.PayloadSchemaType.Keyword))
            for name in INTEGER_FIELDS:
                self._shard.update(qe.UpdateOperation.create_field_index(name, qe.PayloadSchemaType.Integer))
            self._shard.flush()
            write_manifest(self._folder, self._file, manifest)
            self._manifest = manifest

    def successor(self, identity: EncoderIdentity) -> EdgeBackend:
        """Open the library that is to take this one's place, as a rebuild for this encoder left it, or not made."""
        found = read_manifest(self._folder, REBUILD)
        if found is None or found.identity != identity:
            self.drop_successor()
        return EdgeBackend(self._folder, REBUILD)

    def drop_successor(self) -> None:
        """Delete what a rebuild left."""
        with self._translated("cleared of an unfinished rebuild"):
            drop_rebuild(self._folder)

    def take_over(self) -> None:
        """Make this rebuilt library the one of its folder, and delete the one before, which its owner still holds."""
        with self._translated("switched"):
            self._shard.flush()
            switch(self._folder)

    def upsert(self, points: Sequence[Point]) -> None:
        """Write the points in one operation: all of them survive a crash, or none."""
        need_room(self._folder, len(points))
        with self._translated("written"):
            self._shard.update(qe.UpdateOperation.upsert_points([to_edge(point) for point in points]))

    def delete(self, where: Where) -> None:
        """Delete what matches, in one operation."""
        need_room(self._folder)
        with self._translated("written"):
            self._shard.update(qe.UpdateOperation.delete_points_by_filter(to_filter(where)))

    def count(self, where: Where) -> int:
        """Return how many points match."""
        with self._translated("read"):
            return int(self._shard.count(qe.CountRequest(exact=True, filter=to_filter(where))))

    def facet(self, key: str, where: Where) -> dict[str, int]:
        """Return how many matching points have each value of a field."""
        with self._translated("read"):
            limit = max(1, self.count(Where()))
            request = qe.FacetRequest(key=key, limit=limit, exact=True, filter=to_filter(where))
            return {str(hit.value): int(hit.count) for hit in self._shard.facet(request).hits}

    def scroll(self, where: Where) -> list[Payload]:
        """Return the payloads of all that matches, in no particular order."""
        return [record.payload for record in self._records(where)]

    def points(self) -> Iterator[Point]:
        """Yield every point in the order of their ids, a page of them in memory at a time."""
        return map(from_edge, self._records(Where(), with_vector=True))

    def _records(self, where: Where, with_vector: bool = False) -> Iterator[Any]:
        offset = None
        while True:
            request = qe.ScrollRequest(
                offset=offset, limit=_SCROLL_PAGE, filter=to_filter(where), with_payload=True, with_vector=with_vector
            )
            with self._translated("read"):
                records, offset = self._shard.scroll(request)
            yield from records
            if offset is None:
                return

    def nearest(self, vector: list[float], limit: int, where: Where) -> list[tuple[Payload, float]]:
        """Return the points nearest to a vector with the engine's score, best first."""
        return self._query(qe.Query.Nearest(vector, using=DENSE), limit, where)

    def matching(self, terms: SparseVector, limit: int, where: Where) -> list[tuple[Payload, float]]:
        """Return the points that share a term, with their BM25 score, best first."""
        sparse = qe.SparseVector(indices=list(terms.indices), values=list(terms.values))
        return self._query(qe.Query.Nearest(sparse, using=BM25), limit, where)

    def _query(self, query: Any, limit: int, where: Where) -> list[tuple[Payload, float]]:
        request = qe.QueryRequest(limit=limit, query=query, filter=to_filter(where), with_payload=True)
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
        except BaseException as error:
            if not _is_of_engine(error):
                raise
            if "WouldBlock" in str(error):
                raise LibraryInUse(_IN_USE.format(folder=self._folder)) from error
            raise LibraryError(f"The library in {self._folder} cannot be {done}: {error}") from error


def _is_of_engine(error: BaseException) -> bool:
    # The engine raises bare Exception, and where it panics on a damaged file what is not even that.
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"
