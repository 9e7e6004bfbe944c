"""An embedded shard that is indexed beside the searches: the engine would hold every thread up while it indexes.

The shard is copied, another process indexes the copy, what was written meanwhile is written to it again, and the
library's file then names the copy. A crash before that leaves the shard as it was, a crash after it the copy.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import copytree, rmtree
from threading import Condition, Lock, RLock, Thread
from typing import Any

import qdrant_edge as qe

from retrieval.errors import LibraryError
from retrieval.store.edge_form import INDEX_FROM, engine_config, unindexed
from retrieval.store.folder import Manifest, free_shard, is_named, need_room, write_manifest

# Points written while the copy is indexed, kept in memory: with more, writing waits. About 6 kB each.
_MOST_PENDING = 20_000
# While a library is filled it is indexed again when it has grown by a fourth, so that all copying together is
# less than ten times its size.
_GROWTH = 4


class GrowingShard:
    """One open shard of a library folder; `file` is the library's file, which names it. Safe for several threads.

    `index_from` is how many passages may be without an index.
    """

    def __init__(self, folder: Path, file: str, manifest: Manifest, index_from: int = INDEX_FROM) -> None:
        self._folder, self._file, self.manifest, self._index_from = folder, file, manifest, index_from
        self._config = engine_config(manifest.identity, index_from)
        path = folder / manifest.shard
        is_new = not (folder / file).exists() and not any(path.iterdir())
        make = qe.EdgeShard.create if is_new else qe.EdgeShard.load
        self._engine: Any = make(str(path), self._config)
        self._in_use, self._writing = Lock(), RLock()
        self._has_room = Condition(self._writing)
        self._pending: list[qe.UpdateOperation] | None = None  # None: nothing is being indexed
        self._pending_points = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: Thread | None = None
        self._failure: Exception | None = None
        self._is_closing = False

    @contextmanager
    def engine(self) -> Iterator[Any]:
        """Give the engine to read from; it is not changed for another meanwhile."""
        with self._in_use:
            yield self._engine

    def update(self, operation: qe.UpdateOperation, points: int = 0) -> None:
        """Apply an operation that writes so many points."""
        with self._has_room:
            self._has_room.wait_for(lambda: self._pending is None or self._pending_points + points <= _MOST_PENDING)
            with self._in_use:
                self._engine.update(operation)
            if self._pending is not None:
                self._pending.append(operation)
                self._pending_points += points

    def index(self, is_filling: bool = False) -> None:
        """Begin to index beside the searches if much is without one; while filling, only if that is a large part."""
        with self._writing:
            if self._pending is not None or self._failure is not None:
                return
            with self._in_use:
                without, indexed = unindexed(self._engine)
            if without < max(self._index_from, indexed // _GROWTH if is_filling else 0):
                return
            self._pending, self._pending_points = [], 0
            self._thread = Thread(target=self._index, name="indexing", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Wait for the index that is being made."""
        if self._thread is not None:
            self._thread.join()

    def settle(self) -> None:
        """Wait for the index that is being made; LibraryError if it could not be made."""
        self.wait()
        if self._failure is not None:
            raise LibraryError(
                f"The library in {self._folder} is whole, but without an index for all of it, so questions take longer "
                f"({self._failure}). Open it again to have it indexed."
            ) from self._failure

    def close(self) -> None:
        """Give up what is being indexed; write all to disk and release the folder."""
        self._is_closing = True
        with self._writing:
            if self._process is not None:
                self._process.kill()
        self.wait()
        with self._in_use:
            self._engine.close()

    def _index(self) -> None:
        with self._writing:
            place = self._folder / free_shard(self._folder)
        try:
            self._copy(place)
            if not self._is_closing:
                self._run(place)
            if not self._is_closing:
                self._take(place)
        except Exception as error:  # kept for `settle`: nobody is waiting here
            self._failure = None if self._is_closing else error
        finally:
            with self._has_room:
                self._pending = self._process = None
                self._has_room.notify_all()
            if not is_named(self._folder, place.name):
                rmtree(place, ignore_errors=True)

    def _copy(self, place: Path) -> None:
        """Copy the shard as a crash would leave it: its log has what its files have not."""
        with self._writing:  # no writing meanwhile; searches go on
            shard = self._folder / self.manifest.shard
            need_room(self._folder, size=2 * sum(file.stat().st_size for file in shard.rglob("*") if file.is_file()))
            rmtree(place, ignore_errors=True)
            copytree(shard, place)
            assert self._pending is not None
            self._pending.clear()  # written before the copy
            self._pending_points = 0

    def _run(self, place: Path) -> None:
        command = [sys.executable, str(Path(__file__).with_name("indexing.py")), str(place), str(os.getpid())]
        with self._writing:
            if self._is_closing:
                return
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, said = self._process.communicate()
        if self._process.returncode and not self._is_closing:
            last = said.decode(errors="replace").strip().splitlines()[-1:]
            raise LibraryError(f"the process that indexes ended with {self._process.returncode}: {' '.join(last)}")

    def _take(self, place: Path) -> None:
        """Write to the copy what was written meanwhile, then let it be the shard."""
        engine = qe.EdgeShard.load(str(place), self._config)
        self._replay(engine, most=8)  # most of it while writing still goes on
        os.sync()  # what was copied, too; and the engine, which holds every thread up, then has little to write
        with self._writing:
            self._replay(engine, most=0)
            engine.flush()
            manifest = replace(self.manifest, shard=place.name)
            write_manifest(self._folder, self._file, manifest)
            with self._in_use:
                before, self._engine = self._engine, engine
                gone, self.manifest = self.manifest, manifest
            before.close()
            rmtree(self._folder / gone.shard)

    def _replay(self, engine: Any, most: int) -> None:
        assert self._pending is not None
        while len(self._pending) > most:
            engine.update(self._pending.pop(0))
