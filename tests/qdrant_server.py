"""A Qdrant server of this process: the client's own engine behind the routes that are used, with faults on order."""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Literal

from pydantic import BaseModel
from qdrant_client import QdrantClient, models

# reset: no answer, nothing done; lost: done, no answer; cut: an answer that ends half-way, truncated: one that is
# whole by its length; slow: done, but after the client's time limit; numbers: the status, nothing done.
Fault = Literal["", "reset", "lost", "cut", "truncated", "slow", "429", "500", "503"]
SLOW = 1.3  # seconds; the client takes whole seconds only
_BODY = {"status": {"error": "the server stumbles"}, "time": 0.0}


@dataclass
class QdrantServer:
    """An address to be asked at; while `is_down` connections are refused. `next_fault` is asked at each request."""

    engine: QdrantClient = field(default_factory=lambda: QdrantClient(":memory:"))
    next_fault: Callable[[], Fault] = lambda: ""
    port: int = 0
    is_down: bool = True
    asked: list[str] = field(default_factory=list)
    _http: ThreadingHTTPServer | None = None
    _lock: Any = field(default_factory=Lock)

    @property
    def address(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer, at the same port as before."""
        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self._http.daemon_threads = True
        self.port, self.is_down = self._http.server_address[1], False
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Refuse connections; those that are open end without an answer."""
        if self._http:
            self.is_down = True
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def answer(self, method: str, path: str, content: Any) -> tuple[int, Any]:
        """Return status and result."""
        for pattern, act in _ROUTES.items():
            found = re.fullmatch(pattern, f"{method} {path}")
            if found:
                try:
                    with self._lock:
                        return 200, _plain(act(self.engine, content, *found.groups()))
                except ValueError as error:
                    kinds = {"not found": 404, "already exists": 409}
                    return next((code for said, code in kinds.items() if said in str(error)), 400), str(error)
        return 404, f"no route {method} {path}"


@contextmanager
def serving() -> Iterator[QdrantServer]:
    """Give a server that runs, and stop it at the end."""
    server = QdrantServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_none=True) if isinstance(value, BaseModel) else value


def _create(engine: QdrantClient, content: Any, name: str) -> bool:
    asked = models.CreateCollection(**content)
    vectors, words = asked.vectors, asked.sparse_vectors
    return engine.create_collection(name, vectors, sparse_vectors_config=words, metadata=asked.metadata)  # type: ignore[arg-type]


def _scroll(engine: QdrantClient, content: Any, name: str) -> dict[str, Any]:
    asked = models.ScrollRequest(**content)
    records, following = engine.scroll(
        name,
        scroll_filter=asked.filter,
        limit=asked.limit or 10,
        offset=asked.offset,
        with_vectors=asked.with_vector or False,
    )
    return {"points": [_plain(record) for record in records], "next_page_offset": following}


def _query(engine: QdrantClient, content: Any, name: str) -> Any:
    asked = models.QueryRequest(**content)
    return engine.query_points(
        name, asked.query, using=asked.using, limit=asked.limit or 10, query_filter=asked.filter, with_payload=True
    )


def _count(engine: QdrantClient, content: Any, name: str) -> Any:
    return engine.count(name, models.CountRequest(**content).filter, exact=True)


def _facet(engine: QdrantClient, content: Any, name: str) -> Any:
    asked = models.FacetRequest(**content)
    return engine.facet(name, asked.key, asked.filter, limit=asked.limit or 10, exact=True)


_NAME = "/collections/([^/]+)"
_ROUTES: dict[str, Callable[..., Any]] = {
    "GET /": lambda engine, content: {"title": "qdrant", "version": "1.20.0"},
    "GET /aliases": lambda engine, content: engine.get_aliases(),
    "POST /collections/aliases": lambda engine, content: engine.update_collection_aliases(
        models.ChangeAliasesOperation(**content).actions
    ),
    f"GET {_NAME}/exists": lambda engine, content, name: {"exists": engine.collection_exists(name)},
    f"GET {_NAME}": lambda engine, content, name: engine.get_collection(name),
    f"PUT {_NAME}": _create,
    f"DELETE {_NAME}": lambda engine, content, name: engine.delete_collection(name),
    f"PUT {_NAME}/index": lambda engine, content, name: {"operation_id": 1, "status": "completed"},
    f"PUT {_NAME}/points": lambda engine, content, name: engine.upsert(name, models.PointsList(**content).points),
    f"POST {_NAME}/points/delete": lambda engine, content, name: engine.delete(name, models.FilterSelector(**content)),
    f"POST {_NAME}/points/count": _count,
    f"POST {_NAME}/facet": _facet,
    f"POST {_NAME}/points/scroll": _scroll,
    f"POST {_NAME}/points/query": _query,
}


class _Connection(BaseHTTPRequestHandler):
    """Answers whole, half or not at all."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def send(self, status: int, text: str, fault: Fault = "") -> None:
        """Answer; `cut` and `truncated` send half of it."""
        body = text.encode()
        sent = body[: len(body) // 2] if fault in ("cut", "truncated") else body
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body if fault == "cut" else sent)))
        if status in (429, 503):
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(sent)
        self.close_connection = self.close_connection or fault == "cut"

    def reset(self) -> None:
        """End without an answer."""
        # Without lingering the connection ends by a reset, not by a polite close.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def handle(self) -> None:
        """Answer until the client has gone, or the connection was reset."""
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True

    def finish(self) -> None:
        """Close what was not reset."""
        if self.connection.fileno() != -1:
            super().finish()

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


def _handler(server: QdrantServer) -> type[BaseHTTPRequestHandler]:
    class Answering(_Connection):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            content = json.loads(self.rfile.read(length)) if length else None
            path = self.path.partition("?")[0]
            server.asked.append(f"{self.command} {path}")
            fault = "reset" if server.is_down else server.next_fault() if path != "/" else ""
            if fault == "reset":
                return self.reset()
            if fault.isdecimal():
                return self.send(int(fault), json.dumps(_BODY))
            status, result = server.answer(self.command, path, content)
            if fault == "lost" or server.is_down:
                return self.reset()
            if fault == "slow":
                time.sleep(SLOW)
            said = {"result": result, "status": "ok"} if status == 200 else {"status": {"error": result}}
            return self.send(status, json.dumps({**said, "time": 0.0}), fault)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    return Answering
