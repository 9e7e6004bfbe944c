"""A program that kills itself: it rebuilds the library in a folder for another encoder.

`python slow_rebuild.py FOLDER ACT` dies by SIGKILL in its ACT-th act: before each batch is encoded, and before and
after each change that the end of a rebuild makes to the folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from slow_ingest import IDENTITY, Naps, SlowEncoder

from ingest.rebuild import rebuild_library
from retrieval.passages import EncoderIdentity, Vectors
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

OTHER = EncoderIdentity("lengths again", "weights-2", 1, "dot", "plain")


class Countdown:
    """Kills this process at its last act."""

    def __init__(self, act: int) -> None:
        self._left = act

    def act(self) -> None:
        """Count an act."""
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with an act before and one after it."""

        def counted(*arguments: Any, **options: Any) -> Any:
            self.act()
            result = function(*arguments, **options)
            self.act()
            return result

        return counted


class MortalEncoder(SlowEncoder):
    """Encodes as the other does; each batch is an act."""

    identity = OTHER

    def __init__(self, countdown: Countdown) -> None:
        super().__init__(Naps(0))
        self._countdown = countdown

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the lengths."""
        self._countdown.act()
        return super().encode_passages(texts)


def main(folder: str, act: str) -> None:
    """Rebuild and print how many passages were encoded and how many an earlier run had."""
    countdown = Countdown(int(act))
    Path.replace = countdown.around(Path.replace)  # type: ignore[method-assign]
    shutil.rmtree = countdown.around(shutil.rmtree)  # type: ignore[assignment]
    with closing(PassageStore(EdgeBackend(Path(folder)), IDENTITY)) as old, closing(old.successor(OTHER)) as new:
        report = rebuild_library(old, new, MortalEncoder(countdown))
        new.take_over()
    print(report.encoded, report.kept)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
