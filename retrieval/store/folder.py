"""The files of an embedded library: which encoder made it and which of its shards is in use.

`library.json` names the shard. A rebuild fills another one, named by `rebuild.json`, and ends by renaming this file
to `library.json`: a crash before that leaves the old library, a crash after it the new one. A shard that neither file
names is a copy that was being indexed (`growing.py`) or about to be deleted.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import disk_usage
from time import sleep

from retrieval.errors import LibraryError
from retrieval.files import write_whole
from retrieval.passages import EncoderIdentity

LIBRARY, REBUILD = "library.json", "rebuild.json"
# The engine maps files of whole megabytes that take room only once written to: without it the process is killed by a
# bus error, not told. A shard just made takes 12 MB; the rest is for what a write grows.
_ROOM = 64_000_000  # bytes
_ROOM_OF_POINT = 64_000
# The first is that of a library never rebuilt, whose file need not name it.
_SHARDS = ("shard", "shard-2", "shard-3", "shard-4")
_TRIES, _PAUSE = 10, 0.1  # seconds

# What an embedded library is made of; thumbs and evaluations may stand beside it.
LIBRARY_NAMES = frozenset({LIBRARY, REBUILD, *_SHARDS})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one of the two files says: the encoder and the folder of the shard."""

    identity: EncoderIdentity
    shard: str


def read_manifest(folder: Path, name: str) -> Manifest | None:
    """Return what a library's file says, None if there is none; LibraryError if it is damaged or may not be read."""
    try:
        text = (folder / name).read_text(encoding="utf-8")
        fields = json.loads(text)
        shard = fields.pop("shard", _SHARDS[0])
        return Manifest(EncoderIdentity(**fields), _SHARDS[_SHARDS.index(shard)])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:  # a parent folder that may not be entered
        raise LibraryError(f"The library in {folder} cannot be opened: {error.strerror}.") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise LibraryError(f"{folder / name} is damaged. {advice(folder, name)}") from error


def write_manifest(folder: Path, name: str, manifest: Manifest) -> None:
    """Write a library's file so that it is never seen half-written."""
    fields = {**asdict(manifest.identity), "shard": manifest.shard}
    write_whole(folder / name, json.dumps(fields, ensure_ascii=False, indent=1))


def need_room(folder: Path, points: int = 0, size: int = 0) -> None:
    """Raise LibraryError if the disk has no room left to open a library, or to write so many points or bytes more."""
    # os.path.exists, since Path.exists raises where a folder may not be entered.
    place = next(path for path in (folder, *folder.absolute().parents) if os.path.exists(path))
    free, needed = disk_usage(place).free, _ROOM + points * _ROOM_OF_POINT + size
    if free < needed:
        raise LibraryError(
            f"The disk of the library in {folder} has {free // 10**6} MB left, and {needed // 10**6} MB are needed for "
            "this. Nothing was written, and what is stored is whole. Free some room, then do it again."
        )


def advice(folder: Path, name: str) -> str:
    """Return what to do when the library a file stands for is damaged."""
    if name == REBUILD:
        return f"Delete {folder / REBUILD} and run python -m ingest --rebuild again."
    return f"Move the folder {folder} away and add your files again."


def free_shard(folder: Path) -> str:
    """Return a shard that neither file names."""
    return next(shard for shard in _SHARDS if shard not in _named(folder))


def drop_rebuild(folder: Path) -> None:
    """Delete what a rebuild left, unfinished or not yet deleted after the switch."""
    (folder / REBUILD).unlink(missing_ok=True)  # first: the file must not name a shard that is not whole
    drop_unnamed(folder)


def drop_unnamed(folder: Path) -> None:
    """Delete the shards that neither file names."""
    for shard in set(_SHARDS) - _named(folder):
        # The process that was indexing one dies with its program, but may write for a moment after it.
        for _ in range(_TRIES):
            shutil.rmtree(folder / shard, ignore_errors=True)
            if not (folder / shard).exists():
                break
            sleep(_PAUSE)
        else:
            shutil.rmtree(folder / shard)


def is_named(folder: Path, shard: str) -> bool:
    """Tell whether one of the files names a shard."""
    return shard in _named(folder)


def _named(folder: Path) -> set[str]:
    return {manifest.shard for name in (LIBRARY, REBUILD) if (manifest := read_manifest(folder, name))}


def switch(folder: Path) -> None:
    """Make the rebuilt library the library, in one step, and delete the one before."""
    (folder / REBUILD).replace(folder / LIBRARY)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)  # the new name must be on disk before the old library goes
    finally:
        os.close(handle)
    drop_rebuild(folder)
