"""Where the samples are, for the tests that use them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ingest.pipeline import InputFile

ROOT = Path(__file__).resolve().parent.parent
ARTICLES = sorted((ROOT / "samples/articles").glob("*.md"))


@dataclass(frozen=True, slots=True)
class SampleQuestion:
    """One line of samples/questions.jsonl."""

    question: str
    language: str
    articles: list[str]
    answer: str

    @property
    def is_cross_language(self) -> bool:
        """Tell whether the answer stands in another language than the question."""
        return all(f".{self.language}." not in name for name in self.articles)


def sample_questions() -> list[SampleQuestion]:
    """Return all sample questions."""
    lines = (ROOT / "samples/questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [SampleQuestion(**json.loads(line)) for line in lines]


def sample_files() -> list[InputFile]:
    """Return all sample articles as the pipeline takes them."""
    return [InputFile(path.name, path.stat().st_size, path.read_bytes) for path in ARTICLES]
