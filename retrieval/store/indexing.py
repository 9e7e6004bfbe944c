"""`python retrieval/store/indexing.py SHARD PARENT`: index a copy of a shard, in a process of its own (`growing.py`).

Run as a file, and importing nothing of this project: so it is found from whatever folder the program was started in.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl


def index(path: str) -> None:
    """Index a shard as its own settings say."""
    import qdrant_edge as qe  # takes a while, in which the parent may end

    engine = qe.EdgeShard.load(path)
    engine.optimize()
    engine.flush()
    engine.close()


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)  # what it makes is of no use then
    if os.getppid() != int(sys.argv[2]):
        sys.exit("the program that wanted the index has ended")
    os.nice(10)  # questions come first
    index(sys.argv[1])
