"""The embedded library: reopening, damage, locks, interrupted writes and threads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import IDENTITY, asked, make_article, put, texts_of

from retrieval.errors import LibraryError, LibraryInUse
from retrieval.passages import Passage, Selection
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

ROOT = Path(__file__).resolve().parent.parent
A = np.array([1, 0, 0], np.float32)


def open_edge(folder: Path) -> PassageStore:
    """Open the library in `folder`."""
    return PassageStore(EdgeBackend(folder), IDENTITY)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Give the folder of a closed library with one article."""
    with closing(open_edge(tmp_path / "library")) as store:
        put(store, make_article("one", "a tea", "b 茶"))
    return tmp_path / "library"


@contextmanager
def as_common_user() -> Iterator[None]:
    """Give up root's right to write anywhere."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_reopening_keeps_everything(library: Path) -> None:
    """Passages, vectors, words and counts are there after each of two openings."""
    for _ in range(2):
        with closing(open_edge(library)) as store:
            (article,) = store.articles()
            assert store.passages(article.id) == make_article("one", "a tea", "b 茶")
            assert store.language_counts() == {"en": 2}
            assert texts_of(store.nearest(A, 1, Selection())) == ["a tea"]
            assert texts_of(store.matching(asked("茶"), 9, Selection())) == ["b 茶"]


def test_a_library_left_half_made_is_made_again(library: Path) -> None:
    """Without library.json, which is written last, opening makes the library anew in the same folder."""
    (library / "library.json").unlink()
    with closing(open_edge(library)):
        assert (library / "library.json").exists()


def test_a_second_opening_is_refused(library: Path) -> None:
    """The message names the folder and three ways out."""
    with closing(open_edge(library)), pytest.raises(LibraryInUse) as caught:
        open_edge(library)
    for part in (str(library), "on the page itself", "stop the page", "QDRANT_URL"):
        assert part in str(caught.value)


def test_a_second_process_is_told_without_a_traceback(tmp_path: Path) -> None:
    """`python -m ingest` beside an open page ends with 2 and the three ways out."""
    (tmp_path / "tea.md").write_text("Tea is a drink.")
    settings = {**os.environ, "QA_LIBRARY": str(tmp_path / "library"), "QA_DEVICE": "cpu", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "ingest", "tea.md"]
    with closing(open_edge(tmp_path / "library")):
        done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    for part in (str(tmp_path / "library"), "on the page itself", "stop the page", "QDRANT_URL"):
        assert part in done.stderr


def spoil_segments(folder: Path) -> None:
    """Empty the engine's files."""
    for file in (folder / "shard" / "segments").rglob("*"):
        if file.is_file():
            file.write_bytes(b"")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "library.json").write_text(""),
        lambda folder: (folder / "library.json").write_text("[]"),
        lambda folder: (folder / "library.json").write_text('{"name": "letters"}'),
        lambda folder: (folder / "library.json").write_bytes(b"\xff\xfe"),
        lambda folder: shutil.rmtree(folder / "shard"),
        lambda folder: (folder / "shard" / "edge_config.json").write_text("{"),
        spoil_segments,
    ],
)
def test_damage_is_named(library: Path, spoil: Callable[[Path], object]) -> None:
    """The message says what to do with which folder."""
    spoil(library)
    with pytest.raises(LibraryError) as caught:
        open_edge(library)
    assert "damaged" in str(caught.value)
    assert str(library) in str(caught.value)
    assert "add your files again" in str(caught.value)


def test_a_folder_that_cannot_be_used_is_named(library: Path, tmp_path: Path) -> None:
    """A file in its place, no right to make it, to enter it or to write in it."""
    (tmp_path / "file").touch()
    (tmp_path / "secret").mkdir(mode=0)
    tmp_path.chmod(0o555)
    for folder, reason in (
        ("file", "cannot be made: Not a directory"),
        ("file/library", "cannot be made: Not a directory"),
        ("new", "cannot be made: Permission denied"),
        ("secret/library", "cannot be opened: Permission denied"),
        ("library", "You may not read and write"),
    ):
        if os.geteuid() and folder == "library":
            continue  # its files are ours
        with as_common_user(), pytest.raises(LibraryError, match=reason) as caught:
            open_edge(Path(folder))
        assert folder in str(caught.value)
    tmp_path.chmod(0o755)
    assert library.exists()


def version(number: int, texts: list[str]) -> list[Passage]:
    """Return a version of the article "one", added in that minute."""
    article = make_article("one", *texts, version=str(number))
    info = replace(article[0].article, added=f"2026-01-01T00:{number:02}:00.000+00:00")
    return [replace(passage, article=info) for passage in article]


@pytest.mark.parametrize("written", [0, 1, 2, 3])
def test_an_interrupted_replacement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int) -> None:
    """Opening undoes a new version that is not whole, and finishes one that is; other articles stay."""
    old, new = version(1, ["a", "b"]), version(2, ["aa", "bb", "cc"])
    other = make_article("other", "c")
    with closing(open_edge(tmp_path / "library")) as store:
        put(store, old, other)
        with monkeypatch.context() as patch:
            patch.setattr(EdgeBackend, "delete", lambda *arguments: None)
            put(store, *([new[:written]] if written else []))
        assert store.passage_count() == 3 + written
    with closing(open_edge(tmp_path / "library")) as store:
        assert store.passages(old[0].article.id) == (new if written == 3 else old)
        assert store.passages(other[0].article.id) == other
        assert store.passage_count() == (4 if written == 3 else 3)


def test_an_interrupted_first_version_leaves_nothing(tmp_path: Path) -> None:
    """A new article that is not whole is gone at the next opening."""
    with closing(open_edge(tmp_path / "library")) as store:
        put(store, version(1, ["a", "b"])[:1])
    with closing(open_edge(tmp_path / "library")) as store:
        assert (store.passage_count(), store.articles()) == (0, [])


def test_threads_write_and_read_at_once(tmp_path: Path) -> None:
    """Of 8 threads writing 100 articles each beside 2 reading, nothing is lost and no read fails."""
    articles = [[make_article(f"{t}-{n}", f"a {t} {n}", f"b {t} {n}") for n in range(100)] for t in range(8)]

    def read(store: PassageStore) -> None:
        for _ in range(100):
            assert all(hit.score == hit.passage.text.count("a") for hit in store.nearest(A, 5, Selection()))
            assert {hit.passage.text.split()[1] for hit in store.matching(asked("7"), 5, Selection())} <= set(
                map(str, range(100))
            )
            store.articles()

    with closing(open_edge(tmp_path / "library")) as store:
        with ThreadPoolExecutor(10) as pool:
            writing = [pool.submit(put, store, *share) for share in articles]
            for future in [*writing, *(pool.submit(read, store) for _ in range(2))]:
                future.result()
        stored = [article for share in articles for article in share]
        assert store.passage_count() == 1600
        assert [store.passages(article[0].article.id) for article in stored] == stored


def test_the_whole_library_is_read_once_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists and counts are read again after a write only, and a caller who changes a list changes his own."""
    read: list[str] = []
    for name in ("scroll", "facet", "count"):
        act = getattr(EdgeBackend, name)
        monkeypatch.setattr(EdgeBackend, name, lambda *given, act=act, name=name: read.append(name) or act(*given))
    with closing(open_edge(tmp_path / "library")) as store:
        put(store, make_article("one", "a tea", "b tea"))
        for passages in (2, 0):
            read.clear()
            for _ in range(3):
                assert (store.passage_count(), sum(store.language_counts().values())) == (passages, passages)
                store.articles().clear()
                assert len(store.articles()) == passages // 2
            assert sorted(read) == ["count", "facet", "scroll"]
            store.delete_articles([make_article("one", "a tea")[0].article.id])
