"""CSV, TSV and JSON Lines: one article a row."""

from __future__ import annotations

import json

import pytest

from ingest.articles import Article, read_articles
from retrieval.errors import ArticleError


def outcome(source: str, data: bytes) -> list[tuple[str, ...]]:
    """Return name, title and text of each article, name and reason of each error."""
    items = read_articles(source, data)
    return [
        (item.name, item.title, item.text) if isinstance(item, Article) else (item.name, item.reason) for item in items
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("source", ["dossier/a.csv", "a.tsv"])
def test_rows_become_articles(source: str, delimiter: str) -> None:
    """Quoted cells may hold the delimiter, quotes and line ends; ids name the articles."""
    rows = [["ID", "Titre", "Texte"], ["x1", "Thé", f'Un{delimiter}"deux"\ntrois'], ["x2", "", "Vert."]]
    lines = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    assert outcome(source, "\r\n".join(lines).encode("utf-8-sig")) == [
        (f"{source}#x1", "Thé", f'Un{" " if delimiter.isspace() else delimiter}"deux"\ntrois'),
        (f"{source}#x2", "a x2", "Vert."),
    ]


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("标题,正文,其他", "gb18030"),
        ("NAME , Contenu, x", "cp1252"),
        ("title,内容,文本", "utf-16"),
        ("titre,body,passage", "utf-8"),
    ],
)
def test_columns_by_name(header: str, encoding: str) -> None:
    """Column names count in any case and in three languages, the first of several, in any encoding."""
    data = f"{header}\n茶经,茶者，南方之嘉木也。,z\n" if encoding != "cp1252" else f"{header}\nThé,Né à Évian.,z\n"
    title, text = ("茶经", "茶者，南方之嘉木也。") if encoding != "cp1252" else ("Thé", "Né à Évian.")
    assert outcome("a.csv", data.encode(encoding)) == [("a.csv#1", title, text)]


def test_single_column_needs_no_quotes() -> None:
    """Without a second column commas belong to the text; blank lines are no rows."""
    assert outcome("a.csv", b"text\nOne, two; three\n\nFour\n") == [
        ("a.csv#1", "a 1", "One, two; three"),
        ("a.csv#2", "a 2", "Four"),
    ]


def test_bad_rows_are_reported_and_the_rest_goes_on() -> None:
    """Empty text, too many cells, a broken quote, an id twice; a long cell is no problem."""
    long = "mot " * 100_000
    data = f'id,text\na, \nb,x,y\nc,"q"r\nd,ok\nd,again\n,{long}\ne\n'
    assert outcome("a.csv", data.encode()) == [
        ("a.csv#a", "row 1 holds no text"),
        ("a.csv#2", "row 2 has 3 cells for 2 columns: quote the cells"),
        ("a.csv#3", "row 3 is malformed: ',' expected after '\"'"),
        ("a.csv#d", "a d", "ok"),
        ("a.csv#d", "row 5 repeats the id of an earlier row"),
        ("a.csv#6", "a 6", long.strip()),
        ("a.csv#e", "row 7 holds no text"),
    ]


@pytest.mark.parametrize("source", ["a.csv", "a.jsonl"])
def test_no_text_column_names_what_was_found(source: str) -> None:
    """The message has the columns found and those accepted."""
    data = b"Auteur;Date\nx;y\n" if source == "a.csv" else b'{"Auteur": "x", "Date": "y"}\n'
    with pytest.raises(ArticleError, match=r"no text column: found auteur, date; name one of them text, .*, 正文"):
        list(read_articles(source, data))


@pytest.mark.parametrize(("source", "data"), [("a.csv", b"id,text\n"), ("a.jsonl", b"\n \n")])
def test_file_without_rows(source: str, data: bytes) -> None:
    """A header alone, or blank lines alone, are an error of the file."""
    with pytest.raises(ArticleError, match="holds no articles"):
        list(read_articles(source, data))


def test_malformed_header() -> None:
    """A header that is no header in any reading is an error of the file."""
    with pytest.raises(ArticleError, match="has a malformed first line"):
        list(read_articles("a.csv", b'"id"x,text\n1,a\n'))


def test_json_lines() -> None:
    """Good lines are articles, bad ones errors named by their line; U+2028 does not end a line."""
    lines = [
        json.dumps({"_id": 7, "Title": "Thé", "TEXT": "Vert\u2028noir."}, ensure_ascii=False),
        "",
        '{"text": "茶',
        "[1]",
        '{"id": "k", "texte": "Lone \\ud800surrogate"}',
        '{"text": 5}',
        '{"text": "Last", "title": null}',
    ]
    found = outcome("a.jsonl", "\n".join(lines).encode())
    assert found[0] == ("a.jsonl#7", "Thé", "Vert\nnoir.")
    assert found[1][0] == "a.jsonl#3"
    assert found[1][1].startswith("line 3 is not valid JSON")
    assert found[2:] == [
        ("a.jsonl#4", "line 4 is not a JSON object"),
        ("a.jsonl#k", "a k", "Lone surrogate"),
        ("a.jsonl#6", "row 6 holds no text"),
        ("a.jsonl#7", "row 7 repeats the id of an earlier row"),
    ]


def test_json_of_any_depth() -> None:
    """A line of a hundred thousand brackets is an error, not a crash."""
    [error] = read_articles("a.jsonl", b"[" * 100_000)
    assert isinstance(error, ArticleError)
    assert error.name == "a.jsonl#1"
