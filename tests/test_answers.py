"""Exact match, F1 and refusals, against values worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.answers import exact_match, f1, measure_answers, normalise, read_answers, to_answer_table
from retrieval.errors import InputError
from retrieval.search import Models
from tests.conftest import FirstWordReader, LetterEncoder, OverlapReranker


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("The Eiffel Tower!", ["eiffel", "tower"]),
        ("l'eau", ["leau"]),
        ("1889年，巴黎。", ["1889", "年", "巴", "黎"]),
        ("«\u202fTour Eiffel\u202f»", ["tour", "eiffel"]),
        ("a  theme", ["theme"]),
        ("…", []),
    ],
)
def test_normalise(answer: str, words: list[str]) -> None:
    """Case, signs, English articles and blanks do not count; each Chinese character is a word."""
    assert normalise(answer) == words


def test_exact_match_and_f1_take_the_best_answer() -> None:
    """Two of three words shared: 2·2 / (2 + 3)."""
    assert exact_match("Tower", ["the wall", "the tower"]) == 1.0
    assert f1("Eiffel Tower", ["tall Eiffel Tower", "wall"]) == pytest.approx(0.8)
    assert f1("wall", ["tower"]) == exact_match("wall", ["tower"]) == 0.0
    assert f1("长城", ["长城墙"]) == pytest.approx(0.8)


def write_set(folder: Path, answers: dict[str, list[str]]) -> None:
    """Write a set of two documents; the question 1 is answered in a, 2 in b."""
    folder.mkdir()
    texts = {"a": "aaa bb.", "b": "ccc b."}
    rows = [json.dumps({"_id": name, "title": "", "text": text}) for name, text in texts.items()]
    (folder / "corpus.jsonl").write_text("\n".join(rows), "utf-8")
    asked = [{"_id": "1", "text": "aaa", "answers": answers["1"]}, {"_id": "2", "text": "zzz", "answers": answers["2"]}]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)), "utf-8")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n1\ta\t1\n2\tb\t1\n", "utf-8")


def test_answers_come_from_the_set_in_the_language_of_the_passages(tmp_path: Path) -> None:
    """For …-fr2zh those of …-zh2zh."""
    write_set(tmp_path / "x-fr2zh", {"1": ["un"], "2": []})
    with pytest.raises(InputError, match="x-zh2zh"):
        read_answers(tmp_path / "x-fr2zh")
    write_set(tmp_path / "x-zh2zh", {"1": ["一"], "2": []})
    assert read_answers(tmp_path / "x-fr2zh") == {"1": ["一"]}


def test_a_set_without_answers_is_refused(tmp_path: Path) -> None:
    """Rather than 0 %."""
    write_set(tmp_path / "x", {"1": [], "2": []})
    with pytest.raises(InputError, match="no answers"):
        read_answers(tmp_path / "x")


def test_measures(tmp_path: Path) -> None:
    """The reader marks the first word: right for 1, half right for 2. The reranker knows "aaa" and no "zzz"."""
    write_set(tmp_path / "x", {"1": ["aaa"], "2": ["ccc b"]})
    found = measure_answers(tmp_path / "x", Models(LetterEncoder(), OverlapReranker(), FirstWordReader()))
    assert (found.exact, found.questions) == (50.0, 2)
    assert found.f1 == pytest.approx(100 * (1 + 2 / 3) / 2)
    assert (found.refused, found.false_refusals) == (100.0, 50.0)
    assert to_answer_table({"x": found}).splitlines()[2] == "| x | 50.0 | 83.3 | 100.0 | 50.0 | 2 |"
