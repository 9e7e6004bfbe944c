"""The embedded library when its process is killed in the middle of a run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import slow_ingest

from retrieval.passages import ArticleInfo, Passage
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

ROOT = Path(__file__).resolve().parent.parent
KILLS = 10
Library = dict[str, list[Passage]]


def start(folder: Path, version: str, seed: int) -> subprocess.Popen[str]:
    """Start the program and wait until it begins."""
    command = [sys.executable, slow_ingest.__file__, str(folder), version, str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    return process


def complete(folder: Path, version: str) -> Library:
    """Run the program to its end and return what the library holds."""
    with start(folder, version, seed=0) as process:
        assert process.wait(timeout=100) == 0
    return read(folder)


def read(folder: Path) -> Library:
    """Return every article's passages by its name, without the time they were added."""
    with closing(PassageStore(EdgeBackend(folder), slow_ingest.IDENTITY)) as store:
        library = {article.name: list(map(timeless, store.passages(article.id))) for article in store.articles()}
        assert store.passage_count() == sum(map(len, library.values()))
    return library


def timeless(passage: Passage) -> Passage:
    """Return the passage as if added at no time."""
    info: ArticleInfo = replace(passage.article, added="")
    return replace(passage, article=info)


def test_a_killed_run_is_taken_up_again(tmp_path: Path) -> None:
    """Killed at ten moments, then completed, a run leaves what an uninterrupted one leaves; never a half article."""
    old, new = complete(tmp_path / "whole", "old"), complete(tmp_path / "whole", "new")
    assert (len(old), len(new)) == (40 + 30, 60 + 20)
    assert len(new["37.txt"]) == 1200
    assert complete(tmp_path / "killed", "old") == old
    chance = random.Random(20)
    seen: Counter[str] = Counter()
    for seed in range(1, KILLS + 1):
        with start(tmp_path / "killed", "new", seed) as process:
            if seed % 2:  # else in reading and encoding too, or in the repair of what the last kill left
                assert process.stdout
                assert process.stdout.readline() == "written\n"
            time.sleep(chance.random() * 0.4)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        for name, passages in read(tmp_path / "killed").items():
            assert passages in (old.get(name), new.get(name))
            if old.get(name) != new.get(name):
                seen["old" if passages == old.get(name) else "new"] += 1
    assert seen["old"] > 0
    assert seen["new"] > 0
    assert complete(tmp_path / "killed", "new") == new
