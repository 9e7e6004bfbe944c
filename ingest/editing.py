"""The one way for people to change a library: each act asks for an editor and is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.articles import read_articles
from ingest.audit import Act, AuditLine, FailedUpload, keep_audit, keep_failed
from ingest.pipeline import FileReport, InputFile, Progress, ReadArticles, ingest_files
from retrieval.access import Person
from retrieval.errors import LibraryError, NotAllowed, QAError
from retrieval.passages import ArticleInfo, Encoder
from retrieval.store.passage_store import PassageStore


@dataclass(frozen=True, slots=True)
class Editing:
    """Changes a library in a person's name. `folder` is the library's, where the audit lies, with a server too."""

    person: Person
    folder: Path
    store: PassageStore

    def add(
        self,
        files: Iterable[InputFile],
        encoder: Encoder,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        read: ReadArticles = read_articles,
    ) -> list[FileReport]:
        """Add files as `ingest_files` does; NotAllowed, before any is read, for a reader."""
        given = list(files)
        self._need_editor("add articles", "upload", [file.name for file in given])
        try:
            reports = ingest_files(given, encoder, self.store, on_progress, read)
        except QAError:
            with suppress(LibraryError):  # a full disk stops both; the first error is the one to tell
                self._keep("upload", [(file.name, "stopped") for file in given])
            raise
        self._keep("upload", [line for report in reports for line in _outcomes(report)])
        self._keep("delete", [(name, "no longer in its file") for report in reports for name in report.dropped])
        failures = [failure for report in reports for failure in report.failures]
        keep_failed(self.folder, [FailedUpload(self.person.name, error.name, error.reason) for error in failures])
        return reports

    def delete(self, articles: Sequence[ArticleInfo]) -> None:
        """Delete articles, all in one step of the library or none; NotAllowed for a reader."""
        names = [article.name for article in articles]
        self._need_editor("delete articles", "delete", names)
        try:
            self.store.delete_articles([article.id for article in articles])
        except QAError:
            with suppress(LibraryError):
                self._keep("delete", [(name, "failed") for name in names])
            raise
        self._keep("delete", [(name, "deleted") for name in names])

    def _need_editor(self, what: str, act: Act, names: Sequence[str]) -> None:
        try:
            self.person.need_editor(what)
        except NotAllowed:
            self._keep(act, [(name, "refused") for name in names])
            raise

    def _keep(self, act: Act, outcomes: Sequence[tuple[str, str]]) -> None:
        keep_audit(self.folder, [AuditLine(self.person.name, act, name, outcome) for name, outcome in outcomes])


def _outcomes(report: FileReport) -> list[tuple[str, str]]:
    """Return a file's name with each outcome; several articles of one file with their number."""
    done = [
        (report.name, outcome if count == 1 else f"{outcome} ({count})")
        for outcome, count in sorted(report.outcomes.items())
    ]
    return done + [(failure.name, f"failed: {failure.reason}") for failure in report.failures]
