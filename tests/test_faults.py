"""A full disk, damaged files and a clock set back: a clear message, and what was stored stays readable."""

from __future__ import annotations

import os
from collections import namedtuple
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import IDENTITY, make_article, put

from ingest.__main__ import main
from retrieval.errors import LibraryError
from retrieval.passages import Passage
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

TEA, SILK = make_article("tea", "a tea", "b 茶"), make_article("silk", "a silk")
_Usage = namedtuple("_Usage", "free")


def open_edge() -> PassageStore:
    """Open the library."""
    return PassageStore(EdgeBackend(Path("library")), IDENTITY)


def leave(patch: pytest.MonkeyPatch, megabytes: int) -> None:
    """Let the disk have this room left; the engine itself is killed by a bus error where there is none."""
    patch.setattr("retrieval.store.folder.disk_usage", lambda path: _Usage(megabytes * 10**6))


def test_a_disk_that_fills_up_while_adding() -> None:
    """The run ends with the room left and needed; what was there stays whole and is read; with room it goes on."""
    with closing(open_edge()) as store:
        put(store, TEA)
        with pytest.MonkeyPatch.context() as patch:
            leave(patch, 64)
            with pytest.raises(LibraryError, match="has 64 MB left, and 64 MB are needed") as caught:
                put(store, SILK)
            assert "Nothing was written" in str(caught.value)
            assert store.passages(TEA[0].article.id) == TEA
            assert store.articles() == [TEA[0].article]
        put(store, SILK)
        assert store.passage_count() == 3


@pytest.mark.parametrize("act", ["open", "delete"])
def test_no_room_even_to_open(act: str) -> None:
    """Opening and deleting write too; afterwards all is there."""
    with closing(open_edge()) as store:
        put(store, TEA)
        with pytest.MonkeyPatch.context() as patch:
            leave(patch, 63)
            if act == "open":
                store.close()
            with pytest.raises(LibraryError, match="has 63 MB left, and 64 MB are needed"):
                open_edge() if act == "open" else store.delete_articles([TEA[0].article.id])
    with closing(open_edge()) as store:
        assert store.passages(TEA[0].article.id) == TEA


def test_no_room_for_a_new_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with 2 and one line, and makes no folder."""
    (tmp_path / "tea.txt").write_text("Tea is a drink.")
    leave(monkeypatch, 0)
    assert main(["tea.txt"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("The disk of the library in library has 0 MB left, and 64 MB are needed")
    assert [path.name for path in tmp_path.iterdir()] == ["tea.txt"]


def cut_wal() -> None:
    """The engine says that it can't be opened."""
    os.truncate("library/shard/wal/first-index", 3)


def cut_index() -> None:
    """The engine panics."""
    for path in Path("library/shard/segments").rglob("has_values/status.dat"):
        os.truncate(path, path.stat().st_size // 2)


def flip_manifest() -> None:
    """A bit of the file that names the encoder: no JSON any more."""
    path = Path("library/library.json")
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


@pytest.mark.parametrize("damage", [cut_wal, cut_index, flip_manifest])
def test_damaged_files(damage: object, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the folder and what to do; the command ends with 2 and no traceback."""
    with closing(open_edge()) as store:
        put(store, TEA)
    damage()  # type: ignore[operator]
    with pytest.raises(LibraryError, match="damaged") as caught:
        open_edge()
    assert "Move the folder library away and add your files again" in str(caught.value)
    assert main(["--check"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_half_written_manifest_is_never_seen() -> None:
    """What a crash leaves beside the file while it is written does not count."""
    with closing(open_edge()) as store:
        put(store, TEA)
    Path("library/library.part").write_text('{"name": "let')
    with closing(open_edge()) as store:
        assert store.passages(TEA[0].article.id) == TEA


def added(article: list[Passage], when: str) -> list[Passage]:
    """Return the article as added at a time."""
    info = replace(article[0].article, added=when)
    return [replace(passage, article=info) for passage in article]


def test_a_clock_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer version with an earlier time replaces the older; stopped half-way one of both stays, whole."""
    old = added(make_article("tea", "a old", version="1"), "2030-01-01T00:00:00.000+00:00")
    new = added(make_article("tea", "a new", "b", version="2"), "2020-01-01T00:00:00.000+00:00")
    with closing(open_edge()) as store:
        put(store, old, new)
        assert store.passages(new[0].article.id) == new
        put(store, old)
        with monkeypatch.context() as patch:
            patch.setattr(EdgeBackend, "delete", lambda *arguments: None)
            put(store, new)
    with closing(open_edge()) as store:
        assert store.passages(old[0].article.id) == old
        put(store, new)  # the same command again
        assert store.passages(new[0].article.id) == new
