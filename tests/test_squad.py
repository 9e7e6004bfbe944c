"""SQuAD files as data sets."""

from __future__ import annotations

import json

import pytest

from evaluation.datasets import Dataset, LabelledQuestion
from evaluation.squad import read_squad
from retrieval.errors import InputError


def squad(*questions: dict[str, object]) -> bytes:
    """Return a file of one title with one paragraph."""
    paragraph = {"context": "Tea is hot.", "qas": list(questions)}
    return json.dumps({"version": "v2.0", "data": [{"title": "Hot_tea", "paragraphs": [paragraph]}]}).encode()


def question(identifier: str, *answers: str, **others: object) -> dict[str, object]:
    """Return an entry of `qas`."""
    texts = [{"text": answer, "answer_start": 0} for answer in answers]
    return {"id": identifier, "question": " What? ", "answers": texts, **others}


def test_reads_paragraphs_and_questions() -> None:
    """Equal answers count once; the impossible one is left out and counted."""
    found = read_squad("dev.json", squad(question("a", "Tea", "Tea", "hot"), question("b", is_impossible=True)))
    assert found == Dataset(
        "dev",
        {"Hot_tea#0": ("Hot tea", "Tea is hot.")},
        (LabelledQuestion("a", "What?", None, {"Hot_tea#0": 1}, ("Tea", "hot")),),
        left_out=1,
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"{", "not valid JSON"),
        (b"[]", "the file has no list `data`"),
        (b'{"data": [{"title": "t"}]}', r"data\[0\] has no list `paragraphs`"),
        (b'{"data": [{"title": "t", "paragraphs": [{"qas": []}]}]}', r"data\[0\]\.paragraphs\[0\] has no text `conte"),
        (squad({"id": "a"}), r"qas\[0\] has no text `question`"),
        (squad({"id": 7, "question": "?"}), r"qas\[0\] has no text `id`"),
        (squad(question("a", "Tea"), question("a", "Tea")), '"a" is used twice'),
        (squad(question("a", is_impossible=True)), "no question has an answer"),
    ],
)
def test_says_where_the_layout_differs(data: bytes, message: str) -> None:
    """The name of the file and the place in it are told."""
    with pytest.raises(InputError, match=rf"dev\.json: .*{message}"):
        read_squad("dev.json", data)


def test_refuses_a_title_used_twice() -> None:
    """Their paragraphs would have the same names."""
    entry = json.loads(squad(question("a", "Tea")))["data"][0]
    with pytest.raises(InputError, match='"Hot_tea" is used twice'):
        read_squad("dev.json", json.dumps({"data": [entry, entry]}).encode())
