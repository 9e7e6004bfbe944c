"""`python -m ingest` killed at random moments: the same command then finishes, and nothing is lost, doubled or redone.

The seed is printed; TORTURE_SEED sets it.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from mixed_files import write_mixed
from mortal_command import CountingEncoder, start

from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

SEED = int(os.environ.get("TORTURE_SEED") or time.time_ns() % 10**6)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Act:
    """A command on a copy of a library: what it leaves uninterrupted, its work and how long it takes."""

    before: Path
    encoder: CountingEncoder
    arguments: tuple[str, ...]
    after: list[Any]
    work: int
    seconds: float

    @classmethod
    def measured(cls, before: Path, encoder: CountingEncoder, *arguments: str) -> Act:
        """Run the command to its end, once."""
        folder = copied(before, "whole")
        encoder.encoded()
        begun = time.perf_counter()
        assert finish(folder, encoder, *arguments) == 0
        return cls(
            before, encoder, arguments, contents(folder, encoder), encoder.encoded(), time.perf_counter() - begun
        )

    def survive(self, chance: random.Random) -> float | None:
        """Kill the command at a random moment, then run it again; return the share of its work that was done twice.

        None if it had ended before the moment came.
        """
        folder = copied(self.before, "killed")
        process = start(folder, self.encoder, *self.arguments)
        process.join(chance.random() * self.seconds)
        process.kill()
        process.join()
        if process.exitcode != -signal.SIGKILL:
            self.encoder.encoded()
            return None
        code = finish(folder, self.encoder, *self.arguments)
        # A deletion is done whole or not at all: done, its names are not known any more.
        assert code == 0 or (code == 2 and "--delete" in self.arguments)
        assert contents(folder, self.encoder) == self.after
        return (self.encoder.encoded() - self.work) / max(1, self.work)


def copied(library: Path, name: str) -> Path:
    """Return a copy of a library, if there is one, in place of the last of that name."""
    folder = library.parent / name
    shutil.rmtree(folder, ignore_errors=True)
    if library.exists():
        shutil.copytree(library, folder)
    return folder


def finish(library: Path, encoder: CountingEncoder, *arguments: str) -> int | None:
    """Run the command to its end; return its exit code."""
    process = start(library, encoder, *arguments)
    process.join(900)
    return process.exitcode


def contents(library: Path, encoder: CountingEncoder) -> list[Any]:
    """Return all points of a library with their vectors, without the time they were added."""
    with closing(PassageStore(EdgeBackend(library), encoder.identity)) as store:
        found = [stored for stored in store.stored() if stored]
        assert len(found) == store.passage_count() == sum(article.passage_count for article in store.articles())
    return [
        (replace(one.passage, article=replace(one.passage.article, added="")), one.vector.tolist(), one.words_agree)
        for one in found
    ]


def survive(act: Act, kills: int, say: Say) -> None:
    """Let a command survive this many kills."""
    chance = random.Random(SEED)
    shares: list[float] = []
    while len(shares) < kills:
        share = act.survive(chance)
        if share is not None:
            shares.append(share)
    say(f"{len(shares)} kills in {act.seconds:.1f} s, {act.work} passages, at most {max(shares):.1%} encoded twice")
    assert max(shares) <= 0.05


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Say:
    """Give a function that tells a figure to the person who runs this."""

    def tell(line: str) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}, seed {SEED}: {line}", flush=True)  # noqa: T201

    return tell


@pytest.fixture
def encoder(tmp_path: Path) -> CountingEncoder:
    """Give an encoder that counts in a file of this test."""
    return CountingEncoder(tmp_path / "work", "lengths")


def test_a_run_survives_two_kills(tmp_path: Path, encoder: CountingEncoder, say: Say) -> None:
    """The quick share: 20 files into an empty library; a batch is a large part of so few, so work is not counted."""
    write_mixed(tmp_path / "files", 20)
    act = Act.measured(tmp_path / "none", encoder, str(tmp_path / "files"))
    assert len(act.after) == act.work > 100
    chance = random.Random(SEED)
    survived = 0
    while survived < 2:
        survived += act.survive(chance) is not None


@pytest.mark.torture
def test_adding_survives(tmp_path: Path, encoder: CountingEncoder, say: Say) -> None:
    """Fifty kills while 300 files are added, a part of them in place of older versions."""
    write_mixed(tmp_path / "older", 300, old=100)
    write_mixed(tmp_path / "files", 300)
    assert finish(tmp_path / "library", encoder, str(tmp_path / "older")) == 0
    survive(Act.measured(tmp_path / "library", encoder, str(tmp_path / "files")), 50, say)


@pytest.mark.torture
@pytest.mark.parametrize("command", ["--delete", "--rebuild"])
def test_deleting_and_rebuilding_survive(tmp_path: Path, encoder: CountingEncoder, say: Say, command: str) -> None:
    """Ten kills each of a deletion of 60 articles and of a rebuild for another encoder."""
    write_mixed(tmp_path / "files", 300)
    assert finish(tmp_path / "library", encoder, str(tmp_path / "files")) == 0
    names = [f"{number}.txt" for number in range(0, 300, 8)] + [f"{number}.md" for number in range(1, 180, 8)]
    other = CountingEncoder(encoder.work, "lengths again")
    act = (
        Act.measured(tmp_path / "library", encoder, "--delete", *names)
        if command == "--delete"
        else Act.measured(tmp_path / "library", other, "--rebuild")
    )
    survive(act, 10, say)
