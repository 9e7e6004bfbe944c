"""The reader: the answer inside a passage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import (
    AutoModelForQuestionAnswering,
    AutoModelForTokenClassification,
    PretrainedConfig,
)

from retrieval import checkpoints
from retrieval.batching import cast_products, choose_compute, forward
from retrieval.errors import ModelError
from retrieval.pairs import PairForm, PairModel, model_inputs
from retrieval.passages import Answer
from retrieval.sentences import Span, sentence_spans

_MAX_ANSWER_TOKENS = 40


class Reader:
    """Marks the answer to a question in texts: `AnswerReader` over transformers.

    Knows extractive question-answering models and this project's own token classifier with the
    labels `answer_start` and `answer_end`. Safe to use from several threads.
    """

    def __init__(self, pair_model: PairModel) -> None:
        self._pair_model, config = pair_model, pair_model.model.config
        self._labels = checkpoints.label_ids(config)
        self._form = PairForm(checkpoints.token_limit(config, pair_model.tokenizer))

    @classmethod
    def from_pretrained(cls, name: str, device: str = "auto", dtype: str = "auto") -> Reader:
        """Load the model of a directory or hub id; ModelError if it is none that finds answers."""
        folder = checkpoints.find_folder(name)
        config, compute = checkpoints.load_config(folder), choose_compute(device, dtype)
        architecture = (config.architectures or [""])[0]
        if architecture.endswith("ForQuestionAnswering"):
            model_class: Any = AutoModelForQuestionAnswering
        elif marks_answers(config):
            model_class = AutoModelForTokenClassification
        else:
            raise ModelError(
                f"{folder} holds {architecture or 'an unnamed model'}, which does not mark answers: use an extractive "
                "question-answering model, or a folder made by this project's training."
            )
        model = checkpoints.load_weights(model_class, folder, compute)
        cast_products(model, compute)
        return cls(PairModel(model, checkpoints.load_tokenizer(folder), compute))

    @property
    def floor(self) -> float:
        """The confidence under which a span is not shown as the answer."""
        return float(getattr(self._pair_model.model.config, "answer_floor", 0.0))

    def read(self, question: str, texts: Sequence[str]) -> list[Answer | None]:
        """Return the answer in each text: a span, or below the floor the sentence that holds it.

        None only for a text without any token.
        """
        answers: list[Answer | None] = [None] * len(texts)
        if not texts:
            return answers
        model, compute = self._pair_model.model, self._pair_model.compute
        pairs = self._pair_model.encode(question, texts, self._form)
        pad_id = self._pair_model.tokenizer.pad_token_id or 0
        for batch in forward(model, model_inputs(pairs), pad_id, "right", compute):
            starts, ends = self._logits(batch.output)
            for place, row in enumerate(batch.rows):
                tokens = [i for i, part in enumerate(pairs["sequence_ids"][row]) if part == 1]
                if tokens:
                    spans = [pairs["offset_mapping"][row][i] for i in tokens]
                    first, last, confidence = best_span(starts[place][tokens], ends[place][tokens])
                    answers[row] = self._answer(texts[row], (spans[first][0], spans[last][1]), confidence)
        return answers

    def _logits(self, output: Any) -> tuple[torch.Tensor, torch.Tensor]:
        if "answer_start" not in self._labels:
            return output.start_logits.double().cpu(), output.end_logits.double().cpu()
        logits = output.logits.double().cpu()
        return logits[..., self._labels["answer_start"]], logits[..., self._labels["answer_end"]]

    def _answer(self, text: str, span: Span, confidence: float) -> Answer:
        exact = confidence >= self.floor
        start, end = _whole_words(text, span) if exact else _sentence_around(text, span)
        return Answer(start, end, text[start:end], confidence, exact)


def marks_answers(config: PretrainedConfig) -> bool:
    """Tell whether a model is one of ours that marks answers; it may score passages too."""
    architecture = (config.architectures or [""])[0]
    labels = set(checkpoints.label_ids(config))
    return architecture.endswith("ForTokenClassification") and {"answer_start", "answer_end"} <= labels


def best_span(starts: torch.Tensor, ends: torch.Tensor) -> tuple[int, int, float]:
    """Return the first and last token of the likeliest span and its probability.

    The probability is softmax(starts)[first] * softmax(ends)[last], over spans that end no earlier
    than they start and have at most 40 tokens.
    """
    joint: NDArray[np.float64] = torch.outer(starts.softmax(0), ends.softmax(0)).numpy()
    allowed = np.tril(np.triu(joint), _MAX_ANSWER_TOKENS - 1)
    first, last = np.unravel_index(int(allowed.argmax()), allowed.shape)
    return int(first), int(last), float(allowed[first, last])


def _whole_words(text: str, span: Span) -> Span:
    """Widen a span that cuts a Latin word or a number, since tokens can be parts of words."""
    start, end = span
    while 0 < start < end and _joined(text[start - 1], text[start]):
        start -= 1
    while start < end < len(text) and _joined(text[end - 1], text[end]):
        end += 1
    return start, end


def _joined(left: str, right: str) -> bool:
    # Chinese characters stand alone; U+2E80 is where the East Asian scripts begin.
    return left.isalnum() and right.isalnum() and left < "\u2e80" and right < "\u2e80"


def _sentence_around(text: str, span: Span) -> Span:
    """Return the sentence in which a span begins; from a line without an end mark, a heading say, the next one."""
    following = [(start, end) for start, end in sentence_spans(text) if span[0] < end]
    marked = [(start, end) for start, end in following if not text[end - 1].isalnum()]
    return next(iter(marked or following), span)
