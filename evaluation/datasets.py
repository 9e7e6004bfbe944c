"""Data sets of labelled questions, read from folders in the BEIR layout.

A folder holds `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`, optionally
`lang` and `answers`) and the judgements in `qrels.tsv`, or `qrels/test.tsv` where there is no `qrels.tsv`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from retrieval.errors import InputError

Unit = Literal["article", "passage"]
QRELS_FILES = ("qrels.tsv", "qrels/test.tsv")
QRELS_HEADER = ["query-id", "corpus-id", "score"]


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question and what answers it: document id to grade, every grade above 0.

    `unit` says what the ids name: articles of a collection, or passages. `answers` are the known wordings.
    """

    id: str
    text: str
    language: str | None
    relevant: Mapping[str, int]
    answers: tuple[str, ...] = ()
    unit: Unit = "article"


@dataclass(frozen=True, slots=True)
class Dataset:
    """The documents (id to title and text) and the questions asked of them, in file order.

    `left_out` counts the questions that no document answers.
    """

    name: str
    documents: Mapping[str, tuple[str, str]]
    questions: tuple[LabelledQuestion, ...]
    left_out: int = 0


def read_dataset(folder: Path, limit_questions: int | None = None) -> Dataset:
    """Read a data set from a folder in the BEIR layout.

    Questions without a document graded above 0 are left out. `limit_questions` keeps that many of
    the others, evenly spread over the file, the same ones every time. Raises InputError, naming
    file and line, for anything missing, malformed or naming an unknown document or question.
    """
    if limit_questions is not None and limit_questions < 1:
        raise InputError(f"The number of questions to keep is {limit_questions}; it must be 1 or more.")
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give a folder that holds corpus.jsonl and queries.jsonl.")
    documents = _read_documents(folder / "corpus.jsonl")
    asked = _read_questions(folder / "queries.jsonl")
    qrels = _qrels_file(folder)
    grades = _read_grades(qrels, documents, asked)
    questions = []
    for question in asked.values():
        judged = grades.get(question.id, {})
        relevant = {document_id: grade for document_id, grade in judged.items() if grade > 0}
        if relevant:
            questions.append(replace(question, relevant=relevant))
    if not questions:
        raise InputError(f"{qrels}: no question has a document with a score above 0, so nothing can be measured.")
    left_out = len(asked) - len(questions)
    return Dataset(folder.resolve().name, documents, spread(questions, limit_questions), left_out)


def spread(questions: Sequence[LabelledQuestion], limit: int | None) -> tuple[LabelledQuestion, ...]:
    """Return that many of the questions, evenly spread, the same ones every time; all of them for None."""
    if limit is None or limit >= len(questions):
        return tuple(questions)
    return tuple(questions[i * len(questions) // limit] for i in range(limit))


def _qrels_file(folder: Path) -> Path:
    for name in QRELS_FILES:
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"{folder}: {' or '.join(QRELS_FILES)} is missing; it says which documents answer a question.")


def _read_documents(path: Path) -> dict[str, tuple[str, str]]:
    documents: dict[str, tuple[str, str]] = {}
    for place, record in _records(path):
        document_id = _new_id(place, record, documents)
        documents[document_id] = (_text(place, record, "title"), _text(place, record, "text"))
    return documents


def _read_questions(path: Path) -> dict[str, LabelledQuestion]:
    questions: dict[str, LabelledQuestion] = {}
    for place, record in _records(path):
        question_id = _new_id(place, record, questions)
        language = None if record.get("lang") is None else _text(place, record, "lang")
        answers = tuple(answer for answer in record.get("answers") or () if isinstance(answer, str))
        questions[question_id] = LabelledQuestion(question_id, _text(place, record, "text"), language, {}, answers)
    return questions


def _read_grades(
    path: Path, documents: Mapping[str, object], questions: Mapping[str, object]
) -> dict[str, dict[str, int]]:
    rows = ((place, line.split("\t")) for place, line in _lines(path))
    place, header = next(rows, (f"{path}, line 1", []))
    if header != QRELS_HEADER:
        raise InputError(f"{place}: the first line must be {', '.join(QRELS_HEADER)}, separated by tabs.")
    grades: dict[str, dict[str, int]] = {}
    for place, row in rows:
        if len(row) != len(QRELS_HEADER):
            wanted = f"{len(QRELS_HEADER)} values separated by tabs ({', '.join(QRELS_HEADER)})"
            raise InputError(f"{place}: expected {wanted}, found {len(row)}.")
        question_id, document_id, score = row
        if question_id not in questions:
            raise InputError(f'{place}: the question "{question_id}" is not in queries.jsonl.')
        if document_id not in documents:
            raise InputError(f'{place}: the document "{document_id}" is not in corpus.jsonl.')
        try:
            grade = int(score)
        except ValueError as error:
            raise InputError(f'{place}: the score "{score}" must be a whole number.') from error
        if grades.setdefault(question_id, {}).setdefault(document_id, grade) != grade:
            raise InputError(f'{place}: "{question_id}" and "{document_id}" already have another score; keep one.')
    return grades


def _new_id(place: str, record: Mapping[str, Any], known: Mapping[str, object]) -> str:
    identifier = _text(place, record, "_id")
    if identifier in known:
        raise InputError(f'{place}: the "_id" {identifier} is used twice; every line needs its own.')
    return identifier


def _text(place: str, record: Mapping[str, Any], key: str) -> str:
    if key not in record:
        raise InputError(f'{place}: "{key}" is missing; every line needs it.')
    value = record[key]
    if not isinstance(value, str):
        raise InputError(f'{place}: "{key}" is {json.dumps(value)}; it must be text in quotation marks.')
    return value


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, line in _lines(path):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{place}: not valid JSON ({error.msg} at character {error.colno}).") from error
        if not isinstance(record, dict):
            raise InputError(f'{place}: expected one object in braces, such as {{"_id": "1", "text": "…"}}.')
        yield place, record


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield every line that is not blank, after the words that say where it stands."""
    try:
        # Bytes split at "\n" only: JSON strings may hold U+2028, at which str.splitlines would cut.
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                place = f"{path}, line {number}"
                # A file saved by a Windows editor may begin with a byte order mark and end lines in "\r\n".
                text = line.decode("utf-8-sig").rstrip("\r\n")
                if text.strip():
                    yield place, text
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; a data set needs it.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: not UTF-8 text; save the file as UTF-8.") from error
