"""A large embedded library when its process is killed while it is indexed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import slow_indexing

from retrieval.bm25 import SparseVector
from retrieval.store.backend import Where
from retrieval.store.edge import EdgeBackend

ROOT = Path(__file__).resolve().parent.parent
KILLS = 8


@pytest.mark.torture
def test_a_killed_indexing_loses_nothing(tmp_path: Path) -> None:
    """Killed at eight moments, the library has all that was said to be written, once, and one shard."""
    folder, chance, said = tmp_path / "library", random.Random(4), 0
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shards = set()
    for _ in range(KILLS):
        command = [sys.executable, slow_indexing.__file__, str(folder)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for _ in range(chance.randrange(20, 60)):
                said = int(process.stdout.readline())
            time.sleep(chance.random() * 0.5)
            process.send_signal(signal.SIGKILL)
            said = max([said, *(int(line) for line in process.stdout if line.endswith("\n"))])
        with closing(EdgeBackend(folder, index_from=10**6)) as backend:
            held = backend.count(Where())
            assert held in (said, said + slow_indexing.STEP)  # the last group may be written and not yet said
            numbers = sorted(payload["position"] for payload in backend.scroll(Where()))
            assert numbers == list(range(held))
            for number in chance.sample(range(held), 20):
                ((payload, _),) = backend.matching(SparseVector((number,), (1.0,)), 5, Where())
                assert payload["position"] == number
        (shard,) = [path.name for path in folder.iterdir() if path.is_dir()]
        shards.add(shard)
    assert len(shards) > 1  # an index was put in place at least once
