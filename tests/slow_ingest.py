"""A program to kill: it adds generated files to the library in a folder, slowly if asked.

`python slow_ingest.py FOLDER old|new SEED` sleeps a seeded time around every act, so that a kill meets any of
them; with seed 0 it doesn't. It prints a line as it begins and one after its first write.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from ingest.pipeline import InputFile, ingest_files
from retrieval.passages import EncoderIdentity, Vectors
from retrieval.store.backend import Point, Where
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

IDENTITY = EncoderIdentity("lengths", "weights-1", 1, "dot", "plain")
_WORDS = ("ash", "tea", "rock", "silk", "river", "stone", "comet", "bees")
_LONG = 1200  # sentences; the store writes a thousand passages at a time


class Naps:
    """Sleeps up to 40 ms, by the seed; never with seed 0."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed) if seed else None

    def take(self) -> None:
        """Sleep."""
        if self._random:
            time.sleep(self._random.random() * 0.04)


class SlowEncoder:
    """The vector of a text is its length; twelve words at most."""

    identity = IDENTITY
    max_tokens = 12

    def __init__(self, naps: Naps) -> None:
        self._naps = naps

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of words."""
        return [len(text.split()) for text in texts]

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return the lengths."""
        return self.encode_passages(questions)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the lengths."""
        self._naps.take()
        return np.array([[len(text)] for text in texts], np.float32)


class SlowBackend(EdgeBackend):
    """Waits after a write and before a deletion."""

    def __init__(self, folder: Path, naps: Naps) -> None:
        self._naps = naps
        self._has_written = False
        super().__init__(folder)

    def upsert(self, points: Sequence[Point]) -> None:
        """Write, then wait."""
        super().upsert(points)
        if not self._has_written:
            print("written", flush=True)  # noqa: T201
        self._has_written = True
        self._naps.take()

    def delete(self, where: Where) -> None:
        """Wait, then delete."""
        self._naps.take()
        super().delete(where)


def files(version: str) -> list[InputFile]:
    """Return 40 old or 60 new articles, one of them long, a third of them unchanged, and a table that shrinks."""
    made = []
    for number in range(40 if version == "old" else 60):
        seed = f"{number}" if number % 3 == 0 else f"{number} {version}"
        made.append(_file(f"{number}.txt", _text(seed, _LONG if number == 37 else 0)))
    rows = [f"{number},{_text(f'row {number} {version}', 3)}" for number in range(30 if version == "old" else 20)]
    return [*made, _file("table.csv", "\n".join(["id,text", *rows]))]


def _file(name: str, text: str) -> InputFile:
    return InputFile(name, len(text), text.encode)


def _text(seed: str, sentences: int) -> str:
    chance = random.Random(seed)
    count = sentences or chance.randint(4, 10)
    return " ".join(" ".join(chance.choices(_WORDS, k=6)).capitalize() + "." for _ in range(count))


def main(folder: str, version: str, seed: str) -> None:
    """Add the files of a version."""
    naps = Naps(int(seed))
    print("begun", flush=True)  # noqa: T201
    with closing(PassageStore(SlowBackend(Path(folder), naps), IDENTITY)) as store:
        reports = ingest_files(files(version), SlowEncoder(naps), store)
    if any(report.failures for report in reports):
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
