"""Files of questions about a library: CSV, TSV or JSON Lines, one question a row, with what answers it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from ingest.formats.blocks import clean_line
from ingest.formats.encodings import decode
from retrieval.errors import InputError

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "questions", "问题", "提问"),
    "article": ("article", "articles", "title", "titre", "file", "fichier", "文章", "标题", "文件"),
    "passage": ("passage", "text", "context", "texte", "contexte", "段落", "正文", "文本"),
    "answer": ("answer", "answers", "réponse", "réponses", "reponse", "答案", "回答"),
}
SUFFIXES = (".csv", ".tsv", ".jsonl")
_DELIMITERS = ("\t", ",", ";")
_SHAPE = (
    'columns "question", "article" (its name or title) or "passage" (its text), and, if you like, "answer"; '
    "French and Chinese names of these are known too"
)

Cells = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as a person wrote it: `articles` by name or title, or else the text of a `passage`, answer it.

    `place` is the file and line it stands in, for messages.
    """

    place: str
    question: str
    articles: tuple[str, ...] = ()
    passage: str = ""
    answers: tuple[str, ...] = ()


def read_question_file(name: str, data: bytes) -> list[AskedQuestion]:
    """Read a file of questions; InputError names file, line and reason for one that can't be used."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{name}: give a file that ends in {', '.join(SUFFIXES)} with {_SHAPE}.")
    text = decode(name, data)
    rows = _json_rows(name, text) if suffix == ".jsonl" else _csv_rows(name, text)
    asked = [to_question(place, cells) for place, cells in rows]
    if not asked:
        raise InputError(f"{name}: holds no question; give {_SHAPE}.")
    return asked


def to_question(place: str, cells: Cells) -> AskedQuestion:
    """Make a question of a row's cells by the names in `COLUMNS`; InputError if it lacks one."""
    question, passage = (" ".join(cells.get(key, ())).strip() for key in ("question", "passage"))
    articles, answers = (tuple(filter(None, map(str.strip, cells.get(key, ())))) for key in ("article", "answer"))
    if not question:
        raise InputError(f"{place}: the question is missing.")
    if not articles and not passage:
        raise InputError(f"{place}: neither an article nor a passage answers the question; name one.")
    return AskedQuestion(place, question, articles, passage, answers)


def _csv_rows(name: str, text: str) -> Iterator[tuple[str, Cells]]:
    csv.field_size_limit(len(text) + 1)
    delimiter, header = _header(name, text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        next(reader)
        for cells in reader:
            place = f"{name}, line {reader.line_num}"
            if len(cells) > len(header):
                raise InputError(f"{place}: {len(cells)} cells for {len(header)} columns; put quotes around the cells.")
            if any(cell.strip() for cell in cells):
                yield place, {key: (cell,) for key, cell in zip(header, cells, strict=False) if key}
    except csv.Error as error:
        raise InputError(f"{name}, line {reader.line_num}: malformed ({error}).") from error


def _header(name: str, text: str) -> tuple[str, list[str]]:
    """Return the delimiter under which the first line has a column of questions, and what each column holds."""
    for delimiter in _DELIMITERS:
        try:
            first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
        except csv.Error:  # the quotes do not fit this delimiter
            continue
        header = _keys(first)
        if "question" in header:
            return delimiter, header
    raise InputError(f"{name}, line 1: no column of questions; the first line must name the {_SHAPE}.")


def _keys(names: Sequence[str]) -> list[str]:
    """Return what each column holds, an empty text where it is none of `COLUMNS` or repeats one."""
    keys: list[str] = []
    for name in names:
        found = next((key for key, known in COLUMNS.items() if clean_line(name).casefold() in known), "")
        keys.append("" if found in keys else found)
    return keys


def _json_rows(name: str, text: str) -> Iterator[tuple[str, Cells]]:
    # Not splitlines: JSON strings may hold U+2028 and its like.
    for number, line in enumerate(text.split("\n"), start=1):
        place = f"{name}, line {number}"
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{place}: not valid JSON ({error}).") from error
        if not isinstance(entry, dict):
            raise InputError(f"{place}: expected one object in braces, with {_SHAPE}.")
        yield place, {key: _texts(entry[column]) for column, key in zip(entry, _keys(list(entry)), strict=True) if key}


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return (value,) if isinstance(value, str) else ()
