"""The texts that are measured on: the samples or a public set, and any number of passages made of their sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np

from evaluation.datasets import read_dataset
from evaluation.questions import read_question_file
from ingest.articles import Article, read_articles
from ingest.split import split_article
from retrieval.passages import ArticleInfo, Encoder, Language, Passage, Vectors
from retrieval.sentences import sentence_spans
from retrieval.text import detect_language

_SAMPLES = Path(__file__).resolve().parent.parent / "samples"
_NAMESPACE = UUID("0d6f7f0e-5c55-4a53-9b1c-51f6a8c5b7c2")
_SENTENCES = 4
# Shorter ones are headings and items of lists.
_SENTENCE_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class Texts:
    """Passages of real articles, and questions about them."""

    passages: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """One language's sentences and their unit vectors, (sentences, dimension)."""

    language: Language
    sentences: tuple[str, ...]
    vectors: Vectors


def read_texts(data: Path | None, encoder: Encoder) -> Texts:
    """Return a public set's documents whole, or the samples' passages, each with the questions."""
    if data is not None:
        dataset = read_dataset(data)
        documents = tuple(f"{title}\n{text}" if title else text for title, text in dataset.documents.values())
        return Texts(documents, tuple(question.text for question in dataset.questions))
    passages = [
        passage.indexed_text
        for path in sorted((_SAMPLES / "articles").glob("*.md"))
        for article in read_articles(path.name, path.read_bytes())
        if isinstance(article, Article)
        for passage in split_article(article, encoder.count_tokens, encoder.max_tokens)
    ]
    file = _SAMPLES / "questions.jsonl"
    return Texts(tuple(passages), tuple(asked.question for asked in read_question_file(file.name, file.read_bytes())))


def spread(texts: Sequence[str], number: int) -> list[str]:
    """Return so many of the texts, evenly spread over them; all where there are no more."""
    return [texts[place * len(texts) // number] for place in range(number)] if number < len(texts) else list(texts)


def make_pools(texts: Sequence[str], encoder: Encoder) -> list[Pool]:
    """Return the different sentences of all texts by language, encoded."""
    found: dict[Language, dict[str, None]] = defaultdict(dict)
    for text in texts:
        sentences = [text[start:end] for start, end in sentence_spans(text) if end - start >= _SENTENCE_CHARACTERS]
        found[detect_language(text)].update(dict.fromkeys(sentences))
    return [
        Pool(language, tuple(sentences), encoder.encode_passages(list(sentences)))
        for language, sentences in sorted(found.items())
        if len(sentences) > _SENTENCES
    ]


def vary(pools: Sequence[Pool], number: int) -> Iterator[tuple[Passage, Vectors]]:
    """Yield so many different passages of four sentences, the languages in turn, each with its vector.

    Round after round every sentence of a language begins a passage; in round r, from 1, the others follow at r, 2r and
    3r sentences behind it. The vector is that of the sentences' mean, which is near what the encoder would give.
    """
    for place in range(number):
        pool, turn = pools[place % len(pools)], place // len(pools)
        size = len(pool.sentences)
        chosen = [(turn % size + step * (turn // size + 1)) % size for step in range(_SENTENCES)]
        mean = pool.vectors[chosen].mean(axis=0)
        text = " ".join(pool.sentences[row] for row in chosen)
        yield _passage(f"{pool.language}-{turn}", pool.language, text), mean / np.linalg.norm(mean)


def _passage(name: str, language: Language, text: str) -> Passage:
    """Return an article of one passage."""
    identity = str(uuid5(_NAMESPACE, name))
    info = ArticleInfo(identity, name, name, "", language, identity, 1, "2026-01-01T00:00:00+00:00")
    return Passage(identity, info, 0, 0, len(text), text, language)
