"""Thumbs that are kept: which passages people found right or wrong for a question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

from retrieval.access import Person
from retrieval.errors import LibraryError
from retrieval.files import write_whole
from retrieval.passages import Language

_NAME = "feedback.jsonl"
_lock = Lock()  # two sessions of one page write the same file


@dataclass(frozen=True, slots=True)
class Judgement:
    """One person's thumb: whether a passage answers a question. `article` is the article's name in the library."""

    question: str
    language: Language
    article: str
    passage: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question with the articles whose passages were found right, in the order they were marked."""

    question: str
    language: Language
    articles: tuple[str, ...]


def keep_judgement(person: Person, folder: Path, judgement: Judgement) -> None:
    """Write a judgement into a library's folder; the last one on a question and passage counts.

    NotAllowed for a reader, since a thumb becomes a test question. LibraryError if the file can't be read or written;
    what it held before is then still there.
    """
    person.need_editor("keep feedback")
    with _lock:
        kept = [old for old in read_judgements(folder) if _subject(old) != _subject(judgement)]
        _write(folder, [*kept, judgement])


def forget_judgement(person: Person, folder: Path, question: str, passage: str) -> None:
    """Take the judgement on a question and passage back; nothing happens if there is none. Errors as above."""
    person.need_editor("take feedback back")
    with _lock:
        _write(folder, [old for old in read_judgements(folder) if _subject(old) != (question, passage)])


def read_judgements(folder: Path) -> list[Judgement]:
    """Return all judgements of a library's folder, the oldest first; LibraryError if the file can't be read."""
    file = folder / _NAME
    if not file.exists():
        return []
    try:
        # Not splitlines: JSON strings may hold U+2028.
        return [Judgement(**json.loads(line)) for line in file.read_text(encoding="utf-8").split("\n") if line]
    except (OSError, ValueError, TypeError) as error:
        raise LibraryError(
            f"The feedback in {file} cannot be read ({error}). Mend that file or move it away."
        ) from error


def read_feedback(folder: Path) -> list[JudgedQuestion]:
    """Return the questions that have a right passage, as test questions; LibraryError if the file can't be read."""
    articles: dict[tuple[str, Language], dict[str, None]] = {}
    for judgement in read_judgements(folder):
        if judgement.is_right:
            articles.setdefault((judgement.question, judgement.language), {})[judgement.article] = None
    return [JudgedQuestion(question, language, tuple(names)) for (question, language), names in articles.items()]


def _subject(judgement: Judgement) -> tuple[str, str]:
    return judgement.question, judgement.passage


def _write(folder: Path, judgements: Sequence[Judgement]) -> None:
    lines = "".join(json.dumps(asdict(judgement), ensure_ascii=False) + "\n" for judgement in judgements)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / _NAME, lines)
    except OSError as error:
        raise LibraryError(f"The feedback in {folder / _NAME} cannot be written: {error.strerror}.") from error
