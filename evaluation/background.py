"""Evaluations that run beside the page: one at a time, with progress, cancelled between two questions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evaluation.collection import OnStep
from retrieval.errors import InputError, QAError

State = Literal["running", "done", "cancelled", "failed"]
Work = Callable[[OnStep], None]


class _Cancelled(Exception):
    """Raised inside the work once it is to stop."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an evaluation stands; `message` says why it failed."""

    name: str
    state: State
    phase: str = "index"
    done: int = 0
    total: int = 0
    message: str = ""


class Background:
    """Runs one piece of work at a time in a thread of its own. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancel = threading.Event()
        self._progress: Progress | None = None
        self._thread: threading.Thread | None = None

    def start(self, name: str, work: Work) -> None:
        """Begin; InputError while another evaluation is running. The work is given the function to tell steps to."""
        with self._lock:
            if self._progress is not None and self._progress.state == "running":
                raise InputError(f'The evaluation "{self._progress.name}" is still running; wait for it or cancel it.')
            self._cancel.clear()
            self._progress = Progress(name, "running")
            # A daemon: closing the application does not wait for it, and nothing half-written stays behind.
            self._thread = threading.Thread(target=self._run, args=(name, work), name="evaluation", daemon=True)
            self._thread.start()

    def progress(self) -> Progress | None:
        """Return where the last evaluation stands, None before the first."""
        return self._progress

    def cancel(self) -> None:
        """Ask the work to stop; it does at its next step."""
        self._cancel.set()

    def wait(self, seconds: float) -> None:
        """Wait until the work has ended, at most so long."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, name: str, work: Work) -> None:
        def on_step(phase: str, done: int, total: int) -> None:
            if self._cancel.is_set():
                raise _Cancelled
            self._progress = Progress(name, "running", phase, done, total)

        try:
            work(on_step)
            self._progress = Progress(name, "done")
        except _Cancelled:
            self._progress = Progress(name, "cancelled")
        except QAError as error:
            self._progress = Progress(name, "failed", message=str(error))
        except Exception as error:
            self._progress = Progress(name, "failed", message=f"{type(error).__name__}: {error}")
            raise  # a fault of ours: the log has its place
