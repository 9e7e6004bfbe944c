"""What the library needs of a vector engine, in words both of Qdrant's forms can serve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from retrieval.bm25 import SparseVector
from retrieval.passages import EncoderIdentity, Selection

DENSE = "dense"
BM25 = "bm25"
# Payload fields with an index, keyword fields first; all filters are on these.
KEYWORD_FIELDS = ("article_id", "source", "version", "language")
INTEGER_FIELDS = ("position",)

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """One passage as the engine keeps it; a vector that the engine has lost is empty."""

    id: str
    dense: list[float]
    bm25: SparseVector
    payload: Payload


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on payload fields: each field of `any_of` has one of the values, none of `none_of` has."""

    any_of: Mapping[str, Sequence[str | int]] = field(default_factory=dict)
    none_of: Mapping[str, Sequence[str | int]] = field(default_factory=dict)

    @classmethod
    def of(cls, selection: Selection) -> Where:
        """Return the condition that a selection stands for."""
        fields = {"language": selection.languages, "article_id": selection.article_ids}
        return cls(any_of={key: values for key, values in fields.items() if values})


class Backend(Protocol):
    """A collection of points in Qdrant. Raises LibraryError for whatever goes wrong in the engine.

    `repairs` tells that a half-written article is what an interrupted run left: no other process can be writing it
    while this one has the collection open, and no rebuild will go on with it.
    """

    repairs: bool

    def identity(self) -> EncoderIdentity | None:
        """Return the encoder the collection was made with, None before `create`."""

    def create(self, identity: EncoderIdentity) -> None:
        """Make the empty collection; one that another process made in the meantime stays."""

    def successor(self, identity: EncoderIdentity) -> Backend:
        """Open the collection that is to take this one's place: what a rebuild for this encoder left, or not made."""

    def drop_successor(self) -> None:
        """Delete what a rebuild left beside this collection."""

    def take_over(self) -> None:
        """Put this successor in its library's place, in one step, and delete the collection that was there."""

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points; searchable on return."""

    def delete(self, where: Where) -> None:
        """Delete what matches; gone on return."""

    def changes(self) -> object:
        """Return something that equals what was returned before only if nothing was written since."""

    def index(self) -> None:
        """Let the engine begin to index what is not indexed yet and is much; searches and writing go on."""

    def settle(self) -> None:
        """Wait until the engine has indexed what it began to; LibraryError if it could not."""

    def count(self, where: Where) -> int:
        """Return how many points match."""

    def facet(self, key: str, where: Where) -> dict[str, int]:
        """Return how many matching points have each value of a field."""

    def scroll(self, where: Where) -> list[Payload]:
        """Return the payloads of all that matches, in no particular order."""

    def points(self) -> Iterator[Point]:
        """Yield every point in the order of their ids, a page of them in memory at a time."""

    def nearest(self, vector: list[float], limit: int, where: Where) -> list[tuple[Payload, float]]:
        """Return the points nearest to a vector with the engine's score, best first."""

    def matching(self, terms: SparseVector, limit: int, where: Where) -> list[tuple[Payload, float]]:
        """Return the points that share a term, with their BM25 score, best first."""

    def close(self) -> None:
        """Release the collection."""
