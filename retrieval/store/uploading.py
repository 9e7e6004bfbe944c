"""Writing to a server that may be slow or away for a moment: small requests, several at once, tried again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import sleep

from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from retrieval.store.backend import Point

_MOST_POINTS = 250
# Numbers in a request, of about 20 characters each: a server takes 32 MB.
_MOST_NUMBERS = 1_000_000
# Requests at once. Each waits until its points are searchable, so a slow server is not given more than these.
_PARALLEL = 4
_TRIES = 5
_FIRST_PAUSE = 0.5  # seconds before the second try, doubled before each further one
_OVERLOADED = frozenset({429, 502, 503, 504})


def upload(write: Callable[[Sequence[Point]], object], points: Sequence[Point]) -> None:
    """Write points in requests that a server takes, a few at once; the engine's error if one fails to the end."""
    if not points:
        return
    size = max(1, min(_MOST_POINTS, _MOST_NUMBERS // len(points[0].dense)))
    batches = [points[start : start + size] for start in range(0, len(points), size)]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        list(pool.map(lambda batch: insist(lambda: write(batch)), batches))


def insist(act: Callable[[], object]) -> None:
    """Do what may be done twice, up to five times while the server is away or overloaded."""
    for tried in range(_TRIES - 1):
        try:
            act()
            return
        except (ApiException, QdrantException) as error:
            if not _passes(error):
                raise
            sleep(max(_FIRST_PAUSE * 2**tried, getattr(error, "retry_after_s", 0)))
    act()


def _passes(error: Exception) -> bool:
    """Tell whether an error is likely to be gone in a moment."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code in _OVERLOADED
    return isinstance(error, ResponseHandlingException | ResourceExhaustedResponse)
