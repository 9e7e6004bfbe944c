"""A library saved in one file comes back as it was, over nothing, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest
from conftest import IDENTITY, make_article, put

from ingest.__main__ import main
from retrieval.backup import backup, restore
from retrieval.errors import InputError, LibraryError, LibraryInUse, QAError, SettingError
from retrieval.pack import write_zip
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

TEA = make_article("tea", "a tea", "b 茶")
HERE, THERE = Settings(library=Path("library")), Settings(library=Path("new", "place"))


def open_edge(settings: Settings) -> PassageStore:
    """Open the library."""
    return PassageStore(EdgeBackend(settings.library), IDENTITY)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a library of one article and some thumbs, and the file of it."""
    folder = tmp_path_factory.mktemp("made")
    here = Settings(library=folder / "library")
    with closing(open_edge(here)) as store:
        put(store, TEA)
    (folder / "library" / "feedback.jsonl").write_text("{}\n")
    backup(here, folder / "saved.zip")
    return folder


@pytest.fixture
def saved(made: Path, tmp_path: Path) -> Path:
    """Give a copy of the file."""
    return Path(shutil.copy(made / "saved.zip", tmp_path))


@pytest.fixture
def here(made: Path, tmp_path: Path) -> Settings:
    """Give a copy of the library."""
    shutil.copytree(made / "library", tmp_path / "library")
    return HERE


def contents(folder: Path) -> dict[str, bytes]:
    """Return a folder's files."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_library_comes_back(here: Settings, saved: Path, tmp_path: Path) -> None:
    """Every file is the same, and nothing else is written; the file can't be put inside the library."""
    expected = contents(here.library)
    restore(THERE, saved)
    assert contents(THERE.library) == expected
    assert sorted(path.name for path in tmp_path.rglob("*") if path.parent in (tmp_path, tmp_path / "new")) == [
        "library",
        "new",
        "place",
        "saved.zip",
    ]
    with closing(open_edge(THERE)) as store:
        assert store.passages(TEA[0].article.id) == TEA
    with pytest.raises(InputError, match="is inside the library"):
        backup(here, here.library / "saved.zip")


def test_an_empty_library_gives_way(saved: Path) -> None:
    """One that was opened and never filled, and an empty folder."""
    open_edge(THERE).close()
    restore(THERE, saved)
    Path("bare").mkdir()
    restore(Settings(library=Path("bare")), saved)
    for settings in (THERE, Settings(library=Path("bare"))):
        with closing(open_edge(settings)) as store:
            assert store.passage_count() == 2


def test_nothing_is_written_over(here: Settings, saved: Path) -> None:
    """Neither a library with passages, nor an empty one with thumbs, nor a folder or file of something else."""
    open_edge(THERE).close()
    (THERE.library / "feedback.jsonl").touch()
    Path("other").mkdir()
    Path("other", "letter.txt").touch()
    for folder in (here.library, THERE.library, Path("other"), saved):
        before = sorted(folder.rglob("*"))
        with pytest.raises(LibraryError, match="is not empty, and nothing is written over") as caught:
            restore(Settings(library=folder), saved)
        assert str(folder.absolute()) in str(caught.value)
        assert sorted(folder.rglob("*")) == before


def flip(path: Path) -> None:
    """Change a bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (flip, "is damaged or was not made by this application"),
        (lambda path: os.truncate(path, path.stat().st_size // 2), "is damaged"),
        (lambda path: path.write_bytes(b""), "is damaged"),
        (lambda path: write_zip({"models/a": Path(__file__)}, b"{}", path), "no library in"),
        (Path.unlink, "No such file"),
    ],
)
def test_a_damaged_file_changes_nothing(saved: Path, spoil: Callable[[Path], object], message: str) -> None:
    """The place is as before, whether there was an empty library or nothing."""
    open_edge(THERE).close()
    spoil(saved)
    for settings in (THERE, Settings(library=Path("absent"))):
        with pytest.raises(InputError, match=message):
            restore(settings, saved)
    with closing(open_edge(THERE)) as store:
        assert store.passage_count() == 0
    assert not list(Path().rglob("*.part"))
    assert not Path("absent").exists()


@pytest.mark.parametrize("act", [backup, restore])
def test_what_cannot_be_done(here: Settings, saved: Path, act: Callable[[Settings, Path], None]) -> None:
    """A library that is open elsewhere, and one on a server, whose files are not here."""
    with pytest.raises(SettingError, match="QDRANT_URL is set"):
        act(Settings(qdrant_url="http://localhost:6333"), saved)
    with closing(open_edge(THERE if act is restore else here)), pytest.raises(LibraryInUse):
        act(THERE if act is restore else here, saved)


def test_no_library_no_file(tmp_path: Path) -> None:
    """There is nothing to save, and a full disk leaves an older file as it was."""
    with pytest.raises(QAError, match="There is no library"):
        backup(THERE, tmp_path / "saved.zip")
    assert list(tmp_path.iterdir()) == []


def test_the_two_commands(
    here: Settings, saved: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No model is loaded; the way back is named, and what came back is counted."""
    monkeypatch.setenv("QA_ENCODER", "nowhere")
    assert main(["--backup", "again.zip"]) == 0
    assert capsys.readouterr().out.endswith("MB. To get it back: python -m ingest --restore again.zip\n")
    with ZipFile("again.zip") as one, ZipFile(saved) as other:
        assert one.namelist() == other.namelist()
    monkeypatch.setenv("QA_LIBRARY", "elsewhere")
    assert main(["--restore", "again.zip"]) == 0
    assert capsys.readouterr().out == "Restored: 2 passages with letters, in elsewhere.\n"
    assert main(["--restore", "again.zip"]) == 2
    assert "is not empty" in capsys.readouterr().err
