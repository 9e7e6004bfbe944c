"""The embedded library when its rebuild is killed at any of its acts."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import slow_ingest
import slow_rebuild
from test_rebuild import contents

from ingest.pipeline import ingest_files
from retrieval.errors import EncoderMismatch
from retrieval.passages import EncoderIdentity
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

ROOT = Path(__file__).resolve().parent.parent


def run(folder: Path, act: int) -> tuple[int, list[int]]:
    """Run the program; return its exit code and what it printed."""
    command = [sys.executable, slow_rebuild.__file__, str(folder), str(act)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=100, check=False)
    return done.returncode, list(map(int, done.stdout.split()))


def open_store(folder: Path, identity: EncoderIdentity) -> PassageStore:
    """Open the library, closing it again if it is another encoder's."""
    backend = EdgeBackend(folder)
    try:
        return PassageStore(backend, identity)
    except EncoderMismatch:
        backend.close()
        raise


def test_killed_at_every_act(tmp_path: Path) -> None:
    """There is always the whole old library or the whole new one, and no batch is encoded twice."""
    with closing(open_store(tmp_path / "old", slow_ingest.IDENTITY)) as store:
        ingest_files(slow_ingest.files("old")[:36], slow_ingest.SlowEncoder(slow_ingest.Naps(0)), store)
        before, count = contents(store), store.passage_count()
    assert 128 < count <= 256
    seen, kept = [], []
    for act in range(1, 100):
        folder = shutil.copytree(tmp_path / "old", tmp_path / f"killed {act}")
        code, figures = run(folder, act)
        if code == 0:
            assert figures == [count, 0]
            break
        assert code == -signal.SIGKILL
        try:
            with closing(open_store(folder, slow_ingest.IDENTITY)) as store:
                assert contents(store) == before
            seen.append("old")
            code, (encoded, written) = run(folder, 0)
            assert (code, encoded + written) == (0, count)
            kept.append(written)
        except EncoderMismatch:
            seen.append("new")
        with closing(open_store(folder, slow_rebuild.OTHER)) as store:
            assert contents(store) == before
            store.drop_successor()
        assert sorted(path.name for path in folder.iterdir()) == ["library.json", "shard-2"]
    assert seen == sorted(seen, reverse=True)  # "old" until the switch, "new" from it on
    assert {"old", "new"} == set(seen)
    # What was written of the two batches before the kill; acts before the first batch leave nothing.
    assert kept == sorted(kept)
    assert set(kept) == {0, 128, count}
