"""CSV, TSV and JSON Lines: one article a row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.formats.blocks import clean, clean_line
from ingest.formats.encodings import decode
from retrieval.errors import ArticleError

TEXT_COLUMNS = ("text", "content", "body", "passage", "texte", "contenu", "正文", "内容", "文本")
TITLE_COLUMNS = ("title", "titre", "标题", "name")
ID_COLUMNS = ("id", "_id", "article_id")
_DELIMITERS = ("\t", ",", ";")  # the tab first: with a single column all are equal, and a text has commas


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds an article; `id` is its own or its number, from 1."""

    id: str
    title: str
    text: str


def read_csv(name: str, data: bytes) -> Iterator[Row | ArticleError]:
    """Yield each row of comma, semicolon or tab separated `data`, or the error that makes it unusable.

    Raises ArticleError if there is no text column.
    """
    text = decode(name, data)
    csv.field_size_limit(len(text) + 1)
    delimiter, header = _sniff(name, text)
    if not set(header).intersection(TEXT_COLUMNS):
        raise _no_text_column(name, header)
    reader = _csv_reader(text, delimiter)
    next(reader)
    return _unique(name, _csv_rows(name, reader, header))


def read_jsonl(name: str, data: bytes) -> Iterator[Row | ArticleError]:
    """Yield each line of JSON Lines `data`, or the error that makes it unusable.

    Raises ArticleError if the first object has no text.
    """
    # Not splitlines: JSON strings may hold U+2028 and its like.
    numbered = [(number, line) for number, line in enumerate(decode(name, data).split("\n"), 1) if line.strip()]
    objects = [_json_object(name, number, line) for number, line in numbered]
    first = next((entry for _, entry in objects if not isinstance(entry, ArticleError)), None)
    if first is not None and not set(first).intersection(TEXT_COLUMNS):
        raise _no_text_column(name, list(first))
    return _unique(name, (_json_row(name, number, entry) for number, entry in objects))


def _sniff(name: str, text: str) -> tuple[str, list[str]]:
    """Return the delimiter whose header has a text column, or else the most columns, and that header."""
    headers: dict[str, list[str]] = {}
    for delimiter in _DELIMITERS:
        try:
            first = next(_csv_reader(text, delimiter), [])
        except csv.Error:  # the quotes do not fit this delimiter
            continue
        headers[delimiter] = [_key(column) for column in first]
    if not headers:
        raise ArticleError(name, "has a malformed first line: name the columns there, separated by commas")
    best = max(headers, key=lambda d: (bool(set(headers[d]).intersection(TEXT_COLUMNS)), len(headers[d])))
    return best, headers[best]


def _csv_reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _key(column: str) -> str:
    return clean_line(column).casefold()


def _no_text_column(name: str, columns: Sequence[str]) -> ArticleError:
    found, accepted = ", ".join(columns) or "none", ", ".join(TEXT_COLUMNS)
    return ArticleError(name, f"has no text column: found {found[:300]}; name one of them {accepted}")


def _csv_rows(
    name: str, reader: Iterator[list[str]], header: Sequence[str]
) -> Iterator[tuple[int, Row | ArticleError]]:
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield number, ArticleError(f"{name}#{number}", f"row {number} is malformed: {error}")
            continue
        if not cells:  # an empty line is no row
            continue
        number += 1
        if len(cells) > len(header):
            reason = f"row {number} has {len(cells)} cells for {len(header)} columns: quote the cells"
            yield number, ArticleError(f"{name}#{number}", reason)
        else:
            yield number, _row(name, number, dict(zip(header, cells, strict=False)))


def _json_object(name: str, number: int, line: str) -> tuple[int, dict[str, object] | ArticleError]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        return number, ArticleError(f"{name}#{number}", f"line {number} is not valid JSON: {error}")
    if not isinstance(entry, dict):
        return number, ArticleError(f"{name}#{number}", f"line {number} is not a JSON object")
    return number, {_key(key): value for key, value in entry.items()}


def _json_row(name: str, number: int, entry: dict[str, object] | ArticleError) -> tuple[int, Row | ArticleError]:
    if isinstance(entry, ArticleError):
        return number, entry
    cells = {key: value for key, value in entry.items() if isinstance(value, str)}
    numbers = {key: str(entry[key]) for key in ID_COLUMNS if isinstance(entry.get(key), int)}
    return number, _row(name, number, cells | numbers)


def _row(name: str, number: int, cells: Mapping[str, str]) -> Row | ArticleError:
    row_id = clean_line(_first(cells, ID_COLUMNS)) or str(number)
    text = _first(cells, TEXT_COLUMNS)
    if not clean(text):
        return ArticleError(f"{name}#{row_id}", f"row {number} holds no text")
    return Row(row_id, clean_line(_first(cells, TITLE_COLUMNS)), text)


def _first(cells: Mapping[str, str], columns: Sequence[str]) -> str:
    return next((cells[column] for column in columns if column in cells), "")


def _unique(name: str, rows: Iterator[tuple[int, Row | ArticleError]]) -> Iterator[Row | ArticleError]:
    seen: set[str] = set()
    for number, row in rows:
        if isinstance(row, Row) and row.id in seen:
            yield ArticleError(f"{name}#{row.id}", f"row {number} repeats the id of an earlier row")
            continue
        if isinstance(row, Row):
            seen.add(row.id)
        yield row
