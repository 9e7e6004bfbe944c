"""Figures for a Prometheus server: questions, seconds per stage, uploads, errors by kind, the library's size."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from retrieval.errors import QAError
from retrieval.passages import SearchResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.pipeline import FileReport
    from retrieval.store.passage_store import PassageStore

# Of its own: the default registry would add the process's figures, and takes each name once.
REGISTRY = CollectorRegistry()
_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_questions = Counter("qa_questions", "Questions answered, by their language.", ["language"], registry=REGISTRY)
_stages = Histogram("qa_stage_seconds", "Seconds of each stage.", ["stage"], buckets=_SECONDS, registry=REGISTRY)
_uploads = Counter("qa_uploads", "Articles and files by what became of them.", ["outcome"], registry=REGISTRY)
_errors = Counter("qa_errors", "Errors by kind.", ["kind"], registry=REGISTRY)
_articles = Gauge("qa_library_articles", "Articles in the library; NaN while it cannot be read.", registry=REGISTRY)
_passages = Gauge("qa_library_passages", "Passages in the library; NaN while it cannot be read.", registry=REGISTRY)


def count_question(result: SearchResult) -> None:
    """Count a question that was answered, and the seconds of its stages."""
    _questions.labels(result.language).inc()
    for stage, seconds in result.seconds.items():
        _stages.labels(stage).observe(seconds)


def count_uploads(reports: Sequence[FileReport]) -> None:
    """Count articles by outcome, and failures."""
    for report in reports:
        for outcome, count in report.outcomes.items():
            _uploads.labels(outcome).inc(count)
        if report.failures:
            _uploads.labels("failed").inc(len(report.failures))


def count_error(error: Exception) -> None:
    """Count an error by the name of its kind."""
    _errors.labels(type(error).__name__).inc()


def watch_library(store: PassageStore) -> None:
    """Let the library's size be asked whenever the figures are."""
    _articles.set_function(lambda: _size(lambda: len(store.articles())))
    _passages.set_function(lambda: _size(store.passage_count))


def _size(count: Callable[[], int]) -> float:
    try:
        return count()
    except QAError:
        return nan


def figures() -> bytes:
    """Return all figures in Prometheus' text format."""
    return generate_latest(REGISTRY)
