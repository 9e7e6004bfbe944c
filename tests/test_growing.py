"""A large embedded library: the index made beside the searches, what is written meanwhile, and what an end leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from retrieval.bm25 import SparseVector
from retrieval.errors import LibraryError
from retrieval.passages import EncoderIdentity, Vectors
from retrieval.store import growing
from retrieval.store.backend import Point, Where
from retrieval.store.edge import EdgeBackend

DIMENSION, CLUSTERS, LARGE = 64, 40, 3000
IDENTITY = EncoderIdentity("clusters", "weights-1", DIMENSION, "cosine", "plain")
ALL = Where()


def clustered(count: int, seed: int) -> Vectors:
    """Return unit vectors around 40 centres, the same for every seed."""
    centres = np.random.default_rng(0).normal(size=(CLUSTERS, DIMENSION))
    random = np.random.default_rng(seed)
    vectors = centres[random.integers(0, CLUSTERS, count)] + 0.7 * random.normal(size=(count, DIMENSION))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def points(vectors: Vectors, first: int = 0) -> list[Point]:
    """Return points numbered from `first`, every tenth with the word 7."""
    return [
        Point(
            str(UUID(int=first + row)),
            vector.tolist(),
            SparseVector((7,) if row % 10 == 0 else (8,), (1.0,)),
            {"article_id": str(first + row), "language": "en"},
        )
        for row, vector in enumerate(vectors)
    ]


def found(backend: EdgeBackend, question: Vectors, limit: int = 50) -> list[int]:
    """Return the numbers of the points nearest to a vector."""
    return [int(payload["article_id"]) for payload, _ in backend.nearest(question.tolist(), limit, ALL)]


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[EdgeBackend]:
    """Give a library of 3000 points that is indexed from 1000 on, and is not yet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growing.GrowingShard, "index", lambda self, is_filling=False: None)
        opened = EdgeBackend(tmp_path / "library", index_from=1000)
        opened.create(IDENTITY)
        opened.upsert(points(clustered(LARGE, seed=1)))
    with closing(opened):
        yield opened


def test_a_large_library_is_indexed_and_finds_what_a_scan_finds(backend: EdgeBackend, tmp_path: Path) -> None:
    """At least 98 % of the 50 nearest, words as before; the shard is another, and the one before is gone."""
    vectors, questions = clustered(LARGE, seed=1), clustered(40, seed=2)
    exact = [set(np.argsort(-(vectors @ question))[:50].tolist()) for question in questions]
    assert [set(found(backend, question)) for question in questions] == exact
    backend.index()
    backend.settle()
    with backend._opened.engine() as engine:
        assert growing.unindexed(engine) == (0, LARGE)
    shared = [len(set(found(backend, question)) & truth) for question, truth in zip(questions, exact, strict=True)]
    assert sum(shared) / (50 * len(questions)) >= 0.98
    assert len(backend.matching(SparseVector((7,), (1.0,)), LARGE, ALL)) == LARGE // 10
    assert {path.name for path in (tmp_path / "library").iterdir()} == {"library.json", "shard-2"}


def test_what_is_written_meanwhile_is_there(backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Added, changed and deleted while the copy is indexed: as it is right after, and after opening again."""
    run = growing.GrowingShard._run
    new = clustered(2, seed=3)

    def write_then_run(shard: growing.GrowingShard, place: Path) -> None:
        backend.upsert(points(new[:1], first=LARGE))
        backend.upsert(points(new[1:], first=0))  # instead of the first
        backend.delete(Where(any_of={"article_id": ["1", "2"]}))
        run(shard, place)

    monkeypatch.setattr(growing.GrowingShard, "_run", write_then_run)
    backend.index()
    backend.settle()
    for _ in range(2):
        assert backend.count(ALL) == LARGE - 1
        assert [found(backend, vector, 1) for vector in new] == [[LARGE], [0]]
        folder = backend._folder
        backend.close()
        backend.__init__(folder, index_from=1000)  # type: ignore[misc]


def test_a_small_library_stays_without_index(tmp_path: Path) -> None:
    """Below the number of passages nothing is copied and nothing started."""
    with closing(EdgeBackend(tmp_path / "library", index_from=1000)) as backend:
        backend.create(IDENTITY)
        backend.upsert(points(clustered(900, seed=1)))
        backend.index()
        assert backend._opened._thread is None


def test_closing_gives_up_and_leaves_nothing(backend: EdgeBackend, tmp_path: Path) -> None:
    """Closed while it is indexed, the library is what it was; opened again, it can be indexed."""
    backend.index()
    backend.close()
    assert {path.name for path in (tmp_path / "library").iterdir()} == {"library.json", "shard"}
    with closing(EdgeBackend(tmp_path / "library", index_from=1000)) as again:
        assert again.count(ALL) == LARGE
        again.index()
        again.settle()
        assert again.count(ALL) == LARGE


def test_a_copy_left_by_a_crash_is_deleted(backend: EdgeBackend, tmp_path: Path) -> None:
    """Neither file names it."""
    backend.close()
    (tmp_path / "library" / "shard-3").mkdir()
    with closing(EdgeBackend(tmp_path / "library")):
        assert {path.name for path in (tmp_path / "library").iterdir()} == {"library.json", "shard"}


def test_an_index_that_cannot_be_made_is_told(backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library goes on as it was; the message says so."""
    monkeypatch.setattr(growing.sys, "executable", "/bin/false")
    backend.index()
    with pytest.raises(LibraryError, match=r"is whole, but without an index for all of it.*ended with 1"):
        backend.settle()
    assert backend.count(ALL) == LARGE
