"""An embedded library in one file, and back: what `retrieval.pack` writes, without the models."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from retrieval.errors import InputError, LibraryError
from retrieval.pack import LIBRARY_FOLDER, library_files, need_embedded, write_zip
from retrieval.settings import Settings
from retrieval.store.backend import Where
from retrieval.store.edge import EdgeBackend
from retrieval.store.folder import LIBRARY, LIBRARY_NAMES
from retrieval.store.opening import open_as_built
from retrieval.unpack import unpacked


def backup(settings: Settings, out: Path) -> None:
    """Write the library's folder, thumbs and evaluations with it, into a zip, whole or not at all.

    Raises LibraryInUse if the library is open elsewhere, LibraryError if there is none, SettingError if it is on a
    server, InputError if the file can't be written.
    """
    need_embedded(settings, "backed up")
    if out.absolute().is_relative_to(settings.library.absolute()):
        raise InputError(f"{out} is inside the library {settings.library}; give a place outside it.")
    with closing(open_as_built(settings)):
        write_zip(library_files(settings.library), b"{}", out)


def restore(settings: Settings, file: Path) -> None:
    """Put the library that `backup` wrote in the place the settings name, once every file is as it was written.

    A library that holds passages, or a folder with anything else in it, is not written over. Raises InputError if the
    file is damaged or there is no room, LibraryError if the place is taken, LibraryInUse if it is open elsewhere,
    SettingError if it is on a server; then nothing has changed.
    """
    need_embedded(settings, "restored")
    folder = settings.library.absolute()
    _need_free(folder)
    with unpacked(file, folder) as part:
        if not (part / LIBRARY_FOLDER / LIBRARY).exists():
            raise InputError(f"There is no library in {file}. Give one that python -m ingest --backup wrote.")
        if folder.exists():
            shutil.rmtree(folder)
        (part / LIBRARY_FOLDER).rename(folder)


def _need_free(folder: Path) -> None:
    """Raise LibraryError unless the folder is absent, or holds nothing but a library without passages."""
    if not folder.exists():
        return
    if folder.is_mount():  # it can't be replaced in one step
        raise LibraryError(f"{folder} is a volume of its own. Name a folder inside it in QA_LIBRARY.")
    is_free = folder.is_dir() and LIBRARY_NAMES.issuperset(path.name for path in folder.iterdir())
    if is_free:
        with closing(EdgeBackend(folder)) as backend:
            is_free = backend.identity() is None or backend.count(Where()) == 0
    if not is_free:
        raise LibraryError(
            f"{folder} is not empty, and nothing is written over. Name another folder in QA_LIBRARY, or move {folder} "
            "away first."
        )
