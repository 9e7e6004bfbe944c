"""The vocabulary: what the stages of a search exchange, on one screen.

Everything here is frozen: a stage returns new values and never changes what came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Language = Literal["fr", "en", "zh", "other"]
LANGUAGES: tuple[Language, ...] = ("fr", "en", "zh", "other")
Stage = Literal["bm25", "dense", "fused", "reranked"]
STAGES: tuple[Stage, ...] = ("bm25", "dense", "fused", "reranked")
Distance = Literal["cosine", "dot", "euclid"]
Vectors = NDArray[np.float32]
# A title and a heading are read with each passage up to this length, so that room is left for its text.
CONTEXT_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """What the library knows about an article.

    `source` is the file it came from, `name` the article in it (the same unless the file holds several), `version` a
    digest of its content, `added` an ISO 8601 time in UTC, `shared_id` what it says it shares with its translations.
    """

    id: str
    source: str
    name: str
    title: str
    language: Language
    version: str
    passage_count: int
    added: str
    shared_id: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article: what is searched and shown.

    `text` is exactly the article's characters `start` to `end`; `heading` is the section it stands
    under where the text itself does not begin with it. For putting the article together again: `before` is what
    stands between the passage before and this one (None in a library made before that was kept), `headings` are the
    spans in the article of the heading lines that no earlier passage has.
    """

    id: str
    article: ArticleInfo
    position: int
    start: int
    end: int
    text: str
    language: Language
    heading: str = ""
    before: str | None = None
    headings: tuple[tuple[int, int], ...] = ()

    @property
    def indexed_text(self) -> str:
        """Return what the models and the lexical index see: title and heading, then the text."""
        parts = (self.article.title[:CONTEXT_CHARACTERS], self.heading[:CONTEXT_CHARACTERS])
        return "\n".join([*(part for part in parts if part and part not in self.text), self.text])


@dataclass(frozen=True, slots=True)
class Selection:
    """Which passages a search may return; an empty tuple means all."""

    languages: tuple[Language, ...] = ()
    article_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage and its score in one stage; higher is better in every stage."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The characters `start` to `end` of a passage's text that answer the question.

    `confidence` is in 0-1; `exact` is false where no span was certain enough and the best sentence
    stands in for it.
    """

    start: int
    end: int
    text: str
    confidence: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found: its final score in 0-1 and its rank (from 1) at each stage that had it."""

    passage: Passage
    score: float
    ranks: Mapping[Stage, int]
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the legs' rankings become one order.

    A leg may be left out. The words have the share `lexical_weight`, in 0-1, the vectors the rest. The first
    `rerank_depth` are reranked, the reranker's score having the share `rerank_weight` and the fused score the rest.
    """

    words: bool = True
    vectors: bool = True
    lexical_weight: float = 0.45
    rerank_depth: int = 20
    rerank_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One question's way through the stages.

    `rankings` keeps every stage's whole ranking, best first, and `seconds` the time of each step;
    `relevant` is false when no passage reaches the encoder's or the reranker's floor. `relevance` keeps
    the reranker's own score of each passage it read, by id: with it another recipe needs no model.
    `terms` are the ids of the words looked up among each language's passages.
    """

    question: str
    language: Language
    hits: tuple[Hit, ...] = ()
    rankings: Mapping[Stage, tuple[ScoredPassage, ...]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    relevant: bool = False
    relevance: Mapping[str, float] = field(default_factory=dict)
    recipe: Recipe = field(default_factory=Recipe)
    terms: Mapping[Language, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What vectors must have in common to be comparable; stored with a library.

    `weights` is a digest of the model's files: the same folder with other weights is another encoder.
    """

    name: str
    weights: str
    dimension: int
    distance: Distance
    text_form: str


class Encoder(Protocol):
    """Turns texts into vectors, questions and passages each in their own form."""

    @property
    def identity(self) -> EncoderIdentity:
        """What a library's vectors must have in common with this encoder's."""

    @property
    def max_tokens(self) -> int:
        """Tokens of a passage that are read."""

    @property
    def floor(self) -> float:
        """The score from which a passage found by its vector is taken as relevant."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text."""

    def pieces(self, text: str) -> list[str]:
        """Return what the tokenizer cuts a text into."""

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return (questions, dimension)."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, dimension)."""


class Reranker(Protocol):
    """Scores texts against a question in 0-1; sorting is the searcher's work."""

    @property
    def floor(self) -> float:
        """The score from which a text is taken as relevant."""

    @property
    def weight(self) -> float:
        """The share of the score, in 0-1, in the final ranking; the fused score has the rest."""

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return each text's score, (texts,)."""


class AnswerReader(Protocol):
    """Finds the answer inside each text, or the sentence most likely to hold it."""

    def read(self, question: str, texts: Sequence[str]) -> list[Answer | None]:
        """Return the answer in each text, None where it has no words."""
