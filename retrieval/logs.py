"""The application's log: lines for people, or JSON for machines; without texts unless a setting asks for them."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from retrieval.errors import InputError, ModelServerError, QAError
from retrieval.settings import Watch

_logger = logging.getLogger("qa")
_logger.addHandler(logging.NullHandler())  # silent until `start_log`: a library's user may not want its lines
_logger.propagate = False  # Streamlit's root handler would write each line again


class _TextForm(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={_quoted(value)}" for name, value in _fields(record).items())
        return f"{_time(record)} {record.levelname} {record.getMessage()} {fields}".rstrip()


class _JsonForm(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"time": _time(record), "level": record.levelname, "event": record.getMessage(), **_fields(record)}
        return json.dumps(line, ensure_ascii=False)


class Log:
    """Writes events with their fields; `texts` are fields that are left out unless the settings let them in."""

    def __init__(self, watch: Watch) -> None:
        self._with_texts = watch.log_texts

    def event(self, name: str, /, texts: dict[str, str] | None = None, **fields: Any) -> None:
        """Write one line."""
        shown = {**fields, **(texts or {})} if self._with_texts else fields
        _logger.info(name, extra={"fields": shown})

    def failure(self, error: Exception, where: str) -> None:
        """Write that an act failed: where, the kind of error, and its message unless that may hold a text.

        Errors about what was put in, those of an inference server, which may repeat it, and unforeseen ones may.
        """
        is_told = isinstance(error, QAError) and not isinstance(error, InputError | ModelServerError)
        told = {"message": str(error)} if is_told or self._with_texts else {}
        _logger.error("error", extra={"fields": {"where": where, "kind": type(error).__name__, **told}})


def start_log(watch: Watch) -> Log:
    """Write the log to standard error from now on, in the form the settings ask for; return it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonForm() if watch.log_form == "json" else _TextForm())
    _logger.handlers[:] = [handler]
    _logger.setLevel(logging.INFO)
    return Log(watch)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, "fields", {})
    return fields


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _quoted(value: object) -> str:
    """Return a field's value on one line: a name or a message may hold line ends, and forge lines."""
    text = str(value)
    return text if text.isprintable() and " " not in text and '"' not in text else json.dumps(text, ensure_ascii=False)
