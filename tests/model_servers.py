"""Inference servers of two kinds in this process, by their published interfaces, with letter counts for models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

LONGEST_BATCH = 4
# The tokens around a text of a model with special tokens.
TEMPLATE = ("<s>", "</s>")


@dataclass
class ModelServer:
    """What the server has, and what it was asked: (path, content), and the headers of each.

    `failures` are answered first, in order, one a request: (status, headers, content), or None for a connection that
    ends without an answer. `too_many` texts in a request are refused with 413.
    """

    model_id: str = "intfloat/multilingual-e5-small"
    model_type: dict[str, Any] = field(default_factory=lambda: {"embedding": {"pooling": "mean"}})
    dimension: int = 384
    template: tuple[str, str] | None = TEMPLATE
    tokens: tuple[str, ...] = ()
    too_many: int = LONGEST_BATCH + 1
    limit: int | None = 512
    failures: list[tuple[int, dict[str, str], str] | None] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    address: str = ""

    def inputs(self, path: str) -> list[list[str]]:
        """Return the texts of each request for vectors."""
        return [content.get("inputs", content.get("input")) for asked, content in self.asked if asked == path]

    def answer(self, path: str, content: Any) -> tuple[int, Any]:
        """Return status and answer."""
        if path == "/info":
            return 200, {
                "model_id": self.model_id, "model_sha": "0a1b2c", "model_dtype": "float16", "version": "1.8.2",
                "model_type": self.model_type, "max_concurrent_requests": 512, "max_input_length": self.limit,
                "max_batch_tokens": 16384, "max_client_batch_size": LONGEST_BATCH, "auto_truncate": False,
                "tokenization_workers": 4,
            }  # fmt: skip
        if path == "/v1/models":
            return 200, {"object": "list", "data": [{"id": self.model_id, "max_model_len": self.limit}]}
        texts = content.get("inputs") or content.get("input") or content.get("texts")
        if texts is None or not all(texts):
            return 413, {"error": "`inputs` cannot be empty", "error_type": "Validation"}
        if len(texts) >= self.too_many:
            return 413, {"error": f"batch size {len(texts)} > maximum", "error_type": "Validation"}
        vectors = [self.vector(text) for text in texts]
        if path == "/embed":
            return 200, vectors
        if path == "/v1/embeddings":  # in another order than asked: `index` counts
            data = [{"index": place, "embedding": vector} for place, vector in enumerate(vectors)]
            return 200, {"object": "list", "data": data[::-1], "model": self.model_id, "usage": {}}
        if path == "/tokenize":
            return 200, [self.tokenize(text, content["add_special_tokens"]) for text in texts]
        if path == "/rerank":  # the logit is the number of the letters a less that of the letters b; best first
            ranks = [{"index": place, "score": vector[0] - vector[1]} for place, vector in enumerate(vectors)]
            return 200, sorted(ranks, key=lambda rank: -rank["score"])
        return 404, {"error": "not found"}

    def vector(self, text: str) -> list[float]:
        """Return how often a, b and c are in a text, then zeros."""
        return [*(float(text.count(letter)) for letter in "abc"), *[0.0] * (self.dimension - 3)]

    def tokenize(self, text: str, special: bool) -> list[dict[str, Any]]:
        """Return the words, the model's own tokens apart from what they stand against."""
        for token in self.tokens:
            text = text.replace(token, f" {token} ")
        words = text.split()
        if special and self.template:
            words = [*filter(None, [self.template[0], *words, self.template[1]])]
        return [{"id": 1, "text": word, "special": False, "start": 0, "stop": 1} for word in words]


@contextmanager
def serving(model: ModelServer) -> Iterator[ModelServer]:
    """Run a server on a free port of this machine, and stop it at the end."""

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer(None)

        def do_POST(self) -> None:
            self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def answer(self, content: Any) -> None:
            model.asked.append((self.path, content))
            model.headers.append(dict(self.headers))
            failure = model.failures.pop(0) if model.failures else (0, {}, "")
            if failure is None or not model.address:
                self.close_connection = True
                return
            status, headers, text = failure
            if not status:
                status, found = model.answer(self.path, content)
                text = json.dumps(found)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    model.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield model
    finally:
        model.address = ""  # connections that are kept end too
        server.shutdown()
        server.server_close()
        thread.join()
