"""One line of the table of benchmarks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was measured, ours and a peer's or a limit, in one unit; `bar` is what was asked of ours."""

    name: str
    ours: float
    unit: str
    peer: str
    theirs: float
    bar: str
    met: bool
