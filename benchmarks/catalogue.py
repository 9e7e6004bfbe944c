"""Which benchmarks there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from benchmarks.table import Row

Size = Literal["small", "usual", "full"]
# Name: the module of benchmarks/ whose `measure(options)` returns its rows. One module is loaded at a time.
BENCHMARKS: dict[str, str] = {
    "bloom-attention": "bloom_attention",
    "encoding": "encoding",
    "growth": "growth",
    "ingest": "ingest",
    "questions": "questions",
    "reranking": "reranking",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a benchmark is run on.

    `small` only tries whether it runs, `usual` takes a few minutes, `full` as long as it takes. `data` is a folder in
    the BEIR layout; None stands for the samples.
    """

    size: Size = "usual"
    data: Path | None = None


Measure = Callable[[Options], Sequence[Row]]


def find(name: str) -> Measure:
    """Return a benchmark's function; KeyError for a name that is not in the table."""
    measure: Measure = import_module(f"benchmarks.{BENCHMARKS[name]}").measure
    return measure
