"""Asking a server that may be slow or away for a moment: small requests, several at once, tried again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import TypeVar

from retrieval.store.backend import Point
from retrieval.store.server_errors import ENGINE_ERRORS, asked_pause, is_timeout, passes

Answer = TypeVar("Answer")

_MOST_POINTS = 250
# Numbers in a request, of about 20 characters each: a server takes 32 MB.
_MOST_NUMBERS = 1_000_000
# Requests at once. Each waits until its points are searchable, so a slow server is not given more than these.
_PARALLEL = 4
_WRITES, _READS = 5, 3  # tries
_FIRST_PAUSE = 0.5  # seconds before the second try, doubled before each further one


def upload(write: Callable[[Sequence[Point]], object], points: Sequence[Point]) -> None:
    """Write points in requests that a server takes, a few at once; the engine's error if one fails to the end."""
    if not points:
        return
    size = max(1, min(_MOST_POINTS, _MOST_NUMBERS // len(points[0].dense)))
    batches = [points[start : start + size] for start in range(0, len(points), size)]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        list(pool.map(lambda batch: insist(lambda: write(batch)), batches))


def insist(act: Callable[[], Answer]) -> Answer:
    """Do what may be done twice, up to five times while the server is away or overloaded."""
    return _try(act, _WRITES, passes)


def ask(act: Callable[[], Answer]) -> Answer:
    """Read, up to three times while the server is away or overloaded: somebody waits, so not again after a time-out."""
    return _try(act, _READS, lambda error: passes(error) and not is_timeout(error))


def _try(act: Callable[[], Answer], tries: int, is_worth_it: Callable[[Exception], bool]) -> Answer:
    for tried in range(tries - 1):
        try:
            return act()
        except ENGINE_ERRORS as error:
            if not is_worth_it(error):
                raise
            sleep(max(_FIRST_PAUSE * 2**tried, asked_pause(error)))
    return act()
