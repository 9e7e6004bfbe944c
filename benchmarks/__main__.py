"""`python -m benchmarks [NAME…]`: measure, print, and write the README's table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter

from benchmarks.catalogue import BENCHMARKS, Options, find
from benchmarks.machine import describe_machine
from benchmarks.table import HEADER, line, write_table

_README = Path(__file__).resolve().parent.parent / "README.md"


def main(arguments: list[str]) -> None:
    """Run the named benchmarks one after another, all of them where none is named."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all without one")
    parser.add_argument("--data", type=Path, help="a folder in the BEIR layout instead of the samples")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--small", action="store_const", const="small", dest="size", help="try; writes no table")
    sizes.add_argument("--full", action="store_const", const="full", dest="size", help="as long as it takes")
    parser.set_defaults(size="usual")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}.")
    options, machine = Options(given.size, given.data), describe_machine()
    print(f"{machine}\n\n{HEADER}", flush=True)
    for name in given.names or BENCHMARKS:
        start = perf_counter()
        rows = find(name)(options)
        print("\n".join(line(name, row) for row in rows), flush=True)
        print(f"{name}: {perf_counter() - start:.0f} s", file=sys.stderr)
        if given.size != "small":  # after each, so that a run that is cut keeps what it has
            write_table(_README, machine, {name: rows})


if __name__ == "__main__":
    main(sys.argv[1:])
