"""How an embedded library behaves from 1,000 to 1,000,000 passages.

No model runs: the library is synthetic (`synthetic.py`), so the times are the store's alone. Each size is filled in one
process and asked in another, whose memory is measured. Writes docs/growth.svg.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.catalogue import Options, Size
from benchmarks.synthetic import IDENTITY, PER_ARTICLE, articles, sample_words, text, vectors
from benchmarks.table import Row
from retrieval.bm25 import question_vector
from retrieval.fusion import fuse
from retrieval.passages import LANGUAGES, Recipe, Selection
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

QUESTIONS, LIMIT, BATCH = 60, 50, 1000
PLOT = Path(__file__).resolve().parent.parent / "docs" / "growth.svg"
Figures = dict[str, float]


SIZES: dict[Size, tuple[int, ...]] = {
    "small": (1_000, 3_000),
    "usual": (1_000, 10_000, 30_000),
    "full": (1_000, 10_000, 100_000, 1_000_000),
}


def fill(folder: Path, size: int) -> Figures:
    """Make the library and wait for its index; return the rate of writing and the time until it is indexed."""
    start = perf_counter()
    waiting, rows = [], 0
    with closing(PassageStore(EdgeBackend(folder), IDENTITY)) as store:
        for article in articles(size, sample_words()):
            waiting += article
            if len(waiting) >= BATCH or rows + len(waiting) == size:
                store.write(waiting, list(vectors(rows, len(waiting), size, seed=1)))
                rows, waiting = rows + len(waiting), []
        written = perf_counter() - start
        store.index()
        store.settle()
    done = perf_counter() - start
    return {"rate": size / written, "rate until indexed": size / done}


def exact(size: int, asked: np.ndarray) -> list[set[str]]:
    """Return the articles and places of the 50 nearest to each question by a scan of all vectors."""
    best = np.full((len(asked), 0), 0.0)
    ids = np.full((len(asked), 0), 0)
    for first in range(0, size, BATCH):
        block = vectors(first, min(BATCH, size - first), size, seed=1)
        best = np.hstack([best, asked @ block.T])
        ids = np.hstack([ids, np.tile(np.arange(first, first + len(block)), (len(asked), 1))])
        kept = np.argsort(-best, axis=1)[:, :LIMIT]
        best, ids = np.take_along_axis(best, kept, 1), np.take_along_axis(ids, kept, 1)
    return [{f"v{row // PER_ARTICLE * PER_ARTICLE}:{row % PER_ARTICLE}" for row in one.tolist()} for one in ids]


def ask(folder: Path, size: int) -> Figures:
    """Open the library, ask, and return times in milliseconds, recall and what the process took."""
    words = sample_words()
    asked = vectors(0, QUESTIONS, size, seed=2)
    typed = [text(number, "en", words["en"], size).split()[:8] for number in range(size, size + QUESTIONS)]
    terms = [dict.fromkeys(LANGUAGES, question_vector(" ".join(some))) for some in typed]
    took: dict[str, list[float]] = {"words": [], "vectors": [], "fused": []}
    rankings, everything = [], Selection()
    start = perf_counter()
    with closing(PassageStore(EdgeBackend(folder), IDENTITY)) as store:
        store.nearest(asked[0], LIMIT, everything)
        figures: Figures = {"start": perf_counter() - start}
        for vector, looked_up in zip(asked, terms, strict=True):
            began = perf_counter()
            lexical = store.matching(looked_up, LIMIT, everything)
            between = perf_counter()
            dense = store.nearest(vector, LIMIT, everything)
            found = perf_counter()
            fuse(lexical, dense, Recipe().lexical_weight)
            ended = perf_counter()
            for leg, seconds in (("words", between - began), ("vectors", found - between), ("fused", ended - began)):
                took[leg].append(1000 * seconds)
            rankings.append({f"{hit.passage.article.version}:{hit.passage.position}" for hit in dense})
        figures["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    for leg, times in took.items():
        figures |= {f"{leg} p50": float(np.median(times)), f"{leg} p95": float(np.percentile(times, 95))}
    truth = exact(size, asked)
    shared = sum(len(found & best) for found, best in zip(rankings, truth, strict=True))
    figures["recall"] = shared / sum(map(len, truth))
    return figures


def measure(options: Options) -> list[Row]:
    """Measure every size, write the figures to standard error, and draw them unless this is only a try."""
    measured: dict[int, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES[options.size]:
            measured[size] = _measure_size(size, Path(folder) / str(size))
            told = {name: round(value, 3) for name, value in measured[size].items()}
            print(size, told, file=sys.stderr, flush=True)
    if options.size != "small":
        plot(measured, PLOT)
    return rows(measured)


def _measure_size(size: int, folder: Path) -> Figures:
    """Fill and ask a library, each in a process of its own."""
    figures: Figures = {}
    for act in ("fill", "ask"):
        command = [sys.executable, "-m", "benchmarks.growth", act, str(size), str(folder)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        figures |= json.loads(done.stdout)
    figures["disk"] = sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file()) / 1e6
    return figures


def rows(measured: dict[int, Figures]) -> list[Row]:
    """Return the table's lines for the largest size."""
    size = max(measured)
    large = measured[size]
    small = measured.get(10_000, measured[min(measured)])
    full = size * 4 * IDENTITY.dimension / 1e6
    name, growth = f"{size} passages", large["fused p50"] / small["fused p50"]
    recall, start, memory = large["recall"], large["start"], large["memory"]
    return [
        Row(f"{name}: recall@{LIMIT}", recall, "", "exact scan", 1.0, "≥ 0.98", recall >= 0.98),
        Row(f"{name}: words and vectors, p50", large["fused p50"], "ms", "the smallest of 10,000 or more",
            small["fused p50"], "< 3×", growth < 3),
        Row(f"{name}: start to first answer", start, "s", "limit", 5.0, "≤ 5 s", start <= 5),
        Row(f"{name}: memory", memory, "MB", "the vectors alone", full, "≤ 1500 MB", memory <= 1500),
    ]  # fmt: skip


def plot(measured: dict[int, Figures], out: Path) -> None:
    """Draw time, memory, disk and recall against size."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    sizes = sorted(measured)
    figure, panels = pyplot.subplots(2, 2, figsize=(9, 6), layout="constrained")
    drawn = (
        ("milliseconds (p50, p95 dotted)", ("words", "vectors", "fused")),
        ("megabytes", ("memory", "disk")),
        ("passages a second, written and indexed", ("rate", "rate until indexed")),
        ("share", ("recall",)),
    )
    for panel, (title, names) in zip(panels.flat, drawn, strict=True):
        for name in names:
            line = f"{name} p50" if f"{name} p50" in measured[sizes[0]] else name
            (mark,) = panel.plot(sizes, [measured[size][line] for size in sizes], marker="o", label=name)
            if line != name:
                late = [measured[size][f"{name} p95"] for size in sizes]
                panel.plot(sizes, late, linestyle=":", color=mark.get_color())
        panel.set(xscale="log", title=title, xlabel="passages")
        panel.set_yscale("linear" if title == "share" else "log")
        panel.legend(frameon=False)
    figure.savefig(out)


if __name__ == "__main__":
    act, size, place = sys.argv[1:]
    print(json.dumps({"fill": fill, "ask": ask}[act](Path(place), int(size))))
