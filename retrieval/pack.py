"""`python -m retrieval.pack PACK.zip`: models, library and settings in one file, for a machine without a network.

A zip, since each file in it may be deflated or not: a library's files are mostly room kept free, weights do not get
smaller. In it are `library/`, `models/`, `translations/`, `settings.json` and, last, `SHA256SUMS`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from retrieval.checkpoints import cached_id, find_folder, model_files
from retrieval.errors import InputError, LibraryError, ModelError, QAError, SettingError
from retrieval.inference_server import is_address
from retrieval.opening import load_models
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

LIBRARY_FOLDER, SETTINGS_FILE, SUMS_FILE = "library", "settings.json", "SHA256SUMS"
BLOCK = 1 << 20


def pack(settings: Settings, out: Path) -> None:
    """Write what the settings name into a zip; the library stays closed to others meanwhile.

    The models are loaded first: what does not load here would not load there. Raises LibraryInUse if the library is
    open elsewhere, LibraryError if there is none, SettingError if it is on a server, InputError if the file can't be
    written; an unfinished file is deleted.
    """
    need_embedded(settings, "packed")
    names = [settings.encoder, settings.reranker, settings.reader]
    if any(map(is_address, names)):
        raise SettingError("A model on an inference server cannot be packed: name its folder or hub id instead.")
    encoder = load_models(settings).encoder
    with closing(EdgeBackend(settings.library)) as backend:
        if backend.identity() is None:
            raise LibraryError(f"There is no library in {settings.library}. Add files first: python -m ingest PATH…")
        PassageStore(backend, encoder.identity)  # refuses another encoder's, and mends what was interrupted
        library = library_files(settings.library)
        models, places = _place_models(names)
        table = f"translations/{settings.translations.name}"
        values = {
            "QA_LIBRARY": LIBRARY_FOLDER,
            "QA_ENCODER": places[0],
            "QA_RERANKER": places[1],
            "QA_READER": places[2],
            "QA_TRANSLATIONS": table,
            "QA_CANDIDATES": settings.candidates,
            "QA_RERANK_DEPTH": settings.rerank_depth,
        }
        write_zip({**library, **models, table: settings.translations}, json.dumps(values, indent=1).encode(), out)


def need_embedded(settings: Settings, act: str) -> None:
    """Raise SettingError, naming the act, if the library is on a server: its files are not here."""
    if settings.qdrant_url:
        raise SettingError(
            f"QDRANT_URL is set, and a library on a server cannot be {act}. Unset it for an embedded library; the "
            'server makes snapshots itself, with the commands under "Snapshots" in docs/scaling.md.'
        )


def library_files(folder: Path) -> dict[str, Path]:
    """Return an embedded library's files by their names in the zip."""
    return {
        f"{LIBRARY_FOLDER}/{path.relative_to(folder).as_posix()}": path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _place_models(names: Sequence[str]) -> tuple[dict[str, Path], list[str]]:
    """Return the models' files by their name in the zip, and each model's folder there.

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


def write_zip(files: Mapping[str, Path], settings: bytes, out: Path) -> None:
    """Write files by their names in the zip, the settings and the list of sums, whole or not at all."""
    part = out.with_name(f"{out.name}.part")
    sums: dict[str, str] = {}
    try:
        with part.open("wb") as file:
            with ZipFile(file, "w") as archive:
                for name, path in files.items():
                    with path.open("rb") as content:
                        sums[name] = _add(archive, name, content)
                sums[SETTINGS_FILE] = _add(archive, SETTINGS_FILE, BytesIO(settings))
                # In the form of the command sha256sum.
                lines = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
                _add(archive, SUMS_FILE, BytesIO(lines.encode()))
            os.fsync(file.fileno())
        part.replace(out)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror or error}. Choose a place with enough room."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _add(archive: ZipFile, name: str, content: IO[bytes]) -> str:
    """Add a file without owner and time, so that equal content makes equal packs; return its SHA-256."""
    info = ZipInfo(name)
    info.compress_type = ZIP_DEFLATED if name.startswith(f"{LIBRARY_FOLDER}/") else ZIP_STORED
    info.external_attr = 0o644 << 16
    digest = hashlib.sha256()
    with archive.open(info, "w", force_zip64=True) as target:
        while block := content.read(BLOCK):
            digest.update(block)
            target.write(block)
    return digest.hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when the file is written, 2 after an error."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.pack",
        description="Write the models, the library and the settings into one file for a machine without a network.",
    )
    parser.add_argument("out", type=Path, metavar="PACK.zip")
    chosen = parser.parse_args(arguments)
    try:
        pack(Settings.from_env(os.environ), chosen.out)
    except QAError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{chosen.out}: {chosen.out.stat().st_size / 10**6:.0f} MB. Over there, in a clone of this ")
    sys.stdout.write("application: python -m retrieval.unpack PACK.zip FOLDER\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
