"""The questions that come with the sample articles, for pages of a library that holds those articles."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from pathlib import Path

from evaluation.questions import AskedQuestion, read_question_file

_SAMPLES = Path(__file__).resolve().parent.parent / "samples"


def sample_questions(names: Set[str]) -> list[AskedQuestion]:
    """Return the sample questions whose articles are all among a library's names."""
    file = _SAMPLES / "questions.jsonl"
    if not file.is_file():
        return []
    return [asked for asked in read_question_file(file.name, file.read_bytes()) if names >= set(asked.articles)]


def parallel_questions(names: Set[str]) -> list[Mapping[str, str]]:
    """Return the questions written in three languages, by `fr`, `en` and `zh`; which ones, as above."""
    file = _SAMPLES / "parallel.jsonl"
    if not file.is_file():
        return []
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if names >= set(row["articles"])]
