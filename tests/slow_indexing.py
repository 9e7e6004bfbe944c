"""A program to be killed: opens a library, says so, and has it indexed again and again while it adds points."""

from __future__ import annotations

import sys
from contextlib import closing
from itertools import count
from pathlib import Path
from uuid import UUID

from retrieval.bm25 import SparseVector
from retrieval.passages import EncoderIdentity
from retrieval.store.backend import Point, Where
from retrieval.store.edge import EdgeBackend

IDENTITY = EncoderIdentity("numbers", "weights-1", 4, "dot", "plain")
INDEX_FROM, STEP = 300, 20


def point(number: int) -> Point:
    """Return a point that says its number in its vector, its words and its payload."""
    vector = [float(number >> 4 * place & 15) for place in range(4)]
    return Point(str(UUID(int=number)), vector, SparseVector((number,), (1.0,)), {"position": number})


def main(folder: Path) -> None:
    """Add points in groups of 20, after those that are there, and say each time how many there are."""
    with closing(EdgeBackend(folder, index_from=INDEX_FROM)) as backend:
        if backend.identity() is None:
            backend.create(IDENTITY)
        first = backend.count(Where())
        for start in count(first, STEP):
            backend.upsert([point(number) for number in range(start, start + STEP)])
            if (start + STEP) % INDEX_FROM == 0:
                backend.settle()
            print(start + STEP, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
