"""Pairs for fine-tuning: generated, read, and their hard negatives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import InputError
from training.pairs import Pair, generate_pairs, hard_negatives, read_pairs_file

FIRST, SECOND = "The lighthouse was built in 1870.", "Its lamp is seen from thirty kilometres."


def test_a_sentence_asks_for_the_rest() -> None:
    """Each passage of two sentences gives one pair; one sentence gives none."""
    pairs = generate_pairs([f"{FIRST} {SECOND}"] * 50 + ["Only one sentence here, no rest."])
    assert len(pairs) == 50
    cut = {pair for pair in pairs if pair.passage != f"{FIRST} {SECOND}"}
    assert cut == {Pair(FIRST, SECOND), Pair(SECOND, FIRST)}
    assert 0 < sum(pair.passage == f"{FIRST} {SECOND}" for pair in pairs) < 15  # one in ten keeps its sentence


def test_generated_pairs_are_the_same_every_time() -> None:
    """Runs can be repeated."""
    passages = [f"{FIRST} {SECOND} Sentence number {number} is here." for number in range(9)]
    assert generate_pairs(passages) == generate_pairs(passages)


def test_hard_negatives_leave_out_near_copies_of_the_right_passage() -> None:
    """Passage 1 has cosine 0.96 with the right one; 2 and 3 are wrong, 2 nearer to the question."""
    passages = np.array([[1, 0], [0.96, 0.28], [0.6, 0.8], [0, 1]], np.float32)
    question = np.array([[0.8, 0.6]], np.float32)
    assert hard_negatives(question, passages, [0], 5) == [[2, 3]]
    assert hard_negatives(question, passages, [0], 1) == [[2]]


def test_reads_csv_and_jsonl(tmp_path: Path) -> None:
    """With a byte order mark and quoted commas."""
    table, lines = tmp_path / "p.csv", tmp_path / "p.jsonl"
    table.write_text('question,passage\nWho?,"Ann, of course"\n', "utf-8-sig")
    lines.write_text('{"question": "谁？", "passage": "安娜。"}\n\n', "utf-8")
    assert read_pairs_file(table) == [Pair("Who?", "Ann, of course")]
    assert read_pairs_file(lines) == [Pair("谁？", "安娜。")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.csv", "question,article\nWho?,Ann\n", "line 2: the passage is missing"),
        ("p.jsonl", '{"question": "Who?", "passage": "Ann"}\n{"question": " "}\n', "line 2: the question is missing"),
        ("p.jsonl", "[1]\n", "line 1: expected one object"),
        ("p.txt", "Who?", "give a file that ends in"),
    ],
)
def test_names_the_row_that_lacks_something(tmp_path: Path, name: str, content: str, said: str) -> None:
    """The message leads to the fault."""
    path = tmp_path / name
    path.write_text(content, "utf-8")
    with pytest.raises(InputError, match=said):
        read_pairs_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Not a traceback."""
    with pytest.raises(InputError, match=r"none\.csv"):
        read_pairs_file(tmp_path / "none.csv")
