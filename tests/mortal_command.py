"""`python -m ingest` in a process of its own that can be killed, with an encoder that counts its work in a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from ingest import __main__ as command
from retrieval.passages import EncoderIdentity, Vectors

# A server that has loaded everything of the project once and is copied for each run.
_SERVER = get_context("forkserver")
_SERVER.set_forkserver_preload(["ingest.__main__"])


@dataclass(frozen=True, slots=True)
class CountingEncoder:
    """The vector of a text is its length; twelve words at most; the number of texts goes into a file beforehand."""

    work: Path
    name: str
    max_tokens: int = 12
    floor: float = 0.0

    @property
    def identity(self) -> EncoderIdentity:
        """One of its name."""
        return EncoderIdentity(self.name, "weights-1", 1, "dot", "plain")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of words, and of letters that are no Latin ones."""
        return [max(len(text.split()), sum(letter > "⺀" for letter in text) // 2) for text in texts]

    def pieces(self, text: str) -> list[str]:
        """Return the words."""
        return text.split()

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return the lengths."""
        return np.array([[len(question)] for question in questions], np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the lengths."""
        with self.work.open("a") as file:
            file.write(f"{len(texts)}\n")
        return self.encode_questions(texts)

    def encoded(self) -> int:
        """Return how many texts were encoded with this file, and forget them."""
        counts = self.work.read_text().split() if self.work.exists() else []
        self.work.unlink(missing_ok=True)
        return sum(map(int, counts))


def start(library: Path, encoder: CountingEncoder, *arguments: str) -> BaseProcess:
    """Start the command on a library; its exit code is the command's."""
    process = _SERVER.Process(target=_run, args=(library, replace(encoder), arguments))
    process.start()
    return process


def _run(library: Path, encoder: CountingEncoder, arguments: Sequence[str]) -> None:
    os.environ["QA_LIBRARY"] = str(library)
    command.load_encoder = lambda settings: encoder  # type: ignore[assignment]
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        sys.exit(command.main(arguments))
