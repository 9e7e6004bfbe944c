"""Reading data sets in the BEIR layout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from evaluation.datasets import Dataset, LabelledQuestion, read_dataset
from retrieval.errors import InputError

CORPUS: list[dict[str, object]] = [
    {"_id": "d1", "title": "Lune", "text": "La Lune tourne autour de la Terre."},
    {"_id": "d2", "title": "", "text": "Le Soleil est une étoile."},
]
QUESTIONS: list[dict[str, object]] = [
    {"_id": "q1", "text": "What turns around the Earth?", "lang": "en", "answers": ["The Moon"]},
    {"_id": "q2", "text": "太阳是什么？"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t1\nq2\td2\t1\n"


def write_lines(path: Path, records: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a complete data set of two documents and two questions."""
    folder = tmp_path / "moon"
    folder.mkdir()
    write_lines(folder / "corpus.jsonl", CORPUS)
    write_lines(folder / "queries.jsonl", QUESTIONS)
    (folder / "qrels.tsv").write_text(QRELS, encoding="utf-8")
    return folder


def test_reads_every_part(folder: Path) -> None:
    """Documents, questions, languages and grades arrive as written, in file order."""
    assert read_dataset(folder) == Dataset(
        "moon",
        {"d1": ("Lune", "La Lune tourne autour de la Terre."), "d2": ("", "Le Soleil est une étoile.")},
        (
            LabelledQuestion("q1", "What turns around the Earth?", "en", {"d1": 2, "d2": 1}, ("The Moon",)),
            LabelledQuestion("q2", "太阳是什么？", None, {"d2": 1}),
        ),
    )


def test_reads_qrels_from_their_own_folder(folder: Path) -> None:
    """The judgements may be in qrels/test.tsv."""
    expected = read_dataset(folder)
    (folder / "qrels").mkdir()
    (folder / "qrels.tsv").rename(folder / "qrels" / "test.tsv")
    assert read_dataset(folder) == expected


def test_reads_windows_files(folder: Path) -> None:
    """A byte order mark, "\\r\\n" line ends and blank lines change nothing."""
    expected = read_dataset(folder)
    for name in ("corpus.jsonl", "queries.jsonl", "qrels.tsv"):
        content = (folder / name).read_text(encoding="utf-8").replace("\n", "\r\n")
        (folder / name).write_bytes(b"\xef\xbb\xbf" + content.encode() + b"\r\n")
    assert read_dataset(folder) == expected


def test_keeps_line_separators_inside_text(folder: Path) -> None:
    """U+2028 inside a text does not end the line."""
    line = '{"_id": "d1", "title": "", "text": "a\u2028b"}\n{"_id": "d2", "title": "", "text": "c"}\n'
    (folder / "corpus.jsonl").write_text(line, encoding="utf-8")
    assert read_dataset(folder).documents == {"d1": ("", "a\u2028b"), "d2": ("", "c")}


def test_leaves_out_questions_without_a_relevant_document(folder: Path) -> None:
    """Neither a question nobody judged nor one with only grade 0 is asked."""
    write_lines(folder / "queries.jsonl", [*QUESTIONS, {"_id": "q3", "text": "?"}])
    (folder / "qrels.tsv").write_text(QRELS.replace("q2\td2\t1", "q2\td2\t0"), encoding="utf-8")
    assert [question.id for question in read_dataset(folder).questions] == ["q1"]


@pytest.mark.parametrize(
    ("limit", "kept"),
    [(1, [0]), (3, [0, 3, 6]), (4, [0, 2, 5, 7]), (10, list(range(10))), (99, list(range(10)))],
)
def test_limit_keeps_evenly_spread_questions(folder: Path, limit: int, kept: list[int]) -> None:
    """Of ten questions, number i of the sample is number i * 10 // limit of the file."""
    write_lines(folder / "queries.jsonl", [{"_id": f"q{i}", "text": "?"} for i in range(10)])
    rows = "".join(f"q{i}\td1\t1\n" for i in range(10))
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + rows, encoding="utf-8")
    questions = read_dataset(folder, limit).questions
    assert [question.id for question in questions] == [f"q{i}" for i in kept]


@pytest.mark.parametrize("limit", [0, -1])
def test_refuses_a_limit_below_one(folder: Path, limit: int) -> None:
    """The message names the number given."""
    with pytest.raises(InputError, match=f"keep is {limit}; it must be 1 or more"):
        read_dataset(folder, limit)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_names_a_missing_file(folder: Path, name: str) -> None:
    """The message names the file that is not there."""
    (folder / name).unlink()
    with pytest.raises(InputError, match=rf"{name}.* is missing"):
        read_dataset(folder)


def test_refuses_a_path_that_is_no_folder(folder: Path) -> None:
    """A file or a path that does not exist is named."""
    with pytest.raises(InputError, match="nowhere is not a folder"):
        read_dataset(folder / "nowhere")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", b'{"_id": "d1", "title": "", "text": "a"}\n{"_id": ', "line 2: not valid JSON"),
        ("corpus.jsonl", b'{"_id": "d1", "text": "a"}', 'line 1: "title" is missing'),
        ("corpus.jsonl", b'\n{"_id": 7, "title": "", "text": "a"}', 'line 2: "_id" is 7; it must be text'),
        ("corpus.jsonl", b'{"_id": "d1", "title": "", "text": "\xe9"}', "line 1: not UTF-8"),
        ("queries.jsonl", b'{"_id": "q1"}', 'line 1: "text" is missing'),
        ("queries.jsonl", b'{"text": "?"}', 'line 1: "_id" is missing'),
        ("queries.jsonl", b'{"_id": "q1", "text": "?", "lang": 1}', 'line 1: "lang" is 1; it must be text'),
        ("queries.jsonl", b'["q1", "?"]', "line 1: expected one object"),
        ("queries.jsonl", b'{"_id": "q1", "text": "?"}\n' * 2, 'line 2: the "_id" q1 is used twice'),
        ("qrels.tsv", b"", "line 1: the first line must be query-id, corpus-id, score"),
        ("qrels.tsv", b"q1\td1\t1\n", "line 1: the first line must be query-id, corpus-id, score"),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq1\td1\n", "line 2: expected 3 values .* found 2"),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq9\td1\t1\n", 'line 2: the question "q9" is not in'),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq1\td9\t1\n", 'line 2: the document "d9" is not in'),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq1\td1\thigh\n", 'line 2: the score "high" must be'),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td1\t2\n", "line 3: .* another score"),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq1\td1\t0\n", "no question has a document"),
    ],
)
def test_names_file_line_and_fault(folder: Path, name: str, content: bytes, message: str) -> None:
    """Each malformed file gives an error that says where and what."""
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}.*{message}"):
        read_dataset(folder)
