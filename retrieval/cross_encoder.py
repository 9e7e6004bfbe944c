"""The cross-encoder: question and passage read together, one score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from retrieval import checkpoints
from retrieval.batching import Compute, choose_compute, forward
from retrieval.errors import ModelError

# A question may take this share of the model's tokens; the passage is cut to what is left.
_QUESTION_SHARE = 0.5


class CrossEncoder:
    """Scores texts against a question: `Reranker` over transformers.

    Knows two kinds of model: a sequence classifier with one logit, and this project's own, a token
    classifier whose label `relevance` is read on the first token. Safe to use from several threads.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, compute: Compute) -> None:
        self._model, self._tokenizer, self._compute = model, tokenizer, compute
        self._tokenizer_lock = Lock()  # a fast tokenizer shared by threads raises "Already borrowed"
        self._relevance = checkpoints.label_ids(model.config).get("relevance")
        self._max_tokens = checkpoints.token_limit(model.config, tokenizer)

    @classmethod
    def from_pretrained(cls, name: str, device: str = "auto") -> CrossEncoder:
        """Load the model of a directory or hub id; ModelError if it is none that scores pairs."""
        folder = checkpoints.find_folder(name)
        config, compute = checkpoints.load_config(folder), choose_compute(device)
        architecture = (config.architectures or [""])[0]
        if architecture.endswith("ForSequenceClassification") and config.num_labels == 1:
            model_class: Any = AutoModelForSequenceClassification
        elif architecture.endswith("ForTokenClassification") and "relevance" in checkpoints.label_ids(config):
            model_class = AutoModelForTokenClassification
        else:
            raise ModelError(
                f"{folder} holds {architecture or 'an unnamed model'} with {config.num_labels} labels, which does not "
                "score pairs: use a sequence classifier with one label, or a folder made by this project's training."
            )
        model = checkpoints.load_weights(model_class, folder, compute)
        return cls(model, checkpoints.load_tokenizer(folder), compute)

    @property
    def floor(self) -> float:
        """The score from which a text is taken as relevant; 0.5 where the model does not say."""
        return float(getattr(self._model.config, "relevance_floor", 0.5))

    @property
    def weight(self) -> float:
        """The share of this score in the final ranking; 1 where the model does not say."""
        return float(getattr(self._model.config, "rerank_weight", 1.0))

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return each text's score in 0-1, (texts,); the question first, the text cut to what fits.

        The logistic function is taken in float64: in half precision good passages all become 1.0.
        """
        scores = np.zeros(len(texts), dtype=np.float64)
        if not texts:
            return scores
        with self._tokenizer_lock:
            pairs = encode_pairs(self._tokenizer, question, texts, self._max_tokens)
        pad_id = self._tokenizer.pad_token_id or 0
        for batch in forward(self._model, model_inputs(pairs), pad_id, "right", self._compute):
            output = batch.output.logits.double()
            rows = output[:, 0] if self._relevance is None else output[:, 0, self._relevance]
            scores[batch.rows] = rows.sigmoid().cpu().numpy()
        return scores


def encode_pairs(
    tokenizer: PreTrainedTokenizerBase, question: str, texts: Sequence[str], max_tokens: int
) -> dict[str, list[Any]]:
    """Tokenize (question, text) pairs within `max_tokens`, cutting the text; offsets included.

    A question longer than its share is cut too: otherwise no room is left for the text.
    """
    limit = int(max_tokens * _QUESTION_SHARE)
    offsets = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True, verbose=False)[
        "offset_mapping"
    ]
    if len(offsets) > limit:
        question = question[: offsets[limit - 1][1]]
    pairs = tokenizer(
        [question] * len(texts),
        list(texts),
        truncation="only_second",
        max_length=max_tokens,
        return_offsets_mapping=True,
    )
    pairs["sequence_ids"] = [pairs.sequence_ids(row) for row in range(len(texts))]
    return dict(pairs)


def model_inputs(pairs: Mapping[str, list[Any]]) -> list[dict[str, list[int]]]:
    """Return, row by row, those parts of `encode_pairs`' result that a model is given."""
    names = [name for name in pairs if name in ("input_ids", "token_type_ids")]
    return [{name: pairs[name][row] for name in names} for row in range(len(pairs["input_ids"]))]
