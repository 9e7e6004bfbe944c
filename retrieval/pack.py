"""`python -m retrieval.pack PACK.tar`: models, library and settings in one file, for a machine without a network.

A tar: weights and vectors do not get smaller, it is written and read in one go, and every Linux machine reads it. In
it are `library/`, `models/`, `settings.json` and, last, `SHA256SUMS`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO

from retrieval.checkpoints import cached_id, find_folder, model_files
from retrieval.errors import InputError, LibraryError, ModelError, QAError, SettingError
from retrieval.opening import load_models
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

SETTINGS_FILE, SUMS_FILE = "settings.json", "SHA256SUMS"


def pack(settings: Settings, out: Path) -> None:
    """Write what the settings name into a tar; the library stays closed to others meanwhile.

    The models are loaded first: what does not load here would not load there. Raises LibraryInUse if the library is
    open elsewhere, LibraryError if there is none, SettingError if it is on a server, InputError if the file can't be
    written; an unfinished file is deleted.
    """
    if settings.qdrant_url:
        raise SettingError(
            "QDRANT_URL is set, and a library on a server cannot be packed. Unset it and pack an embedded library; "
            "Qdrant's own snapshots carry one from server to server."
        )
    encoder = load_models(settings).encoder
    with closing(EdgeBackend(settings.library)) as backend:
        if backend.identity() is None:
            raise LibraryError(f"There is no library in {settings.library}. Add files first: python -m ingest PATH…")
        PassageStore(backend, encoder.identity)  # refuses another encoder's, and mends what was interrupted
        library = {
            f"library/{path.relative_to(settings.library).as_posix()}": path
            for path in sorted(settings.library.rglob("*"))
            if path.is_file()
        }
        models, places = _place_models([settings.encoder, settings.reranker, settings.reader])
        values = {
            "QA_LIBRARY": "library",
            "QA_ENCODER": places[0],
            "QA_RERANKER": places[1],
            "QA_READER": places[2],
            "QA_CANDIDATES": settings.candidates,
            "QA_RERANK_DEPTH": settings.rerank_depth,
        }
        write_tar({**library, **models}, json.dumps(values, indent=1).encode(), out)


def _place_models(names: Sequence[str]) -> tuple[dict[str, Path], list[str]]:
    """Return the models' files by their name in the tar, and each model's folder there.

    Folders that stand beside each other still do so there, since one may use weights of the other; those of the hub's
    cache keep the names by which they are known.
    """
    roots: list[Path] = []
    files: dict[str, Path] = {}
    places = []
    for name in names:
        folder = Path(os.path.abspath(find_folder(name)))
        folder = folder.resolve() if cached_id(folder.resolve()) else folder
        root = folder.parents[2] if cached_id(folder) else folder.parent
        if root not in roots:
            roots.append(root)
        place = f"models/{roots.index(root)}"
        for path in model_files(folder):
            if not path.is_relative_to(root):
                raise ModelError(f"The model in {folder} uses {path}, too far away from it to be packed.")
            files[f"{place}/{path.relative_to(root).as_posix()}"] = path
        places.append(f"{place}/{folder.relative_to(root).as_posix()}")
    return files, places


def write_tar(files: Mapping[str, Path], settings: bytes, out: Path) -> None:
    """Write files by their names in the tar, the settings and the list of sums, whole or not at all."""
    part = out.with_name(f"{out.name}.part")
    sums: dict[str, str] = {}
    try:
        with part.open("wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                for name, path in files.items():
                    with path.open("rb") as content:
                        sums[name] = _add(tar, name, content, path.stat().st_size)
                sums[SETTINGS_FILE] = _add(tar, SETTINGS_FILE, io.BytesIO(settings), len(settings))
                lines = "".join(_sum_lines(sums)).encode()
                _add(tar, SUMS_FILE, io.BytesIO(lines), len(lines))
            os.fsync(file.fileno())
        part.replace(out)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror or error}. Choose a place with enough room."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _sum_lines(sums: Mapping[str, str]) -> Iterator[str]:
    """Yield lines in the form of the command sha256sum."""
    for name, digest in sums.items():
        yield f"{digest}  {name}\n"


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> str:
    """Add a file without owner and time, so that equal content makes equal packs; return its SHA-256."""
    info = tarfile.TarInfo(name)
    info.size = size
    digest = hashlib.file_digest(content, "sha256").hexdigest()
    content.seek(0)
    tar.addfile(info, content)
    return digest


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when the file is written, 2 after an error."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.pack",
        description="Write the models, the library and the settings into one file for a machine without a network.",
    )
    parser.add_argument("out", type=Path, metavar="PACK.tar")
    chosen = parser.parse_args(arguments)
    try:
        pack(Settings.from_env(os.environ), chosen.out)
    except QAError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{chosen.out}: {chosen.out.stat().st_size / 10**6:.0f} MB. Over there, in a clone of this ")
    sys.stdout.write("application: python -m retrieval.unpack PACK.tar FOLDER\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
