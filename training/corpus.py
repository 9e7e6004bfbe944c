"""The training text: translation pairs, lexicons, questions with passages, and the project's own trilingual units."""

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import InputError
from retrieval.sentences import sentence_spans

LANGUAGES = ("fr", "en", "zh")
OWN_UNITS = Path(__file__).parent / "data" / "trilingual-units.jsonl.gz"

# A third of the French pairs is law, most Chinese ones are software manuals or scripture: no source may drown the rest.
MAX_PAIRS = {
    "laws": 30_000,
    "tatoeba-manythings": 90_000,
    "python-docs": 18_000,
    "django-docs": 12_000,
    "bible": 15_000,
}
MAX_CHARACTERS = 300


@dataclass(frozen=True)
class Example:
    """One question with the passage that answers it; `answer` is a span of the passage, or empty."""

    question: str
    question_language: str
    passage: str
    passage_language: str
    answer: str
    source: str


def _lines(path: Path) -> Iterator[str]:
    if not path.is_file():
        raise InputError(f"Training file {path} is missing. Give the folder that holds the training text as DATA_DIR.")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from file


def _records(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in _lines(path))


def read_pairs(data: Path, language: str, seed: int = 0) -> list[tuple[str, str]]:
    """Read English sentences with their translation into `language` ("fr" or "zh"), our own units' included.

    A source that has more than its number in `MAX_PAIRS` is thinned to it.
    """
    by_source: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in _lines(data / f"en-{language}.tsv.gz"):
        english, translation, source = line.rstrip("\n").split("\t")[:3]
        if 1 <= len(english) <= MAX_CHARACTERS and 1 <= len(translation) <= MAX_CHARACTERS:
            by_source[source].append((english, translation))
    rng = random.Random(seed)
    pairs = [
        pair
        for source, rows in sorted(by_source.items())
        for pair in (rng.sample(rows, MAX_PAIRS[source]) if len(rows) > MAX_PAIRS.get(source, len(rows)) else rows)
    ]
    return pairs + [pair for unit in read_units() for pair in _unit_pairs(unit, language)]


def _unit_pairs(unit: dict[str, Any], language: str) -> list[tuple[str, str]]:
    """Return a unit's title, questions, answers and sentences with their translations."""
    texts = [unit["topic"], *(question[part] for question in unit["questions"] for part in ("question", "answer"))]
    pairs = [(text["en"], text[language]) for text in texts]
    english, other = (
        [unit["passage"][told][start:end] for start, end in sentence_spans(unit["passage"][told])]
        for told in ("en", language)
    )
    # The brief asks for the same sentences in the same order; where the numbers differ, no one knows which is which.
    return pairs + (list(zip(english, other, strict=True)) if len(english) == len(other) else [])


def read_lexicon(data: Path, language: str) -> list[tuple[str, str]]:
    """Read English words and phrases with their translation into `language` ("fr" or "zh")."""
    rows = (line.rstrip("\n").split("\t") for line in _lines(data / f"lexicon-en-{language}.tsv.gz"))
    return [(row[0], row[1]) for row in rows if len(row) >= 2 and row[0] and row[1]]


def read_units() -> list[dict[str, Any]]:
    """Read the project's own units: a passage in three languages, three questions in each, exact answers."""
    return list(_records(OWN_UNITS)) if OWN_UNITS.is_file() else []


def read_examples(data: Path) -> list[Example]:
    """Read every question with its passage: `qa-trilingual`, the same-language sets, our own units."""
    examples = [*_trilingual_examples(data), *_unit_examples()]
    for language in LANGUAGES:
        for row in _records(data / f"qa-{language}.jsonl.gz"):
            source = row["source"].split(":")[0].split("-")[0]
            answer = row.get("answer") or ""
            examples.append(Example(row["question"], language, row["passage"], language, answer, source))
    return [example for example in examples if 4 <= len(example.question) <= 300 and 30 <= len(example.passage) <= 3000]


def _trilingual_examples(data: Path) -> Iterator[Example]:
    translated = {row["passage_id"]: row for row in _records(data / "passages-trilingual.jsonl.gz")}
    for row in _records(data / "qa-trilingual.jsonl.gz"):
        question, asked = row["question"], row["question_lang"]
        yield Example(question, asked, row["passage"], row["passage_lang"], row["answer"], "trilingual")
        for told in ("en", "fr") if row["passage_id"] in translated else ():
            yield Example(question, asked, translated[row["passage_id"]][told], told, "", "trilingual")


def _unit_examples() -> Iterator[Example]:
    for unit in read_units():
        for question in unit["questions"]:
            for asked in LANGUAGES:
                for told in LANGUAGES:
                    passage, answer = unit["passage"][told], question["answer"][told]
                    yield Example(question["question"][asked], asked, passage, told, answer, "units")
