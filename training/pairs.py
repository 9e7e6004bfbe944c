"""Questions with their passages for fine-tuning: read from a file, or made from the passages themselves."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.questions import read_question_file
from retrieval.errors import InputError
from retrieval.sentences import sentence_spans

MIN_CHARACTERS = 20
FALSE_NEGATIVE = 0.8


@dataclass(frozen=True)
class Pair:
    """A question and the text that answers it."""

    question: str
    passage: str


def read_pairs_file(path: Path) -> list[Pair]:
    """Read a file of questions (`evaluation.questions`) that each have a passage; InputError if one has none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"The questions in {path} cannot be read: {error.strerror}.") from error
    asked = read_question_file(str(path), data)
    for question in asked:
        if not question.passage:
            raise InputError(f"{question.place}: the passage is missing; fine-tuning needs its text, not an article.")
    return [Pair(question.question, question.passage) for question in asked]


def generate_pairs(passages: Sequence[str], seed: int = 0) -> list[Pair]:
    """Make a pair of each passage of two sentences or more: one asks for the rest (inverse cloze, Lee et al. 2019).

    In one pair of ten the sentence stays in its passage, so that shared words are not unlearned, as in the paper.
    """
    rng = random.Random(seed)
    return list(_inverse_cloze(passages, rng))


def _inverse_cloze(passages: Sequence[str], rng: random.Random) -> Iterator[Pair]:
    for passage in passages:
        spans = [span for span in sentence_spans(passage) if span[1] - span[0] >= MIN_CHARACTERS]
        if len(spans) < 2:
            continue
        start, end = rng.choice(spans)
        rest = passage if rng.random() < 0.1 else f"{passage[:start]}{passage[end:]}".strip()
        yield Pair(passage[start:end].strip(), rest)


def hard_negatives(
    questions: NDArray[np.float32], passages: NDArray[np.float32], own: Sequence[int], number: int
) -> list[list[int]]:
    """Return, for each question, the places of the `number` nearest passages that are not its own.

    questions, passages: unit vectors; own: the place of each question's passage. A passage closer than `FALSE_NEGATIVE`
    (cosine) to the right one likely answers too and is left out, as for bloomz-560m-retriever-v2; fewer may remain.
    """
    found = []
    for vector, right in zip(questions, own, strict=True):
        allowed = np.flatnonzero(passages @ passages[right] <= FALSE_NEGATIVE)
        scores = passages[allowed] @ vector
        found.append(allowed[np.argsort(-scores, kind="stable")[:number]].tolist())
    return found
