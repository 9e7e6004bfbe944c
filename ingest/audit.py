"""What was done to the library and by whom: one line of JSON per upload and delete, in the library's folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Literal
from uuid import uuid4

from retrieval.access import Person
from retrieval.errors import LibraryError
from retrieval.files import write_whole

Act = Literal["upload", "delete"]
AUDIT, FAILED = "audit.jsonl", "failed-uploads.jsonl"
_MOST_FAILED = 200
_lock = Lock()  # two sessions of one page write the same files


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One act on one article or file: who did what, what came of it, and when (ISO 8601, UTC)."""

    who: str
    act: Act
    name: str
    outcome: str
    time: str = field(default_factory=_now)


@dataclass(frozen=True, slots=True)
class FailedUpload:
    """A file that gave no article, kept until somebody dismisses it."""

    who: str
    name: str
    reason: str
    time: str = field(default_factory=_now)
    id: str = field(default_factory=lambda: uuid4().hex)


def keep_audit(folder: Path, lines: Iterable[AuditLine]) -> None:
    """Add lines to the audit of a library's folder, on disk when this returns; LibraryError if they can't be written.

    Each line is written in one piece, so that the command line and a page with a server may write at once.
    """
    text = "".join(_json_line(line) for line in lines)
    if not text:
        return
    path = folder / AUDIT
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            os.write(handle, text.encode("utf-8", "backslashreplace"))
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise LibraryError(
            f"What was done to the library could not be written down in {path}: {error.strerror}. What this run did "
            "to the articles stays done. Free some room or mend the folder's permissions."
        ) from error


def read_failed(folder: Path) -> list[FailedUpload]:
    """Return the failed uploads that nobody dismissed, the latest first; LibraryError if the file is damaged."""
    file = folder / FAILED
    try:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [FailedUpload(**json.loads(line)) for line in reversed(lines)]
    except (OSError, ValueError, TypeError) as error:
        raise LibraryError(f"The list of failed uploads in {file} cannot be read ({error}). Move it away.") from error


def keep_failed(folder: Path, failed: Sequence[FailedUpload]) -> None:
    """Add failed uploads to those kept, of which the latest 200 stay; LibraryError if they can't be written."""
    if failed:
        with _lock:
            _write_failed(folder, [*reversed(read_failed(folder)), *failed][-_MOST_FAILED:])


def dismiss_failed(person: Person, folder: Path, ids: Sequence[str]) -> None:
    """Forget failed uploads; those not there are passed over. NotAllowed for a reader, LibraryError as above."""
    person.need_editor("dismiss failed uploads")
    with _lock:
        _write_failed(folder, [one for one in reversed(read_failed(folder)) if one.id not in ids])


def _write_failed(folder: Path, failed: Sequence[FailedUpload]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / FAILED, "".join(map(_json_line, failed)))
    except OSError as error:
        raise LibraryError(
            f"The list of failed uploads in {folder / FAILED} cannot be written: {error.strerror}."
        ) from error


def _json_line(line: AuditLine | FailedUpload) -> str:
    # Escaped to ASCII: a name may hold half a letter, which no file can.
    return json.dumps(asdict(line)) + "\n"
