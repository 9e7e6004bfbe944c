"""A library of any size without a model: clustered random vectors, and texts drawn from the samples' words.

The vectors are 384 wide, unit length, around one centre for every 100 passages; texts have 100 words in one of three
languages, as often as in the samples, and five rare ones, so that the vocabulary grows with the library.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

import numpy as np

from retrieval.passages import ArticleInfo, EncoderIdentity, Language, Passage, Vectors

DIMENSION = 384
IDENTITY = EncoderIdentity("synthetic", "random clusters", DIMENSION, "cosine", "none")
SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "articles"
PER_ARTICLE, PER_CENTRE, WORDS, RARE = 50, 100, 100, 5
_LANGUAGES: tuple[Language, ...] = ("fr", "en", "zh")


def sample_words() -> dict[Language, list[str]]:
    """Return the words of the sample articles by language, each as often as it stands there; Chinese in characters."""
    words: dict[Language, list[str]] = {language: [] for language in _LANGUAGES}
    for language in _LANGUAGES:
        for file in sorted(SAMPLES.glob(f"*.{language}.md")):
            whole = file.read_text(encoding="utf-8")
            words[language] += [sign for sign in whole if sign.isalpha()] if language == "zh" else whole.split()
    return words


def vectors(first: int, count: int, size: int, seed: int) -> Vectors:
    """Return unit vectors number `first` and following of a library of `size`, the same at every call."""
    centres = np.random.default_rng(0).normal(size=(max(10, size // PER_CENTRE), DIMENSION)).astype(np.float32)
    random = np.random.default_rng((seed, first))
    made = centres[random.integers(0, len(centres), count)]
    made += 0.8 * random.normal(size=(count, DIMENSION)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def text(number: int, language: Language, words: list[str], size: int) -> str:
    """Return the text of a passage."""
    random = np.random.default_rng((number, 1))
    common = [words[index] for index in random.integers(0, len(words), WORDS)]
    rare = [f"zq{index}" for index in random.integers(0, max(100, size), RARE)]
    return ("" if language == "zh" else " ").join(common) + " " + " ".join(rare)


def articles(size: int, words: dict[Language, list[str]]) -> Iterator[list[Passage]]:
    """Yield the library's articles, 50 passages each, as passages."""
    for start in range(0, size, PER_ARTICLE):
        language = _LANGUAGES[start // PER_ARTICLE % 3]
        name = f"article {start}"
        count = min(PER_ARTICLE, size - start)
        info = ArticleInfo(
            str(uuid5(NAMESPACE_OID, name)), name, name, name, language, f"v{start}", count, "2026-01-01T00:00:00+00:00"
        )
        passages = []
        for position in range(count):
            body = text(start + position, language, words[language], size)
            identifier = str(uuid5(NAMESPACE_OID, f"{start + position}"))
            passages.append(Passage(identifier, info, position, 0, len(body), body, language))
        yield passages
