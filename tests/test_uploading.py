"""Writing to a server: sizes of requests, further tries, what ends a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from conftest import IDENTITY, make_article, put
from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from retrieval.bm25 import SparseVector
from retrieval.errors import LibraryError
from retrieval.store import uploading
from retrieval.store.backend import Point
from retrieval.store.passage_store import PassageStore
from retrieval.store.server import ServerBackend
from retrieval.store.uploading import insist, upload

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")
AWAY = ResponseHandlingException(httpx.ConnectError("Connection refused"))
BUSY = ResourceExhaustedResponse("Too many requests", 7)


def refused(status: int) -> UnexpectedResponse:
    """Return the client's error for a status."""
    return UnexpectedResponse(status, "reason", b"said", httpx.Headers())


def points(count: int, dimension: int) -> list[Point]:
    """Return points named by their place."""
    return [Point(str(place), [0.0] * dimension, SparseVector((), ()), {}) for place in range(count)]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the pauses made, which take no time."""
    made: list[float] = []
    monkeypatch.setattr(uploading, "sleep", made.append)
    return made


class Failing:
    """Fails with each of the errors given, in order, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0

    def __call__(self, *arguments: Any, **options: Any) -> None:
        """Count the call."""
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.mark.parametrize(
    ("count", "dimension", "sizes"),
    [(0, 384, []), (1, 384, [1]), (1000, 384, [250] * 4), (600, 8192, [112] + [122] * 4), (2, 2_000_000, [1, 1])],
)
def test_requests_a_server_takes(count: int, dimension: int, sizes: list[int]) -> None:
    """At most 250 points and a million numbers in each; every point is in one."""
    written: list[list[str]] = []

    def write(batch: Sequence[Point]) -> None:
        written.append([point.id for point in batch])

    upload(write, points(count, dimension))
    assert sorted(map(len, written)) == sizes
    assert sorted(name for batch in written for name in batch) == sorted(str(place) for place in range(count))


def test_what_passes_is_tried_again(pauses: list[float]) -> None:
    """A server that is away, overloaded or not ready; it may ask for a longer pause."""
    act = Failing(AWAY, BUSY, refused(503), refused(429))
    insist(act)
    assert (act.calls, pauses) == (5, [0.5, 7, 2, 4])


@pytest.mark.parametrize("error", [AWAY, BUSY, refused(502)])
def test_what_does_not_pass_is_an_error(pauses: list[float], error: Exception) -> None:
    """After five tries the engine's own error is raised."""
    act = Failing(*[error] * 9)
    with pytest.raises(type(error)):
        insist(act)
    assert (act.calls, len(pauses)) == (5, 4)


@pytest.mark.parametrize("error", [refused(400), refused(404), refused(413), ValueError("not found")])
def test_a_refusal_is_not_tried_again(pauses: list[float], error: Exception) -> None:
    """It would be refused again."""
    act = Failing(error)
    with pytest.raises(type(error)):
        insist(act)
    assert (act.calls, pauses) == (1, [])


def test_a_library_on_a_server_that_stumbles(pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Articles are stored and deleted all the same; a server that stays overloaded is a LibraryError."""
    client = QdrantClient(":memory:")
    store = PassageStore(ServerBackend(client, "passages"), IDENTITY)
    for name in ("upsert", "delete"):
        stumble(monkeypatch, client, name, [AWAY, BUSY])
    article = make_article("one", "a", "b")
    put(store, article)
    assert store.passage_count() == 2
    store.delete_articles([article[0].article.id])
    assert (store.passage_count(), pauses) == (0, [0.5, 7, 0.5, 7])
    stumble(monkeypatch, client, "upsert", [BUSY] * 5)
    with pytest.raises(LibraryError, match="Too many requests"):
        put(store, article)


def stumble(monkeypatch: pytest.MonkeyPatch, client: QdrantClient, name: str, errors: list[Exception]) -> None:
    """Let a method fail with each error before it works."""
    failing, works = Failing(*errors), getattr(client, name)

    def method(*arguments: Any, **options: Any) -> Any:
        failing()
        return works(*arguments, **options)

    monkeypatch.setattr(client, name, method)
