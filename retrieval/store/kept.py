"""What is read of a whole library, kept until it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Value = TypeVar("Value")


class Kept:
    """Values by name, each read again only after a write; `changes` returns what differs after one."""

    def __init__(self, changes: Callable[[], object]) -> None:
        self._changes = changes
        self._values: dict[str, tuple[object, Any]] = {}

    def read(self, name: str, read: Callable[[], Value]) -> Value:
        """Return the value of that name, from `read` if there was a write since it was last read."""
        changes = self._changes()  # before reading: a write in between must not pass for read
        kept = self._values.get(name)
        if kept is None or kept[0] != changes:
            kept = self._values[name] = (changes, read())
        value: Value = kept[1]
        return value
