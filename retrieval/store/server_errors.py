"""What goes wrong between this program and a Qdrant server: what passes, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from httpx import TimeoutException
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from retrieval.errors import LibraryAway, LibraryError
from retrieval.secrets import without_key

# A QdrantException is also a number that can't be read in an answer, a JSONDecodeError an answer that ends too early.
ENGINE_ERRORS = (ApiException, QdrantException, ValueError)
# Overloaded, not ready, or an act that failed inside the server: all that is asked here may be asked again.
_PASSING = frozenset({429, 500, 502, 503, 504})
_LONGEST_PAUSE = 30.0  # seconds a server may ask for


def passes(error: Exception) -> bool:
    """Tell whether an error is likely to be gone in a moment."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code in _PASSING
    return isinstance(error, ResponseHandlingException | ResourceExhaustedResponse | JSONDecodeError)


def is_timeout(error: Exception) -> bool:
    """Tell whether the server took longer for its answer than the client waits."""
    return isinstance(getattr(error, "source", None), TimeoutException)


def asked_pause(error: Exception) -> float:
    """Return the seconds that a server asks to be left alone for, half a minute at most; 0 where it doesn't say."""
    seconds = getattr(error, "retry_after_s", 0)
    if isinstance(error, UnexpectedResponse):
        said = error.headers.get("retry-after", "")
        seconds = int(said) if said.isdecimal() else 0  # the header may also hold a date
    return float(min(seconds, _LONGEST_PAUSE))


@contextmanager
def translated(collection: str, key: str = "") -> Iterator[None]:
    """Raise LibraryError for the client's errors, LibraryAway for those that pass; `key` is left out of them."""
    try:
        yield
    except ENGINE_ERRORS as error:
        said = " ".join(without_key(str(error), key).split())[:300]
        if passes(error):
            raise LibraryAway(
                f"The Qdrant server cannot be reached, or is overloaded ({said}). Check that it runs, that QDRANT_URL "
                "is its address and QDRANT_API_KEY its key; then do it again."
            ) from error
        if "not found" in said.casefold():
            raise LibraryError(
                f"The Qdrant server no longer has the collection {collection}: the library was rebuilt for another "
                "encoder or deleted. Start this program again, with the library's encoder in QA_ENCODER."
            ) from error
        raise LibraryError(
            f"The Qdrant server did not do what was asked ({said}). Check that it runs, that QDRANT_URL is its address "
            "and QDRANT_API_KEY its key."
        ) from error
