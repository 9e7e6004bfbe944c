"""A kept evaluation as files: its figures and its questions as CSV, everything as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from evaluation.kept import KeptRun
from evaluation.measures import MEASURE_NAMES
from evaluation.run import AskedResult


def figures_csv(run: KeptRun) -> str:
    """Return a row for each stage over all questions and in each pair of languages, unrounded."""
    header = ["stage", "question_language", "article_language", *MEASURE_NAMES, "missed", "questions"]
    rows: list[list[object]] = []
    for stage, result in run.stages.items():
        parts = {"all-all": result.measures, **result.pairs}
        rows += [[stage, *pair.split("-"), *asdict(measures).values()] for pair, measures in parts.items()]
    return _csv([header, *rows])


def questions_csv(results: Sequence[AskedResult]) -> str:
    """Return a row for each question with its rank at each stage, and the marked answer where there is one."""
    stages = list(results[0].outcomes) if results else []
    header = ["id", "question", "language", "right", *(f"rank_{stage}" for stage in stages), "answer", "exact", "f1"]
    rows: list[list[object]] = []
    for result in results:
        marked = result.answer
        answer = [marked.text, marked.exact, marked.f1] if marked else ["", "", ""]
        ranks = [result.outcomes[stage].rank for stage in stages]
        rows.append([result.id, result.question, result.language, " | ".join(result.right), *ranks, *answer])
    return _csv([header, *rows])


def run_json(run: KeptRun, results: Sequence[AskedResult]) -> str:
    """Return figures, settings and questions in one object."""
    content = {**asdict(run), "results": [asdict(result) for result in results]}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _csv(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV; a cell that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow(
            [
                f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t")) else cell
                for cell in row
            ]
        )
    # A byte order mark: without it spreadsheets misread Chinese.
    return "\ufeff" + out.getvalue()
