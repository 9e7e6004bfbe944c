"""Evaluations kept on disk, one file each: the figures in the first line, then a line for every question."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evaluation.measures import Measures, Outcome
from evaluation.report import StageResult
from evaluation.run import AskedResult, MarkedAnswer
from retrieval.access import Person
from retrieval.errors import InputError, LibraryError
from retrieval.files import write_whole


@dataclass(frozen=True, slots=True)
class KeptRun:
    """What is told of an evaluation: what was asked, when (ISO 8601, UTC), with which settings, and what came out.

    `left_out` counts the questions that no document answers. `answers` has exact match and F1 in percent and the
    number of answers, if they were marked.
    """

    name: str
    date: str
    settings: Mapping[str, str]
    questions: int
    documents: int
    left_out: int
    stages: Mapping[str, StageResult]
    answers: tuple[float, float, int] | None = None

    @property
    def id(self) -> str:
        """Return the name of its file, without the suffix."""
        return "".join(c for c in self.date if c.isalnum())


def now() -> str:
    """Return this moment as `KeptRun.date` wants it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def keep(folder: Path, run: KeptRun, results: Sequence[AskedResult]) -> None:
    """Write an evaluation; it is there whole or not at all. LibraryError if it cannot be written."""
    lines = [json.dumps(asdict(run), ensure_ascii=False)]
    lines += [json.dumps(_from_result(result), ensure_ascii=False) for result in results]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f"{run.id}.jsonl", "\n".join(lines) + "\n")
    except OSError as error:
        raise LibraryError(f"The evaluation cannot be kept in {folder}: {error.strerror}.") from error


def kept_runs(folder: Path) -> list[KeptRun]:
    """Return the kept evaluations, the newest first; InputError names a damaged file."""
    runs = []
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        with path.open(encoding="utf-8") as file:
            runs.append(_to_run(path, file.readline()))
    return runs


def kept_results(folder: Path, run_id: str) -> list[AskedResult]:
    """Return the results of a kept evaluation, question by question; InputError if it is gone or damaged."""
    path = folder / f"{run_id}.jsonl"
    try:
        # Not splitlines: JSON strings may hold U+2028.
        lines = path.read_text(encoding="utf-8").split("\n")[1:]
        return [_to_result(json.loads(line)) for line in lines if line]
    except OSError as error:
        raise InputError(f"The evaluation {path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(path) from error


def forget(person: Person, folder: Path, run_id: str) -> None:
    """Delete a kept evaluation; nothing happens if it isn't there. NotAllowed for a reader."""
    person.need_editor("delete evaluations")
    (folder / f"{run_id}.jsonl").unlink(missing_ok=True)


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged, or of another version of this application; delete that file.")


def _to_run(path: Path, line: str) -> KeptRun:
    try:
        head = json.loads(line)
        stages = {name: _to_stage(stage) for name, stage in head.pop("stages").items()}
        answers = head.pop("answers")
        return KeptRun(**head, stages=stages, answers=tuple(answers) if answers else None)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(path) from error


def _to_stage(stage: dict[str, Any]) -> StageResult:
    return StageResult(
        measures=Measures(**stage["measures"]),
        questions_per_second=stage["questions_per_second"],
        mean_ranks=stage["mean_ranks"],
        intervals={name: (low, high) for name, (low, high) in stage["intervals"].items()},
        pairs={pair: Measures(**measures) for pair, measures in stage["pairs"].items()},
    )


def _from_result(result: AskedResult) -> dict[str, Any]:
    """Return a line's content; outcomes as lists, since there are many."""
    return {
        "id": result.id,
        "question": result.question,
        "language": result.language,
        "right": result.right,
        "outcomes": {stage: astuple(outcome) for stage, outcome in result.outcomes.items()},
        "by_language": {
            stage: {language: astuple(outcome) for language, outcome in outcomes.items()}
            for stage, outcomes in result.by_language.items()
        },
        "language_ranks": result.language_ranks,
        "answer": result.answer and astuple(result.answer),
    }


def _to_result(line: dict[str, Any]) -> AskedResult:
    by_language = {
        stage: {language: Outcome(*values) for language, values in outcomes.items()}
        for stage, outcomes in line["by_language"].items()
    }
    return AskedResult(
        id=line["id"],
        question=line["question"],
        language=line["language"],
        right=tuple(line["right"]),
        outcomes={stage: Outcome(*values) for stage, values in line["outcomes"].items()},
        by_language=by_language,
        language_ranks=line["language_ranks"],
        answer=MarkedAnswer(*line["answer"]) if line["answer"] else None,
    )
