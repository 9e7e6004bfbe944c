"""A benchmark's lines, and the README's table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.files import write_whole

START, END = "<!-- benchmarks -->", "<!-- end of benchmarks -->"
HEADER = "| benchmark | what | ours | peer or limit | its figure | gain | bar | met |\n|" + "---|" * 8
# Of all other units, more is better.
_LESS_IS_BETTER = frozenset({"ms", "s", "MB", "GB"})


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure beside that of a peer, or a limit, from the same run.

    `bar` says in words what was asked for, and is empty where nothing was; `met` whether it was reached.
    """

    name: str
    ours: float
    unit: str
    peer: str
    theirs: float
    bar: str
    met: bool

    @property
    def gain(self) -> float:
        """Return how many times better ours is: the quotient that is above 1 where ours is ahead."""
        better, worse = (self.theirs, self.ours) if self.unit in _LESS_IS_BETTER else (self.ours, self.theirs)
        return better / worse


def at_least(gain: float, row: Row) -> Row:
    """Return the row with the bar that its gain be so great."""
    return Row(row.name, row.ours, row.unit, row.peer, row.theirs, f"≥ {gain:g}×", row.gain >= gain)


def line(benchmark: str, row: Row) -> str:
    """Return a row as a line of the table."""
    met = ("yes" if row.met else "**no**") if row.bar else ""
    ours, theirs = (f"{_short(value)} {row.unit}".rstrip() for value in (row.ours, row.theirs))
    cells = (benchmark, row.name, ours, row.peer, theirs, f"{row.gain:.2f}×", row.bar, met)
    return f"| {' | '.join(cells)} |"


def merge(block: str, machine: str, measured: Mapping[str, Sequence[Row]]) -> str:
    """Return the table's text with the measured benchmarks' lines in the place of their older ones.

    Lines of other benchmarks stay if they are of the same machine; figures of two machines never stand together.
    """
    kept: dict[str, list[str]] = {}
    if machine in block.splitlines():
        for old in block.splitlines():
            if old.startswith("| ") and not old.startswith("| benchmark |"):
                kept.setdefault(old.split(" | ")[0].removeprefix("| "), []).append(old)
    kept |= {name: [line(name, row) for row in rows] for name, rows in measured.items()}
    lines = [text for name in sorted(kept) for text in kept[name]]
    return "\n".join([machine, "", HEADER, *lines])


def write_table(readme: Path, machine: str, measured: Mapping[str, Sequence[Row]]) -> None:
    """Put the measured lines into the README between its two marks; ValueError where it has none."""
    text = readme.read_text(encoding="utf-8")
    before, start, rest = text.partition(START)
    block, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{readme} has no {START} followed by {END}; put both where the table shall stand.")
    merged = merge(block.strip(), machine, measured)
    write_whole(readme, f"{before}{START}\n{merged}\n{END}{after}")


def _short(value: float) -> str:
    """Return three significant digits, without an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
