"""A Qdrant server or cluster, through qdrant-client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException

from retrieval.bm25 import SparseVector
from retrieval.errors import LibraryError
from retrieval.passages import EncoderIdentity
from retrieval.settings import Placement
from retrieval.store.backend import BM25, DENSE, Payload, Point, Where
from retrieval.store.server_errors import translated
from retrieval.store.server_form import EXACT_ORDER, collection_options, from_server, make_indexes, to_filter, to_server
from retrieval.store.uploading import Answer, ask, insist, upload

_SCROLL_PAGE = 1000
_FACET_LIMIT = 1_000_000


class ServerBackend:
    """A `Backend` in a collection of a Qdrant server; the collection's metadata names the encoder.

    `name` is an alias of one of two collections, or a collection made before libraries had aliases. A rebuild fills the
    other one and ends by moving the alias, looked up once: another process then ends in an error, not in wrong answers.
    """

    repairs = False

    def __init__(
        self,
        client: QdrantClient,
        name: str,
        placement: Placement | None = None,
        is_rebuild: bool = False,
        key: str = "",
    ) -> None:
        self._client, self._name, self._is_rebuild, self._key = client, name, is_rebuild, key
        self._placement = placement or Placement()
        self._collection = name
        current = self._ask(self._current)
        self._collection = next(other for other in self._names() if other != current) if is_rebuild else current

    def _names(self) -> tuple[str, str]:
        return f"{self._name}~1", f"{self._name}~2"

    def _current(self) -> str:
        """Return the collection the name leads to; if there is none, the first of the two."""
        aliases = {alias.alias_name: alias.collection_name for alias in self._client.get_aliases().aliases}
        if self._name in aliases:
            return aliases[self._name]
        if self._client.collection_exists(self._name):
            return self._name
        # One without its alias was left by a crash between the two.
        left = [name for name in self._names() if self._client.collection_exists(name)]
        if left:
            make_indexes(self._client, left[0])
            self._move_alias(left[0])
        return (*left, *self._names())[0]

    def _move_alias(self, collection: str) -> None:
        """Let the name lead to a collection, in one operation wherever it led before."""
        away = models.DeleteAlias(alias_name=self._name)
        there = models.CreateAlias(collection_name=collection, alias_name=self._name)
        self._client.update_collection_aliases(
            [models.DeleteAliasOperation(delete_alias=away), models.CreateAliasOperation(create_alias=there)]
        )

    def identity(self) -> EncoderIdentity | None:
        """Return the encoder the collection was made with, None before `create`."""
        if not self._ask(lambda: self._client.collection_exists(self._collection)):
            return None
        metadata = self._ask(lambda: self._client.get_collection(self._collection)).config.metadata or {}
        try:
            return EncoderIdentity(**metadata["encoder"])
        except (KeyError, TypeError) as error:
            raise LibraryError(
                f"The collection {self._name} on the Qdrant server was not made by this application. "
                "Set QA_COLLECTION to another name."
            ) from error

    def create(self, identity: EncoderIdentity) -> None:
        """Make the empty collection with its payload indexes; one that another process made in the meantime stays."""

        def make() -> None:
            try:
                self._client.create_collection(self._collection, **collection_options(identity, self._placement))
            except (ApiException, ValueError) as error:
                if "already exists" not in str(error).casefold():
                    raise
            make_indexes(self._client, self._collection)
            if not self._is_rebuild:
                self._move_alias(self._collection)

        self._insist(make)

    def successor(self, identity: EncoderIdentity) -> ServerBackend:
        """Open the collection that is to take this one's place, as a rebuild for this encoder left it, or not made."""
        successor = ServerBackend(self._client, self._name, self._placement, is_rebuild=True, key=self._key)
        if successor.identity() != identity:
            self.drop_successor()
        return successor

    def drop_successor(self) -> None:
        """Delete what a rebuild left."""
        successor = ServerBackend(self._client, self._name, is_rebuild=True, key=self._key)
        self._insist(lambda: self._client.delete_collection(successor._collection))

    def take_over(self) -> None:
        """Let the name lead to this rebuilt collection, and delete the one before."""
        before = self._ask(self._current)
        if before == self._name:  # an alias can't have a collection's name; `_current` mends a crash in between
            self._insist(lambda: self._client.delete_collection(before))
        self._insist(lambda: self._move_alias(self._collection))
        if before not in (self._name, self._collection):
            self._insist(lambda: self._client.delete_collection(before))

    def upsert(self, points: Sequence[Point]) -> None:
        """Write the points and wait until they are searchable."""

        def write(batch: Sequence[Point]) -> None:
            self._client.upsert(self._collection, [to_server(point) for point in batch], wait=True)

        with translated(self._collection, self._key):
            upload(write, points)

    def delete(self, where: Where) -> None:
        """Delete what matches and wait until it is gone."""
        selector = models.FilterSelector(filter=to_filter(where))
        self._insist(lambda: self._client.delete(self._collection, selector, wait=True))

    def changes(self) -> object:
        """Return what equals nothing: other programs write to the server too."""
        return object()

    def index(self) -> None:
        """Do nothing: a server indexes by itself."""

    def settle(self) -> None:
        """Do nothing: a server indexes by itself."""

    def count(self, where: Where) -> int:
        """Return how many points match."""
        return self._ask(lambda: self._client.count(self._collection, count_filter=to_filter(where), exact=True)).count

    def facet(self, key: str, where: Where) -> dict[str, int]:
        """Return how many matching points have each value of a field."""
        answer = self._ask(
            lambda: self._client.facet(
                self._collection, key, facet_filter=to_filter(where), limit=_FACET_LIMIT, exact=True
            )
        )
        return {str(hit.value): hit.count for hit in answer.hits}

    def scroll(self, where: Where) -> list[Payload]:
        """Return the payloads of all that matches, in no particular order."""
        return [record.payload or {} for record in self._records(where)]

    def points(self) -> Iterator[Point]:
        """Yield every point in the order of their ids, a page of them in memory at a time."""
        return map(from_server, self._records(Where(), with_vectors=True))

    def _records(self, where: Where, with_vectors: bool = False) -> Iterator[models.Record]:
        offset = None
        while True:
            read = partial(
                self._client.scroll,
                self._collection,
                scroll_filter=to_filter(where),
                limit=_SCROLL_PAGE,
                offset=offset,
                with_vectors=with_vectors,
            )
            records, offset = self._ask(read)
            yield from records
            if offset is None:
                return

    def nearest(self, vector: list[float], limit: int, where: Where) -> list[tuple[Payload, float]]:
        """Return the points nearest to a vector with the engine's score, best first."""
        return self._query(vector, DENSE, limit, where)

    def matching(self, terms: SparseVector, limit: int, where: Where) -> list[tuple[Payload, float]]:
        """Return the points that share a term, with their BM25 score, best first."""
        sparse = models.SparseVector(indices=list(terms.indices), values=list(terms.values))
        return self._query(sparse, BM25, limit, where)

    def _query(self, vector: Any, using: str, limit: int, where: Where) -> list[tuple[Payload, float]]:
        answer = self._ask(
            lambda: self._client.query_points(
                self._collection,
                query=vector,
                using=using,
                limit=limit,
                query_filter=to_filter(where),
                search_params=EXACT_ORDER if using == DENSE else None,
                with_payload=True,
            )
        )
        return [(point.payload or {}, point.score) for point in answer.points]

    def close(self) -> None:
        """Close the connection; a successor leaves it to the library it was opened from."""
        if not self._is_rebuild:
            self._client.close()

    def _ask(self, act: Callable[[], Answer]) -> Answer:
        with translated(self._collection, self._key):
            return ask(act)

    def _insist(self, act: Callable[[], Answer]) -> Answer:
        with translated(self._collection, self._key):
            return insist(act)
