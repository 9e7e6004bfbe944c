"""Reading files in a process of its own, so that one that hangs, crashes or eats memory costs only itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from types import TracebackType

from ingest.articles import Article
from ingest.parsing import OUT_OF_MEMORY
from ingest.wire import from_bytes
from retrieval.errors import ArticleError, QAError
from retrieval.settings import Limits

_ROOT = Path(__file__).resolve().parent.parent
_START_SECONDS = 120  # on a machine busy with other work
# All that a parser needs of the environment; the keys of servers stay here.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "HOME", "LANG")


class Parser:
    """Reads files one after another in one process, started with the first and again after a file that ended it.

    Used by one thread, as a context: the process ends with it. It is begun as a program and not as a copy of this one
    (a copy of a process with threads may hang) nor by multiprocessing (which would import the main program there,
    torch with it). POSIX only.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None and self._connection is not None:
            self._connection.close()
            self._process.kill()
            self._process.wait()
        self._process = self._connection = None

    def read(self, source: str, data: bytes) -> Iterator[Article | ArticleError]:
        """Yield and raise what `read_articles` does; ArticleError too for a file that ends the process.

        Only time spent waiting counts: what the caller does between two articles does not.
        """
        process, connection = self._started()
        remaining = float(self._limits.seconds)
        is_done = False
        try:
            connection.send_bytes(source.encode("utf-8", "surrogatepass"))
            connection.send_bytes(data)
            while True:
                start = monotonic()
                if not connection.poll(max(0.0, remaining)):
                    raise ArticleError(source, self._too_slow())
                message = connection.recv_bytes()
                remaining -= monotonic() - start
                answer = from_bytes(message) if message else None
                is_done = answer is None or answer.is_last
                if answer is None:
                    return
                if isinstance(answer.item, ArticleError) and answer.is_last:
                    raise answer.item
                yield answer.item
        except (EOFError, OSError) as error:  # the process has ended
            raise ArticleError(source, self._reason_of_end(process.wait())) from error
        finally:
            if not is_done:
                self.close()

    def _too_slow(self) -> str:
        return f"takes over {self._limits.seconds} s to read, the limit: split it, or raise QA_READ_SECONDS"

    def _reason_of_end(self, status: int) -> str:
        memory = f"{self._limits.memory:,} MB of memory"
        if status == OUT_OF_MEMORY:
            return f"needs over {memory} to read, the limit: split it, or raise QA_READ_MB"
        ended = signal.Signals(-status).name if status < 0 else f"status {status}"
        return f"stops its reader ({ended}): it is damaged, or needs over {memory}; export it again"

    def _started(self) -> tuple[subprocess.Popen[bytes], Connection]:
        if self._process is None or self._connection is None:
            self._connection, theirs = Pipe()
            with theirs:
                self._process = self._start(theirs.fileno())
            try:
                is_ready = self._connection.poll(_START_SECONDS) and self._connection.recv_bytes() == b"ready"
            except (EOFError, OSError):
                is_ready = False
            if not is_ready:
                self.close()
                raise QAError("The process that reads files does not start; what it says is in the log.")
        return self._process, self._connection

    def _start(self, socket: int) -> subprocess.Popen[bytes]:
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.Popen(
            # -P: a module in the current folder is not ours.
            [sys.executable, "-P", "-m", "ingest.parsing", json.dumps(asdict(self._limits))],
            stdin=socket,
            stdout=subprocess.DEVNULL,
            env={**passed_on, "PYTHONPATH": os.pathsep.join(paths)},
        )
