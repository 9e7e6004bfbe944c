"""From files to the library: the one road of the command line and the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ingest.articles import Article, read_articles
from ingest.split import PASSAGE_TOKENS, article_id, article_version, split_article
from retrieval.errors import ArticleError
from retrieval.passages import Encoder, Passage, Vectors
from retrieval.store.passage_store import PassageStore

Outcome = Literal["added", "replaced", "unchanged"]
ReadArticles = Callable[[str, bytes], Iterator[Article | ArticleError]]
# Passages of several articles are encoded together: a batch of one short article wastes the processor.
ENCODE_SIZE = 128


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to add: its name in the library, its size in bytes and how to get its content."""

    name: str
    size: int
    read: Callable[[], bytes]


@dataclass(slots=True)
class FileReport:
    """What became of one file: articles by outcome, passages written, articles dropped, failures."""

    name: str
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    passages: int = 0
    dropped: list[str] = field(default_factory=list)
    failures: list[ArticleError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: bytes of input done and passages stored."""

    bytes_done: int
    passages: int


def ingest_files(
    files: Iterable[InputFile],
    encoder: Encoder,
    store: PassageStore,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    read: ReadArticles = read_articles,
) -> list[FileReport]:
    """Read, split, encode and store files; return one report per file, in order.

    `read` is what reads a file, in this process or a `Parser`'s own. A file that can't be read is reported and the
    rest goes on; LibraryError ends the run. An article
    that is stored already is left alone, a changed one replaced when its new version is complete,
    and articles that a file no longer holds are deleted.
    """
    run = _Run(encoder, store, on_progress, read)
    try:
        for file in files:
            run.add(file)
        run.flush()
        store.index()
    finally:
        store.release(run.names)
    return run.reports


class _Run:
    def __init__(
        self, encoder: Encoder, store: PassageStore, on_progress: Callable[[Progress], None], read: ReadArticles
    ) -> None:
        self._encoder, self._store, self._on_progress, self._read = encoder, store, on_progress, read
        self._waiting: list[list[Passage]] = []  # split articles, not yet encoded
        self._finished: list[tuple[FileReport, set[str]]] = []  # read files and the ids of their articles
        self.names: set[str] = set()  # of the files claimed
        self._bytes_read = self._passages = 0
        self.reports: list[FileReport] = []

    def add(self, file: InputFile) -> None:
        report = FileReport(file.name)
        self.reports.append(report)
        kept: set[str] = set()
        try:
            if file.name in self.names:  # each would drop the articles of the other
                raise ArticleError(file.name, "is the name of two files in this run: rename one")
            if not self._store.claim(file.name, self):
                raise ArticleError(
                    file.name, "is being added by someone else just now: wait a moment, then add it again"
                )
            self.names.add(file.name)
            for item in self._read(file.name, _content(file)):
                kept.add(article_id(item.name))
                if isinstance(item, ArticleError):
                    report.failures.append(item)
                else:
                    self._take(item, report)
        except ArticleError as error:  # the whole file: what an older version of it left stays
            report.failures.append(error)
        else:
            self._finished.append((report, kept))
        self._bytes_read += file.size
        if sum(map(len, self._waiting)) >= ENCODE_SIZE:
            self.flush()

    def _take(self, article: Article, report: FileReport) -> None:
        max_tokens = self._encoder.max_tokens
        identifier = article_id(article.name)
        if self._store.has_version(identifier, article_version(article, min(PASSAGE_TOKENS, max_tokens))):
            report.outcomes["unchanged"] += 1
            return
        report.outcomes["replaced" if self._store.has_article(identifier) else "added"] += 1
        passages = split_article(article, self._encoder.count_tokens, max_tokens)
        report.passages += len(passages)
        self._waiting.append(passages)
        if sum(map(len, self._waiting)) >= ENCODE_SIZE:
            self._write()

    def _write(self) -> None:
        """Encode and store the waiting articles, in slices so that progress shows in a long one."""
        passages = [passage for article in self._waiting for passage in article]
        vectors: list[Vectors] = []
        for start in range(0, len(passages), ENCODE_SIZE):
            batch = passages[start : start + ENCODE_SIZE]
            vectors.extend(self._encoder.encode_passages([passage.indexed_text for passage in batch]))
            self._on_progress(Progress(self._bytes_read, self._passages + len(vectors)))
        first = 0
        for article in self._waiting:
            self._store.replace_article(article, vectors[first : first + len(article)])
            first += len(article)
        self._passages += len(passages)
        self._waiting = []

    def flush(self) -> None:
        """Store what waits, then drop what the finished files no longer hold."""
        self._write()
        for report, kept in self._finished:
            report.dropped = self._store.delete_source_except(report.name, kept)
        self._finished = []
        self._on_progress(Progress(self._bytes_read, self._passages))


def _content(file: InputFile) -> bytes:
    try:
        return file.read()
    except OSError as error:
        raise ArticleError(file.name, f"cannot be read: {error.strerror}") from error
