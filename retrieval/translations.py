"""A question's words in the other languages, for the lexical leg.

A question is matched against a language's passages by its own terms, for names and numbers, and by the terms they
translate to, each weighing a power of its probability (after probabilistic structured queries, Darwish and Oard 2003,
where it is the probability itself). The table is learned from translation pairs by `training/translations.py`; it
holds term ids, as the index does, and no words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from retrieval.bm25 import SparseVector, question_vector
from retrieval.errors import ModelError
from retrieval.passages import LANGUAGES, Language

# Weights are kept as 255ths.
_ONE = 255
# A word's best translation counts nearly as much as the word, however many others share its probability: of several
# names of one thing a passage has one. Chosen on XQuAD's development half.
FLATTENED = 0.35
_PARTS = ("sources", "starts", "targets", "weights")


@dataclass(frozen=True, slots=True)
class TermTable:
    """Translations from one language into another.

    The term `sources[i]` (ascending) translates to `targets[starts[i] : starts[i + 1]]`, with `weights` beside them.
    """

    sources: NDArray[np.uint32]
    starts: NDArray[np.uint32]
    targets: NDArray[np.uint32]
    weights: NDArray[np.uint8]

    @classmethod
    def from_rows(
        cls, sources: NDArray[np.uint32], targets: NDArray[np.uint32], weights: NDArray[np.float64]
    ) -> TermTable:
        """Build a table from one row per translation, weights in 0-1, in any order."""
        order = np.lexsort((targets, sources))
        unique, starts = np.unique(sources[order], return_index=True)
        shares = np.rint(weights[order] * _ONE).astype(np.uint8)
        return cls(unique, np.append(starts, len(order)).astype(np.uint32), targets[order], shares)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The weights in 0-1, (translations,)."""
        return self.weights / _ONE

    def translate(self, term: int) -> list[tuple[int, float]]:
        """Return the terms a term translates to, with their weights; none if it is not known."""
        place = int(np.searchsorted(self.sources, term))
        if place == len(self.sources) or self.sources[place] != term:
            return []
        start, end = int(self.starts[place]), int(self.starts[place + 1])
        return [
            (int(target), int(weight) / _ONE)
            for target, weight in zip(self.targets[start:end], self.weights[start:end], strict=True)
        ]


Translations = Mapping[tuple[Language, Language], TermTable]
"""Tables by (language of the question, language of the passages)."""


def load_translations(path: Path) -> Translations:
    """Read the tables of a file; ModelError if it is missing or damaged."""
    try:
        arrays = load_file(path)
        pairs = {name.rpartition(".")[0] for name in arrays}
        tables = {
            (source, target): TermTable(*(arrays[f"{source}-{target}.{part}"] for part in _PARTS))
            for source in LANGUAGES
            for target in LANGUAGES
            if f"{source}-{target}" in pairs
        }
        if not tables:
            raise KeyError("it holds no translations")
        return tables
    except (OSError, SafetensorError, KeyError) as error:
        raise ModelError(
            f"The word translations in {path} cannot be read ({error}): take the file from the project again, or set "
            "QA_TRANSLATIONS to another one."
        ) from error


def save_translations(translations: Translations, path: Path) -> None:
    """Write tables to one file."""
    arrays = {
        f"{source}-{target}.{part}": getattr(table, part)
        for (source, target), table in translations.items()
        for part in _PARTS
    }
    save_file(arrays, path)


def question_terms(question: str, language: Language, translations: Translations) -> dict[Language, SparseVector]:
    """Return the terms to match with the passages of each language: the question's own and their translations."""
    own = question_vector(question)
    terms = dict.fromkeys(LANGUAGES, own)
    for target in LANGUAGES:
        table = translations.get((language, target))
        if table:
            weights = dict(zip(own.indices, own.values, strict=True))
            for index, value in zip(own.indices, own.values, strict=True):
                for translated, weight in table.translate(index):
                    weights[translated] = weights.get(translated, 0.0) + value * weight**FLATTENED
            indices = tuple(sorted(weights))
            terms[target] = SparseVector(indices, tuple(weights[index] for index in indices))
    return terms
