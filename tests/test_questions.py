"""Files of questions, and what their answers are in a library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conftest import IDENTITY, make_article, put

from evaluation.collection import in_library, passages_holding
from evaluation.datasets import LabelledQuestion
from evaluation.questions import AskedQuestion, read_question_file
from retrieval.errors import InputError
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

TEA = AskedQuestion("q.csv, line 2", "Who drinks tea?", ("tea.txt",), "", ("the queen",))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[PassageStore]:
    """Give a library of two articles; the second's passages overlap in the article's text."""
    with closing(PassageStore(EdgeBackend(tmp_path / "library"), IDENTITY)) as store:
        put(store, make_article("tea.txt", "The queen drinks tea.", "It is hot."))
        put(store, make_article("茶.txt", "茶很热。", "女王喝茶。", language="zh"))
        yield store


@pytest.mark.parametrize(
    "content",
    [
        "question,article,answer\nWho drinks tea?,tea.txt,the queen\n",
        "Question;Titre;Réponse\nWho drinks tea?;tea.txt;the queen\n",
        "\ufeff问题\t文章\t答案\r\nWho drinks tea?\ttea.txt\tthe queen\r\n",
        'note,question,article,answer\n"a, b",Who drinks tea?,tea.txt,the queen\n',
    ],
)
def test_reads_tables_in_three_languages(content: str) -> None:
    """Delimiter and names of the columns are told apart; columns of other names do not matter."""
    assert read_question_file("q.csv", content.encode()) == [TEA]


def test_reads_json_lines() -> None:
    """Several articles and answers may be lists, as in the samples."""
    lines = '{"question": "a?", "articles": ["x", "y"], "answer": "z"}\n\n{"question": "b?", "passage": "text"}\n'
    assert read_question_file("q.jsonl", lines.encode()) == [
        AskedQuestion("q.jsonl, line 1", "a?", ("x", "y"), "", ("z",)),
        AskedQuestion("q.jsonl, line 3", "b?", (), "text", ()),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("q.txt", "", r"q\.txt: give a file that ends in \.csv"),
        ("q.csv", "", "line 1: no column of questions"),
        ("q.csv", "a,b\n1,2\n", "line 1: no column of questions"),
        ("q.csv", "question,article\n", "holds no question"),
        ("q.csv", "question,article\nWho?,x\n,y\n", "line 3: the question is missing"),
        ("q.csv", "question,article\nWho?,\n", "line 2: neither an article nor a passage"),
        ("q.csv", "question,article\nWho, me?,x\n", "line 2: 3 cells for 2 columns"),
        ("q.csv", 'question,article\n"Who?,x\n', "malformed"),
        ("q.jsonl", '{"question": ', "line 1: not valid JSON"),
        ("q.jsonl", "[1]", "line 1: expected one object"),
        ("q.jsonl", '{"question": 7, "article": "x"}', "line 1: the question is missing"),
    ],
)
def test_names_file_line_and_reason(name: str, content: str, message: str) -> None:
    """A file that cannot be used says where and why."""
    with pytest.raises(InputError, match=message):
        read_question_file(name, content.encode())


def test_finds_articles_and_passages(library: PassageStore) -> None:
    """An article by name; a passage by a text that differs in its blanks; answers only where they stand."""
    passage = AskedQuestion("2", "谁喝茶？", (), "女王 喝茶", ("女王", "la reine"))
    collection = in_library("mine", [TEA, passage], library)
    second = library.passages(next(a.id for a in library.articles() if a.name == "茶.txt"))[1]
    assert collection.questions == (
        LabelledQuestion("1", "Who drinks tea?", None, {"tea.txt": 1}, ("the queen",), "article"),
        LabelledQuestion("2", "谁喝茶？", None, {second.id: 1}, ("女王",), "passage"),
    )
    assert collection.languages["article"] == {"tea.txt": "en", "茶.txt": "zh"}
    assert sorted(collection.languages["passage"].values()) == ["en", "en", "zh", "zh"]


def test_every_fault_is_told(library: PassageStore) -> None:
    """Two unknown names and an unknown passage: three lines, each with its place."""
    asked = [
        AskedQuestion("q.csv, line 2", "a?", ("coffee.txt",)),
        AskedQuestion("q.csv, line 3", "b?", (), "coffee is cold"),
        TEA,
    ]
    with pytest.raises(InputError) as caught:
        in_library("mine", asked, library)
    assert str(caught.value).splitlines() == [
        'q.csv, line 2: the library has no article named or titled "coffee.txt"; the Library page lists them.',
        'q.csv, line 3: the passage "coffee is cold" stands in no article of the library.',
    ]


@pytest.mark.parametrize(
    ("text", "places"),
    [("drinks tea. It", [0, 1]), ("tea.", [0]), ("hot", [1]), ("cold", []), ("  ", []), ("The queen", [0])],
)
def test_passages_that_hold_a_text(text: str, places: list[int]) -> None:
    """A text across the border is in both passages."""
    passages = make_article("tea.txt", "The queen drinks tea.", "It is hot.")
    assert [passage.position for passage in passages_holding(text, passages)] == places
