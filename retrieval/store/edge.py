"""Qdrant's engine in this process: a folder on disk, no server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import qdrant_edge as qe

from retrieval.bm25 import SparseVector
from retrieval.errors import LibraryError
from retrieval.passages import EncoderIdentity
from retrieval.store.backend import BM25, DENSE, INTEGER_FIELDS, KEYWORD_FIELDS, Payload, Point, Where
from retrieval.store.edge_errors import opening, translated
from retrieval.store.edge_form import EXACT_ORDER, INDEX_FROM
from retrieval.store.edge_points import from_edge, to_edge, to_filter
from retrieval.store.folder import (
    LIBRARY,
    REBUILD,
    Manifest,
    advice,
    drop_rebuild,
    drop_unnamed,
    free_shard,
    need_room,
    read_manifest,
    switch,
    write_manifest,
)
from retrieval.store.growing import GrowingShard

_SCROLL_PAGE = 1000


class EdgeBackend:
    """A `Backend` in a folder: one shard of the engine's, and a file that says which and for which encoder.

    Opening takes the shard's lock; LibraryInUse if another process has it. Safe for several threads.
    `file` is `REBUILD` for the library that is to take the other's place. From `index_from` passages on it is indexed.
    """

    def __init__(self, folder: Path, file: str = LIBRARY, index_from: int = INDEX_FROM) -> None:
        self._folder, self._file, self._index_from = folder, file, index_from
        self.repairs = file == LIBRARY
        self._shard: GrowingShard | None = None
        self._changes = 0
        manifest = read_manifest(folder, file)
        while manifest:
            self._load(manifest)
            now = read_manifest(folder, file)
            if now == manifest:
                break
            manifest = now  # another process ended a rebuild between the reading and the lock
            self.close()
        if self._shard and self.repairs:
            with translated(folder, "cleared of what was left half-made"):
                drop_unnamed(folder)

    def _load(self, manifest: Manifest) -> None:
        need_room(self._folder)
        with opening(self._folder, advice(self._folder, self._file)):
            self._shard = GrowingShard(self._folder, self._file, manifest, self._index_from)

    def identity(self) -> EncoderIdentity | None:
        """Return the encoder the library was made with, None before `create`."""
        return self._shard.manifest.identity if self._shard else None

    def create(self, identity: EncoderIdentity) -> None:
        """Make the empty library; its file is written last, so a half-made one does not count."""
        need_room(self._folder)
        manifest = Manifest(identity, free_shard(self._folder))
        try:
            (self._folder / manifest.shard).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"The library folder {self._folder} cannot be made: {error.strerror}.") from error
        with translated(self._folder, "created"):
            self._shard = GrowingShard(self._folder, self._file, manifest, self._index_from)
        with self._engine("created") as engine:
            for name in KEYWORD_FIELDS:
                engine.update(qe.UpdateOperation.create_field_index(name, qe.PayloadSchemaType.Keyword))
            for name in INTEGER_FIELDS:
                engine.update(qe.UpdateOperation.create_field_index(name, qe.PayloadSchemaType.Integer))
            engine.flush()
            write_manifest(self._folder, self._file, manifest)

    def successor(self, identity: EncoderIdentity) -> EdgeBackend:
        """Open the library that is to take this one's place, as a rebuild for this encoder left it, or not made."""
        found = read_manifest(self._folder, REBUILD)
        if found is None or found.identity != identity:
            self.drop_successor()
        return EdgeBackend(self._folder, REBUILD, self._index_from)

    def drop_successor(self) -> None:
        """Delete what a rebuild left."""
        with translated(self._folder, "cleared of an unfinished rebuild"):
            drop_rebuild(self._folder)

    def take_over(self) -> None:
        """Make this rebuilt library the one of its folder, and delete the one before, which its owner still holds."""
        self._opened.wait()
        with self._engine("switched") as engine:
            engine.flush()
            switch(self._folder)

    def upsert(self, points: Sequence[Point]) -> None:
        """Write the points in one operation: all of them survive a crash, or none."""
        need_room(self._folder, len(points))
        with translated(self._folder, "written"):
            self._opened.update(qe.UpdateOperation.upsert_points([to_edge(point) for point in points]), len(points))
            self._opened.index(is_filling=True)
        self._changes += 1

    def delete(self, where: Where) -> None:
        """Delete what matches, in one operation."""
        need_room(self._folder)
        with translated(self._folder, "written"):
            self._opened.update(qe.UpdateOperation.delete_points_by_filter(to_filter(where)))
        self._changes += 1

    def changes(self) -> object:
        """Return how many writes there were."""
        return self._changes

    def index(self) -> None:
        """Begin to index beside the searches, if many passages are without an index."""
        with translated(self._folder, "indexed"):
            self._opened.index()

    def settle(self) -> None:
        """Wait for the index that is being made; LibraryError if it could not be made."""
        self._opened.settle()

    def count(self, where: Where) -> int:
        """Return how many points match."""
        with self._engine("read") as engine:
            return int(engine.count(qe.CountRequest(exact=True, filter=to_filter(where))))

    def facet(self, key: str, where: Where) -> dict[str, int]:
        """Return how many matching points have each value of a field."""
        with self._engine("read") as engine:
            limit = max(1, int(engine.info().points_count))  # to count them exactly takes time with every passage
            request = qe.FacetRequest(key=key, limit=limit, exact=True, filter=to_filter(where))
            return {str(hit.value): int(hit.count) for hit in engine.facet(request).hits}

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
            with self._engine("read") as engine:
                records, offset = engine.scroll(request)
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
        request = qe.QueryRequest(
            limit=limit, query=query, filter=to_filter(where), with_payload=True, params=EXACT_ORDER
        )
        with self._engine("read") as engine:
            return [(point.payload, float(point.score)) for point in engine.query(request)]

    def close(self) -> None:
        """Flush and release the folder."""
        if self._shard is not None:
            self._shard.close()
            self._shard = None

    @property
    def _opened(self) -> GrowingShard:
        if self._shard is None:
            raise LibraryError(f"The library in {self._folder} is closed.")
        return self._shard

    @contextmanager
    def _engine(self, done: str) -> Iterator[Any]:
        with translated(self._folder, done), self._opened.engine() as engine:
            yield engine
