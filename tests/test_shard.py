"""Parts of the files, each added by itself, give the collection that one run gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from conftest import IDENTITY, LetterEncoder, OpenStore
from qdrant_client import QdrantClient

from ingest.__main__ import main
from ingest.pipeline import InputFile, ingest_files
from ingest.shard import Shard
from retrieval.errors import EncoderMismatch, InputError, LibraryError
from retrieval.passages import EncoderIdentity, Passage, Selection, Vectors
from retrieval.store.passage_store import PassageStore
from retrieval.store.server import ServerBackend

PARTS = 8
NAMES = [f"folder/{number}.md" for number in range(40)]

# Worked out with the command b2sum -l 64.
THIRD = ["folder/9.md", "folder/13.md", "folder/16.md", "folder/22.md", "folder/23.md", "folder/32.md"]


def text_of(name: str) -> bytes:
    """Return an article of a few passages, with letters to tell them apart."""
    number = int(name.split("/")[1].split(".")[0])
    sections = (f"# {name} {section}\n\n" + "a b c " * (number + section) for section in range(2))
    return "\n\n".join(sections).encode()


FILES = [InputFile(name, 1, lambda name=name: text_of(name)) for name in NAMES]  # type: ignore[misc]


def part(number: int) -> list[InputFile]:
    """Return the files of a part."""
    return [file for file in FILES if Shard(number, PARTS).holds(file.name)]


def content(store: PassageStore) -> dict[str, tuple[dict[str, Any], list[float]]]:
    """Return every passage by its id, but for the time it was added, and its score against each axis."""
    kept: dict[str, tuple[dict[str, Any], list[float]]] = {}
    for article in store.articles():
        for passage in store.passages(article.id):
            kept[passage.id] = (fields(passage), [])
    for axis in LetterEncoder().encode_questions(["a", "b", "c"]):
        for hit in store.nearest(axis, 10_000, Selection()):
            kept[hit.passage.id][1].append(hit.score)
    return kept


def fields(passage: Passage) -> dict[str, Any]:
    """Return a passage's fields without the time."""
    values = {name: getattr(passage, name) for name in Passage.__slots__ if name != "article"}
    article = {name: getattr(passage.article, name) for name in passage.article.__slots__ if name != "added"}
    return {**values, **article}


def test_each_name_is_in_one_part() -> None:
    """The parts are disjoint, together everything, and of about the same size."""
    names = [f"{number}.md" for number in range(8000)]
    sizes = [sum(Shard(number, PARTS).holds(name) for name in names) for number in range(1, PARTS + 1)]
    assert [sum(Shard(number, PARTS).holds(name) for number in range(1, PARTS + 1)) for name in names] == [1] * 8000
    assert min(sizes) > 900
    assert all(Shard().holds(name) for name in names)


def test_the_part_of_a_name_never_changes() -> None:
    """Machines with other versions agree: the first 8 bytes of BLAKE2b, big end first, modulo the parts."""
    assert [name for name in NAMES if Shard(3, PARTS).holds(name)] == THIRD


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "3/", "/8", "3/8/8", "-1/8", "1/0", "a/b", "三/8", "1.5/2"])
def test_what_is_no_part(text: str) -> None:
    """The message says how to write one."""
    with pytest.raises(InputError, match=r"from 1/8 to 8/8"):
        Shard.parse(text)


def test_parts_give_the_same_collection(open_library: OpenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight runs, in any order, one of them stopped in the middle and run again, equal one run."""
    monkeypatch.setattr("ingest.pipeline.ENCODE_SIZE", 3)
    whole = open_library(IDENTITY)
    ingest_files(FILES, LetterEncoder(), whole)
    expected = content(whole)
    for article in whole.articles():
        whole.delete_articles([article.id])
    assert len(expected) == 60
    for number in (5, 3, 8, 1, 2, 7, 4, 6):
        store = open_library(IDENTITY)
        before = store.passage_count()
        if number == 8:
            with pytest.raises(LibraryError, match="the machine stopped"):
                ingest_files(part(number), Stopping(), store)
            assert store.passage_count() > before
            store = open_library(IDENTITY)
        ingest_files(part(number), LetterEncoder(), store)
    assert content(open_library(IDENTITY)) == expected


class Stopping(LetterEncoder):
    """Fails at the second batch."""

    batches = 0

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the letter counts once."""
        self.batches += 1
        if self.batches == 2:
            raise LibraryError("the machine stopped")
        return super().encode_passages(texts)


def test_the_command_adds_one_part(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """--shard 3/8 takes the third part; all parts together are all files, and nothing is added twice."""
    (tmp_path / "docs" / "folder").mkdir(parents=True)
    for name in NAMES:
        (tmp_path / "docs" / name).write_bytes(text_of(name)[:60])
    assert main([str(tmp_path / "docs"), "--shard", "3/8", "--list"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{len(THIRD)} files: {len(THIRD)} articles added")
    assert sorted(line.split("\t")[0] for line in out.splitlines()[1:]) == sorted(THIRD)
    assert main([str(tmp_path / "docs"), "--shard", "9/8"]) == 2
    assert "--shard 9/8: write which part" in capsys.readouterr().err


class Overtaken(ServerBackend):
    """A server on which another process makes the collection just before this one does."""

    other = IDENTITY

    def create(self, identity: EncoderIdentity) -> None:
        """Let the other process be first."""
        PassageStore(ServerBackend(self._client, "passages"), self.other)
        super().create(identity)


def test_two_machines_that_make_the_collection_at_once() -> None:
    """The second takes the first one's, unless that is for another encoder."""
    client = QdrantClient(":memory:")
    store = PassageStore(Overtaken(client, "passages"), IDENTITY)
    ingest_files(FILES[:1], LetterEncoder(), store)
    assert store.passage_count() == PassageStore(ServerBackend(client, "passages"), IDENTITY).passage_count() > 0
    Overtaken.other = EncoderIdentity("other", "w", 3, "dot", "plain")
    with pytest.raises(EncoderMismatch):
        PassageStore(Overtaken(QdrantClient(":memory:"), "passages"), IDENTITY)
