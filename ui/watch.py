"""The port, on this machine only, that tells figures at /metrics and at /health whether questions can be answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import streamlit as st
from prometheus_client import CONTENT_TYPE_LATEST

from retrieval.errors import QAError, SettingError
from retrieval.settings import Settings
from ui.metrics import figures
from ui.resources import open_resources

HOST = "127.0.0.1"


def health(settings: Settings) -> dict[str, Any]:
    """Return whether the models are loaded and the library can be read, with its passages or the reason why not.

    Opens the library, and begins to load the models, where nobody has yet.
    """
    try:
        loading = open_resources(settings).loading
        if loading.error is not None:
            raise loading.error
        resources = loading.value
        if resources is None:
            return {"healthy": False, "reason": "The models are still loading."}
        return {"healthy": True, "models": resources.names, "passages": resources.store.passage_count()}
    except QAError as error:
        return {"healthy": False, "reason": str(error)}


def serve(port: int, tell_health: Callable[[], dict[str, Any]]) -> ThreadingHTTPServer:
    """Answer on a port of this machine until the process ends; SettingError if it is taken."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, figures())
            elif self.path == "/health":
                told = tell_health()
                self._answer(200 if told["healthy"] else 503, "application/json", json.dumps(told).encode())
            else:
                self._answer(404, "text/plain", b"/metrics or /health\n")

        def _answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Write nothing: a line every few seconds would bury the log."""

    try:
        server = ThreadingHTTPServer((HOST, port), Answers)
    except OSError as error:
        raise SettingError(f"QA_METRICS_PORT is {port}, and that port cannot be used: {error.strerror}.") from error
    Thread(target=server.serve_forever, name="figures", daemon=True).start()
    return server


@st.cache_resource(show_spinner=False)
def start_watch(settings: Settings) -> None:
    """Start the port the settings name, once for all sessions; nothing with port 0. SettingError if it is taken."""
    if settings.watch.metrics_port:
        serve(settings.watch.metrics_port, lambda: health(settings))
