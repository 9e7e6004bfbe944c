"""Adding files of all formats, against encoding the same passages and nothing else.

The files are made of the samples' paragraphs, shuffled, in a temporary folder. While they are added another thread
asks a question again and again: its longest wait is the stall a person would see.
"""

from __future__ import annotations

import csv
import io
import json
import random
import resource
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from html import escape
from pathlib import Path
from textwrap import wrap
from threading import Event, Thread
from time import perf_counter, sleep

from docx import Document
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from benchmarks.catalogue import Options, Size
from benchmarks.synthetic import SAMPLES
from benchmarks.table import Row
from ingest.pipeline import InputFile, ingest_files
from retrieval.opening import load_encoder
from retrieval.passages import Encoder, Selection
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

PARAGRAPHS, ROWS, PAUSE = 30, 10, 0.05
_CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles><rootfile '
    'full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/><manifest><item id="one" href="one.xhtml" '
    'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="one"/></spine></package>'
)


def _docx(paragraphs: Sequence[str]) -> bytes:
    document, out = Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(out)
    return out.getvalue()


def _pdf(paragraphs: Sequence[str]) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))  # has French letters and Chinese characters
    out = io.BytesIO()
    canvas = Canvas(out)
    lines = [line for paragraph in paragraphs for line in wrap(paragraph, 45)]
    for first in range(0, len(lines), 44):
        canvas.setFont("STSong-Light", 11)
        for row, line in enumerate(lines[first : first + 44]):
            canvas.drawString(50, 790 - 16 * row, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _html(paragraphs: Sequence[str]) -> bytes:
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return f"<html><head><title>Mixed</title></head><body>{body}</body></html>".encode()


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def _epub(paragraphs: Sequence[str]) -> bytes:
    page = _html(paragraphs).replace(b"<html>", b'<html xmlns="http://www.w3.org/1999/xhtml">')
    return _zip({"META-INF/container.xml": _CONTAINER.encode(), "book.opf": _PACKAGE.encode(), "one.xhtml": page})


def _rows(paragraphs: Sequence[str], mark: str) -> bytes:
    out = io.StringIO()
    table = csv.writer(out, delimiter=mark)
    table.writerow(("id", "text"))
    table.writerows((row, "\n".join(paragraphs[row::ROWS])) for row in range(ROWS))
    return out.getvalue().encode()


def _json_lines(paragraphs: Sequence[str]) -> bytes:
    lines = [{"id": row, "text": "\n".join(paragraphs[row::ROWS])} for row in range(ROWS)]
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()


def _plain(paragraphs: Sequence[str]) -> bytes:
    return "\n\n".join(paragraphs).encode()


PASSAGES: dict[Size, int] = {"small": 200, "usual": 1_000, "full": 20_000}
FORMATS: dict[str, Callable[[Sequence[str]], bytes]] = {
    "txt": _plain,
    "md": _plain,
    "html": _html,
    "pdf": _pdf,
    "docx": _docx,
    "epub": _epub,
    "csv": lambda paragraphs: _rows(paragraphs, ","),
    "tsv": lambda paragraphs: _rows(paragraphs, "\t"),
    "jsonl": _json_lines,
    "zip": lambda paragraphs: _zip({"one.txt": _plain(paragraphs), "two.html": _html(paragraphs)}),
}


def write_files(folder: Path, number: int) -> list[InputFile]:
    """Write so many files, the formats in turn, and return them."""
    samples = [file.read_text(encoding="utf-8") for file in sorted(SAMPLES.glob("*.md"))]
    paragraphs = [part for sample in samples for part in sample.split("\n\n") if len(part) > 80]
    chosen, files = random.Random(1), []
    for index in range(number):
        kind = list(FORMATS)[index % len(FORMATS)]
        path = folder / f"file-{index}.{kind}"
        path.write_bytes(FORMATS[kind](chosen.sample(paragraphs, min(PARAGRAPHS, len(paragraphs)))))
        files.append(InputFile(path.name, path.stat().st_size, path.read_bytes))
    return files


class Asker(Thread):
    """Asks for the nearest passages again and again until stopped; keeps the longest time a question took, seconds."""

    def __init__(self, store: PassageStore, encoder: Encoder) -> None:
        super().__init__(daemon=True)
        self._store, self._vector = store, encoder.encode_questions(["Who measured the wind?"])[0]
        self.stopped, self.longest, self.asked = Event(), 0.0, 0

    def run(self) -> None:
        """Ask; a thread that wakes late from its pause was held up too."""
        while not self.stopped.is_set():
            start = perf_counter()
            sleep(PAUSE)
            self._store.nearest(self._vector, 50, Selection())
            self.longest = max(self.longest, perf_counter() - start - PAUSE)
            self.asked += 1


def passages_of(store: PassageStore) -> Iterator[str]:
    """Yield the texts as they were encoded."""
    for article in store.articles():
        for passage in store.passages(article.id):
            yield passage.indexed_text


def measure(options: Options) -> list[Row]:
    """Add files of all formats until there are enough passages, then encode the same ones alone."""
    with tempfile.TemporaryDirectory() as folder:
        return _measure(PASSAGES[options.size], Path(folder))


def _measure(passages: int, folder: Path) -> list[Row]:
    encoder = load_encoder(Settings())
    added, batch, seconds = 0, max(9, min(90, passages // 50)), 0.0
    with closing(PassageStore(EdgeBackend(folder / "library"), encoder.identity)) as store:
        files = iter(write_files(folder, max(batch, passages // 8)))
        asker = Asker(store, encoder)
        asker.start()
        while added < passages and (some := [file for _, file in zip(range(batch), files, strict=False)]):
            start = perf_counter()
            reports = ingest_files(some, encoder, store)
            seconds += perf_counter() - start
            added += sum(report.passages for report in reports)
            failed = [str(failure) for report in reports for failure in report.failures]
            assert not failed, failed
        asker.stopped.set()
        asker.join()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        texts = list(passages_of(store))
    start = perf_counter()
    encoder.encode_passages(texts)
    alone, ours = len(texts) / (perf_counter() - start), added / seconds
    name = f"adding {added} passages"
    return [
        Row(name, ours, "passages/s", "encoding them alone", alone, "≥ 85 %", ours >= 0.85 * alone),
        Row(f"{name}: memory", memory, "MB", "limit", 1500.0, "≤ 1500 MB", memory <= 1500),
        Row(f"{name}: longest stall of {asker.asked} searches", 1000 * asker.longest, "ms", "limit", 250.0,
            "≤ 250 ms", asker.longest <= 0.25),
    ]  # fmt: skip
