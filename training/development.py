"""Development figures while training: MRR of the vectors alone on `xquad-dev-*`, nine directions."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from evaluation.datasets import Dataset, read_dataset
from training.body import PASSAGE_TOKENS, QUESTION_TOKENS, embed_all
from training.corpus import LANGUAGES

Vector = NDArray[np.float32]


class Development:
    """The nine development sets; none when the folder has none."""

    def __init__(self, folder: Path) -> None:
        names = [f"{asked}2{told}" for asked in LANGUAGES for told in LANGUAGES]
        self._sets = {
            name: read_dataset(folder / f"xquad-dev-{name}")
            for name in names
            if (folder / f"xquad-dev-{name}").is_dir()
        }

    def measure(self, body: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> dict[str, float]:
        """Return the MRR (percent) of each direction and their mean; empty when there are no sets."""
        vectors: dict[str, Vector] = {}
        for max_tokens, texts in ((PASSAGE_TOKENS, self._passages()), (QUESTION_TOKENS, self._questions())):
            unique = sorted(set(texts))
            vectors |= dict(zip(unique, embed_all(body, tokenizer, unique, max_tokens), strict=True))
        figures = {name: _mrr(dataset, vectors) for name, dataset in self._sets.items()}
        return figures | {"mean": round(float(np.mean(list(figures.values()))), 2)} if figures else {}

    def _passages(self) -> Iterator[str]:
        return (text for dataset in self._sets.values() for _, text in dataset.documents.values())

    def _questions(self) -> Iterator[str]:
        return (question.text for dataset in self._sets.values() for question in dataset.questions)


def _mrr(dataset: Dataset, vectors: dict[str, Vector]) -> float:
    identifiers = list(dataset.documents)
    passages = np.stack([vectors[dataset.documents[identifier][1]] for identifier in identifiers])
    reciprocal = []
    for question in dataset.questions:
        scores = passages @ vectors[question.text]
        right = max(scores[place] for place, identifier in enumerate(identifiers) if identifier in question.relevant)
        reciprocal.append(1 / (1 + float((scores > right).sum())))
    return round(100 * float(np.mean(reciprocal)), 2)
