"""The process that reads files for `ingest.parser`: bounded in memory, and unable to open anything.

`python -m ingest.parsing LIMITS` answers on the socket it finds as its standard input. Nothing of torch is imported.
"""

from __future__ import annotations

import encodings
import importlib
import json
import os
import pkgutil
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

from ingest.articles import read_articles
from ingest.formats.archives import MEGABYTE
from ingest.wire import to_bytes
from retrieval.errors import ArticleError
from retrieval.settings import Limits

OUT_OF_MEMORY = 3  # exit status
# The parent measures seconds; the kernel's own clock is for a parser left alone, hung, by a killed parent.
_GRACE = 5


def main(arguments: list[str]) -> int:
    """Read one file after another until there are no more; return OUT_OF_MEMORY when one needs too much."""
    limits = Limits(**json.loads(arguments[0]))
    parent = Connection(0)
    confine(limits.memory)
    parent.send_bytes(b"ready")
    while True:
        try:
            source = parent.recv_bytes().decode("utf-8", "surrogatepass")
        except EOFError:  # the parent has closed its end, or is gone
            return 0
        try:
            _answer(parent, source, parent.recv_bytes(), limits)
        except MemoryError:
            return OUT_OF_MEMORY


def confine(memory: int) -> None:
    """Bound this process to `memory` MB, and take its right to open anything: files, sockets, by whatever library.

    No descriptor is left to give out, which holds for C code too. Address space is bounded and not resident memory
    watched: the kernel refuses the very request that is too much, before the machine suffers. Linux alone does that;
    on macOS memory stays unbounded.
    """
    import resource  # there is none on Windows

    # A page may name any of them, and its file cannot be opened afterwards.
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(ImportError):  # those of other systems
            importlib.import_module(f"encodings.{module.name}")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory * MEGABYTE,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # the socket, and twice nowhere


def _answer(parent: Connection, source: str, data: bytes, limits: Limits) -> None:
    signal.setitimer(signal.ITIMER_PROF, limits.seconds + _GRACE)
    try:
        for item in read_articles(source, data, limits):
            parent.send_bytes(to_bytes(item))
        parent.send_bytes(b"")
    except ArticleError as error:
        parent.send_bytes(to_bytes(error, is_last=True))
    signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
