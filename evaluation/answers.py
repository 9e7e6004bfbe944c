"""How well answers are marked: exact match and F1 as SQuAD counts them, and how well a missing answer is noticed.

SQuAD's normalisation (Rajpurkar et al. 2016): lower case, no punctuation, no English articles, single blanks. Chinese
words have no blanks between them, so that F1 counts characters there, as CMRC 2018 does.
"""

from __future__ import annotations

import json
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.datasets import Dataset, LabelledQuestion, read_dataset
from retrieval.errors import InputError
from retrieval.search import Models

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_HAN = re.compile(r"([\u3400-\u9fff])")
_PAIR = re.compile(r"(?P<name>.*-)(?P<question>fr|en|zh)2(?P<passage>fr|en|zh)")


@dataclass(frozen=True, slots=True)
class AnswerMeasures:
    """What a reader reached, in percent.

    `refused` is the share of questions called unanswered when their passage is left out (the more the better),
    `false_refusals` when it is there (the fewer the better).
    """

    exact: float
    f1: float
    refused: float
    false_refusals: float
    questions: int


def normalise(answer: str) -> list[str]:
    """Return an answer's words, Chinese characters singly, without case, punctuation and English articles."""
    lowered = unicodedata.normalize("NFKC", answer).lower()
    bare = "".join(c for c in lowered if c not in string.punctuation and not unicodedata.category(c).startswith("P"))
    return _ARTICLES.sub(" ", _HAN.sub(r" \1 ", bare)).split()


def exact_match(found: str, answers: Sequence[str]) -> float:
    """Return 1 if the found text is one of the answers, else 0."""
    return float(any(normalise(found) == normalise(answer) for answer in answers))


def f1(found: str, answers: Sequence[str]) -> float:
    """Return the best harmonic mean of precision and recall over the words of the answers."""
    return max((_f1(normalise(found), normalise(answer)) for answer in answers), default=0.0)


def _f1(found: Sequence[str], right: Sequence[str]) -> float:
    shared = sum((Counter(found) & Counter(right)).values())
    return 2 * shared / (len(found) + len(right)) if shared else 0.0


def read_answers(folder: Path) -> dict[str, list[str]]:
    """Return the known answers by question id, in the language of the passages.

    A folder named …-fr2zh takes those of the folder …-zh2zh beside it, since a question's answers are in the question's
    language. InputError if there is none.
    """
    pair = _PAIR.fullmatch(folder.name)
    gold = folder.with_name(f"{pair['name']}{pair['passage']}2{pair['passage']}") if pair else folder
    path = gold / "queries.jsonl"
    if not path.is_file():
        raise InputError(f"{path} is missing: the answers of {folder.name} are read from it.")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    found = {str(row["_id"]): list(row["answers"]) for row in rows if row.get("answers")}
    if not found:
        raise InputError(f"{path} has no answers: the field `answers` holds those of a question.")
    return found


def measure_answers(folder: Path, models: Models, limit_questions: int | None = None) -> AnswerMeasures:
    """Return what the reader reaches on the right passage, and how the reranker's floor tells that it is absent.

    A question counts as refused when no passage reaches the floor: with its own passage and four others, and with
    five others. The others are those nearest by the vectors, as a search would give them.
    """
    dataset, answers = read_dataset(folder, limit_questions), read_answers(folder)
    asked = [question for question in dataset.questions if answers.get(question.id)]
    names = list(dataset.documents)
    similarity = models.encoder.encode_questions([question.text for question in asked]) @ (
        models.encoder.encode_passages([_text(dataset, name) for name in names]).T
    )
    rows: list[tuple[float, float, float, float]] = []
    for question, row in zip(asked, similarity, strict=True):
        own = next(iter(question.relevant))
        read = models.reader.read(question.text, [_text(dataset, own)])[0]
        found = read.text if read else ""
        others = [names[place] for place in (-row).argsort(kind="stable") if names[place] not in question.relevant][:5]
        refused = _refuses(question, dataset, others, models)
        false_refusal = _refuses(question, dataset, [own, *others[:4]], models)
        right = answers[question.id]
        rows.append((exact_match(found, right), f1(found, right), refused, false_refusal))
    exact, overlap, refusals, false_refusals = (100 * sum(column) / len(rows) for column in zip(*rows, strict=True))
    return AnswerMeasures(exact, overlap, refusals, false_refusals, len(asked))


def _refuses(question: LabelledQuestion, dataset: Dataset, names: Sequence[str], models: Models) -> bool:
    scores = models.reranker.score(question.text, [_text(dataset, name) for name in names])
    return bool((scores < models.reranker.floor).all())


def _text(dataset: Dataset, name: str) -> str:
    title, text = dataset.documents[name]
    return f"{title}\n{text}".strip()


def to_answer_table(results: Mapping[str, AnswerMeasures]) -> str:
    """Return the figures as a table in Markdown."""
    lines = [
        "| set | exact match | F1 | refused, passage absent | refused, passage there | questions |",
        "|---" * 6 + "|",
    ]
    lines += [
        f"| {name} | {found.exact:.1f} | {found.f1:.1f} | {found.refused:.1f} | {found.false_refusals:.1f} "
        f"| {found.questions} |"
        for name, found in results.items()
    ]
    return "\n".join(lines)
