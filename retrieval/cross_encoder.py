"""The cross-encoder: question and passage read together, one score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PretrainedConfig,
    PreTrainedTokenizerBase,
)

from retrieval import checkpoints
from retrieval.batching import cast_products, choose_compute, forward
from retrieval.bloom_attention import use_fast_attention
from retrieval.errors import ModelError
from retrieval.gte import read_gte_config
from retrieval.memory import count_parameters, require_memory, weights_type
from retrieval.pairs import PairForm, PairModel, model_inputs, read_template
from retrieval.reranker_presets import RERANKERS, RerankerPreset

# One of two labels with such a name is the one that means relevant.
_POSITIVE_NAMES = ("relevant", "relevance", "positive")
_MOST_TOKENS = 1 << 20  # tokenizers without a limit give a number far beyond


class CrossEncoder:
    """Scores texts against a question: `Reranker` over transformers.

    Knows sequence classifiers with one logit or with two, and this project's own, a token classifier whose label
    `relevance` is read on the first token. Safe to use from several threads.
    """

    def __init__(self, pair_model: PairModel, form: PairForm, label: int | None) -> None:
        self.pair_model, self._form, self._label = pair_model, form, label

    @classmethod
    def from_pretrained(cls, name: str, device: str = "auto", dtype: str = "auto") -> CrossEncoder:
        """Load the model of a directory or hub id; ModelError if it is none that scores pairs.

        A model of `reranker_presets` is run as its row says, any other as its own configuration says.
        """
        preset, compute = checkpoints.find_row(RERANKERS, name), choose_compute(device, dtype)
        folder = checkpoints.find_folder(name)
        config = read_gte_config(folder) or checkpoints.load_config(folder)
        model_class, label = _read_labels(folder, config, preset)
        tokenizer = checkpoints.load_tokenizer(folder)
        form = _read_form(folder, config, tokenizer, preset)
        weights_dtype = weights_type(config.model_type, compute)
        require_memory(name, count_parameters(folder, config), weights_dtype, compute)
        model = checkpoints.load_weights(model_class, folder, compute, weights_dtype, config=config)
        # A decoder reads its score on the last token that is not this one: it must be the one rows are padded with.
        model.config.pad_token_id = tokenizer.pad_token_id
        use_fast_attention(model)
        cast_products(model, compute)
        return cls(PairModel(model, tokenizer, compute), form, label)

    @property
    def floor(self) -> float:
        """The score from which a text is taken as relevant; 0.5 where the model does not say."""
        return float(getattr(self.pair_model.model.config, "relevance_floor", 0.5))

    @property
    def weight(self) -> float:
        """The share of this score in the final ranking; 1 where the model does not say."""
        return float(getattr(self.pair_model.model.config, "rerank_weight", 1.0))

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return each text's score in 0-1, (texts,); 0 for a pair without any token.

        Computed from the logits in float64: in half precision good passages all become 1.0.
        """
        scores = np.zeros(len(texts), dtype=np.float64)
        if not texts:
            return scores
        model, compute = self.pair_model.model, self.pair_model.compute
        inputs = model_inputs(self.pair_model.encode(question, texts, self._form))
        filled = [row for row, values in enumerate(inputs) if values["input_ids"]]
        inputs = [inputs[row] for row in filled]
        pad_id = self.pair_model.tokenizer.pad_token_id
        for batch in forward(model, inputs, pad_id, self._form.padding_side, compute):
            relevance = read_relevance(batch.output.logits.double(), self._label)
            scores[[filled[row] for row in batch.rows]] = relevance.cpu().numpy()
        return scores


def read_relevance(logits: torch.Tensor, label: int | None) -> torch.Tensor:
    """Return scores in 0-1, (rows,), from a classifier's logits.

    (rows, tokens, labels) are read on the first token; (rows, 1) give the logistic function of the only logit, and
    (rows, 2) the softmax of `label`.
    """
    if logits.ndim == 3:
        return logits[:, 0, label].sigmoid()
    return logits[:, 0].sigmoid() if label is None else logits.softmax(dim=1)[:, label]


def _read_labels(folder: Path, config: PretrainedConfig, preset: RerankerPreset | None) -> tuple[Any, int | None]:
    """Return the model's class and the place of the label that means relevant, None for a single logit."""
    architecture, labels = (config.architectures or ["an unnamed model"])[0], checkpoints.label_ids(config)
    found = f"{folder} holds {architecture} with {config.num_labels} labels"
    wanted = preset.positive_label if preset else None
    if preset and (config.num_labels != (2 if wanted else 1) or (wanted and wanted not in labels)):
        asked = f"two, one of them {wanted}" if wanted else "one"
        raise ModelError(f"{found}, but the model of this name has {asked}: rename the folder if it is another model.")
    if architecture.endswith("ForTokenClassification") and "relevance" in labels:
        return AutoModelForTokenClassification, labels["relevance"]
    if architecture.endswith("ForSequenceClassification") and config.num_labels == 1:
        return AutoModelForSequenceClassification, None
    if architecture.endswith("ForSequenceClassification") and config.num_labels == 2:
        positive = [place for label, place in labels.items() if label == wanted or label.lower() in _POSITIVE_NAMES]
        if len(positive) == 1:
            return AutoModelForSequenceClassification, positive[0]
        raise ModelError(
            f"{found}, {' and '.join(labels)}, and does not say which of them means relevant: name that one "
            '"relevant" in id2label and label2id of its config.json.'
        )
    raise ModelError(
        f"{found}, which does not score pairs: use a sequence classifier with one label or two, or a folder made by "
        "this project's training."
    )


def _read_form(
    folder: Path, config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase, preset: RerankerPreset | None
) -> PairForm:
    """Return the pair form; ModelError if the tokenizer is not the row's or lacks what a batch needs."""
    if tokenizer.pad_token_id is None:
        raise ModelError(f"The tokenizer in {folder} has no padding token: set pad_token in its tokenizer_config.json.")
    limit = checkpoints.token_limit(config, tokenizer)
    if preset is None:
        if limit > _MOST_TOKENS:
            raise ModelError(f"{folder} sets no limit of tokens: set model_max_length in its tokenizer_config.json.")
        return PairForm(limit)
    special = read_template(tokenizer).special
    separators = tuple("".join(tokenizer.convert_ids_to_tokens(part)) for part in special)
    if separators != preset.separators:
        raise ModelError(
            f"The tokenizer in {folder} puts {separators} before, between and after a pair, but the model of this "
            f"name was made with {preset.separators}: take the tokenizer published with it."
        )
    return replace(preset.form, max_tokens=min(limit, preset.form.max_tokens))
