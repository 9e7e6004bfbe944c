"""Asking an inference server: time limits, further tries, and errors a person can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any, TypeVar

import httpx

from retrieval.errors import ModelServerError, SettingError
from retrieval.secrets import check_address, without_key

Row = TypeVar("Row")

_SECONDS = httpx.Timeout(60.0, connect=5.0)
_TRIES = 5
# Seconds before the second try, doubled before each further one; a server may ask for more, up to the limit.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_OVERLOADED = frozenset({429, 502, 503, 504})
_TOO_LARGE = 413
# Requests at once: with one, the server would wait for the network between two batches.
_PARALLEL = 4


def is_address(name: str) -> bool:
    """Tell whether a model's name is the address of a server.

    >>> is_address("http://gpu:8080"), is_address("BAAI/bge-m3")
    (True, False)
    """
    return name.startswith(("http://", "https://"))


def is_hub_id(name: str) -> bool:
    """Tell whether a name that is no folder here may be one on the hub: `owner/model`."""
    return name.count("/") == 1 and not name.startswith(".") and not Path(name).expanduser().is_absolute()


class InferenceServer:
    """A server that runs a model, asked in JSON; safe to use from several threads.

    A request is tried five times while the server is down or overloaded; ModelServerError if that is in vain or it
    refuses. `key` is sent as bearer token. SettingError if `address` is none.
    """

    def __init__(self, address: str, key: str | None = None) -> None:
        check_address(address, key, ("The address of an inference server", "QA_SERVER_KEY"))
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise SettingError(f"{address!r} is no address ({error}); use one like http://gpu:8080.") from error
        if not url.host:
            raise SettingError(
                f"The address of a server with the host {url.host!r} cannot be used; use one like http://gpu:8080."
            )
        self._key = key
        self.address = str(url.copy_with(fragment=None)).rstrip("/")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, timeout=_SECONDS)

    def get(self, path: str) -> Any:
        """Return the answer to a request without content."""
        return self._ask("GET", path, None)

    def post(self, path: str, content: dict[str, Any]) -> Any:
        """Return the answer to a request."""
        return self._ask("POST", path, content)

    @contextmanager
    def reading(self, path: str) -> Iterator[None]:
        """Turn what goes wrong in reading an answer into ModelServerError."""
        try:
            yield
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise ModelServerError(
                f"The server {self.address} answered {path} with something that was not expected "
                f"({type(error).__name__}: {error}). Check that it is of the kind its address says."
            ) from error

    def _ask(self, method: str, path: str, content: dict[str, Any] | None) -> Any:
        for tried in range(1, _TRIES + 1):
            response, failure, pause = None, "", _FIRST_PAUSE * 2 ** (tried - 1)
            try:
                response = self._client.request(method, self.address + path, json=content)
            except httpx.TransportError as error:
                failure = f"does not answer ({self._told(str(error)) or type(error).__name__})"
            if response is not None and response.status_code not in _OVERLOADED:
                return self._read(response, path)
            if response is not None:
                failure = f"is overloaded or not ready (HTTP {response.status_code}: {self._said(response)})"
                asked = response.headers.get("retry-after", "")
                pause = max(pause, float(asked)) if asked.isdecimal() else pause
            if tried < _TRIES:
                sleep(min(pause, _LONGEST_PAUSE))
        raise ModelServerError(
            f"The inference server {self.address} {failure}, after {_TRIES} tries. Check that it runs and that "
            "QA_ENCODER or QA_RERANKER has its address, then do the same again: what is done already is kept.",
            response.status_code if response is not None else None,
        )

    def _said(self, response: httpx.Response) -> str:
        return self._told(_reason(response))[:300]

    def _told(self, text: str) -> str:
        return without_key(text, self._key)

    def _read(self, response: httpx.Response, path: str) -> Any:
        status = response.status_code
        if not response.is_success:
            advice = {
                401: " Set QA_SERVER_KEY to its key.",
                403: " Set QA_SERVER_KEY to its key.",
                404: " A Text Embeddings Inference server is named as http://gpu:8080, an OpenAI-compatible one "
                "(for QA_ENCODER) as http://gpu:8000/v1.",
                424: " See the server's log.",
            }.get(status, "")
            reason = f"HTTP {status}: {self._said(response)}"
            raise ModelServerError(f"The inference server {self.address} refused {path} ({reason}).{advice}", status)
        with self.reading(path):
            return response.json()


def ask_in_batches(ask: Callable[[list[str]], list[Row]], texts: Sequence[str], size: int) -> list[Row]:
    """Return one row per text, in order: asked in batches of `size`, some at once, in halves if one is too large."""
    batches = [list(texts[start : start + size]) for start in range(0, len(texts), size)]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return [row for rows in pool.map(lambda batch: _ask_halved(ask, batch), batches) for row in rows]


def _ask_halved(ask: Callable[[list[str]], list[Row]], batch: list[str]) -> list[Row]:
    try:
        rows = ask(batch)
    except ModelServerError as error:
        if error.status != _TOO_LARGE or len(batch) == 1:
            raise
        half = len(batch) // 2
        return _ask_halved(ask, batch[:half]) + _ask_halved(ask, batch[half:])
    if len(rows) != len(batch):
        raise ModelServerError(f"An inference server gave {len(rows)} rows for {len(batch)} texts: see its log.")
    return rows


def _reason(response: httpx.Response) -> str:
    """Return what a server says of an error, in any of the forms that such servers use."""
    try:
        said = response.json()
    except ValueError:
        said = response.text
    if isinstance(said, dict):
        said = said.get("error", said.get("message", said.get("detail", said)))
    if isinstance(said, dict):
        said = said.get("message", said)
    return " ".join(str(said).split()) or response.reason_phrase
