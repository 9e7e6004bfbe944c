"""`python -m retrieval.unpack PACK.zip FOLDER`: what `retrieval.pack` wrote, checked and ready to be used."""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import shutil
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import SEEK_CUR
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import BadZipFile, ZipFile

from retrieval.errors import InputError, QAError
from retrieval.pack import BLOCK, SETTINGS_FILE, SUMS_FILE

ENVIRONMENT_FILE = "qa.env"
_PATHS = ("QA_LIBRARY", "QA_ENCODER", "QA_RERANKER", "QA_READER", "QA_TRANSLATIONS")
_NUMBERS = ("QA_CANDIDATES", "QA_RERANK_DEPTH")
# What reading a damaged zip raises: NotImplementedError for an unknown compression, RuntimeError for a password.
_UNREADABLE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def unpack(pack: Path, folder: Path) -> Path:
    """Write a pack's files into a new folder, with `qa.env` that makes the application use them; return that file.

    InputError if the folder exists, if the pack is damaged or not one of ours, and if there is no room; then nothing is
    left behind.
    """
    if folder.exists():
        raise InputError(f"{folder} exists already; give the name of a new folder.")
    with unpacked(pack, folder) as part:
        settings = _settings(pack, part, folder.absolute())
        (part / ENVIRONMENT_FILE).write_text(settings, encoding="utf-8")
        part.rename(folder)
    return folder / ENVIRONMENT_FILE


@contextmanager
def unpacked(pack: Path, folder: Path) -> Iterator[Path]:
    """Give a folder beside `folder` with a pack's files, each as it was packed; what is left of it in the end goes.

    InputError as from `unpack`, for what is done with the files too.
    """
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        _check(pack, part, _extract(pack, part))
        yield part
    except _UNREADABLE as error:
        raise _damaged(pack, str(error)) from error
    except OSError as error:
        raise InputError(f"{pack} cannot be unpacked into {folder}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _extract(pack: Path, folder: Path) -> dict[str, str]:
    """Write the files and return their SHA-256; only plain files with names inside the folder are taken."""
    sums: dict[str, str] = {}
    with ZipFile(pack) as archive:
        for name in archive.namelist():
            if not _is_inside(name) or name.endswith("/") or name in sums:
                raise _damaged(pack, f"it holds {name}, which is not a plain file inside it")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as content, target.open("xb") as file:
                sums[name] = _copy(content, file)
    return sums


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _copy(content: IO[bytes], file: IO[bytes]) -> str:
    """Write a file, its empty blocks as holes that take no room; return its SHA-256."""
    digest = hashlib.sha256()
    while block := content.read(BLOCK):
        digest.update(block)
        if block.count(0) == len(block):
            file.seek(len(block), SEEK_CUR)
        else:
            file.write(block)
    file.truncate()
    return digest.hexdigest()


def _check(pack: Path, folder: Path, sums: dict[str, str]) -> None:
    """Raise InputError unless the files are exactly those that the pack's list of sums names."""
    if not {SUMS_FILE, SETTINGS_FILE} <= sums.keys():
        raise _damaged(pack, f"{SUMS_FILE} or {SETTINGS_FILE} is missing")
    lines = (folder / SUMS_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = {name: digest for name, digest in sums.items() if name != SUMS_FILE}
    wrong = sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))
    if wrong:
        raise _damaged(pack, f"{wrong[0]} is not as it was packed")


def _settings(pack: Path, part: Path, folder: Path) -> str:
    """Return the settings as lines of a shell, with the paths that they will have in the folder."""
    try:
        values = json.loads((part / SETTINGS_FILE).read_text(encoding="utf-8"))
        places = {name: PurePosixPath(values[name]) for name in _PATHS}
        numbers = {name: int(values[name]) for name in _NUMBERS}
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(pack, f"{SETTINGS_FILE} lacks a setting") from error
    for place in places.values():
        if not _is_inside(str(place)) or not (part / place).exists():
            raise _damaged(pack, f"{place} is not inside it")
    paths = {name: shlex.quote(str(folder / place)) for name, place in places.items()}
    settings = {"HF_HUB_OFFLINE": 1, "QDRANT_URL": "", **paths, **numbers}
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _damaged(pack: Path, reason: str) -> InputError:
    return InputError(f"{pack} is damaged or was not made by this application: {reason}. Copy it again.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when everything is in place, 2 after an error."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.unpack", description="Check and unpack what python -m retrieval.pack wrote."
    )
    parser.add_argument("pack", type=Path, metavar="PACK.zip")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder; it may be anywhere, but stays there")
    chosen = parser.parse_args(arguments)
    try:
        environment = unpack(chosen.pack, chosen.folder)
    except QAError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"Ready. In the shell that starts the application: set -a; . {shlex.quote(str(environment))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
