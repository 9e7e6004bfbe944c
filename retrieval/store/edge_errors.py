"""What goes wrong in the embedded engine, as errors a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import LibraryError, LibraryInUse

_IN_USE = (
    "The library in {folder} is open in another process, most likely the web page. Three ways out: "
    "add your files on the page itself (Library), or stop the page first, "
    "or run a Qdrant server and set QDRANT_URL for both."
)


@contextmanager
def opening(folder: Path, advice: str) -> Iterator[None]:
    """Tell what keeps a library from being opened; `advice` is what to do if it is damaged."""
    try:
        yield
    except BaseException as error:
        if not _is_of_engine(error):
            raise
        if "WouldBlock" in str(error):
            raise LibraryInUse(_IN_USE.format(folder=folder)) from error
        if "Permission denied" in str(error):
            raise LibraryError(f"You may not read and write the library in {folder} ({error}).") from error
        raise LibraryError(f"The library in {folder} is damaged ({error}). {advice}") from error


@contextmanager
def translated(folder: Path, done: str) -> Iterator[None]:
    """Say that the library cannot be `done` for whatever the engine says."""
    try:
        yield
    except LibraryError:
        raise
    except BaseException as error:
        if not _is_of_engine(error):
            raise
        if "WouldBlock" in str(error):
            raise LibraryInUse(_IN_USE.format(folder=folder)) from error
        raise LibraryError(f"The library in {folder} cannot be {done}: {error}") from error


def _is_of_engine(error: BaseException) -> bool:
    # The engine raises bare Exception, and where it panics on a damaged file what is not even that.
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"
