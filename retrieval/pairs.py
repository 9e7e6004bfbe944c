"""A question and a passage as one row of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from retrieval.batching import Compute, PaddingSide


@dataclass(frozen=True, slots=True)
class PairForm:
    """The order of the two, and what is left of them in `max_tokens`, special tokens included.

    `cut` is "passage": the question has at most `question_share` of the tokens and the passage is cut to the rest; or
    "longest": the longer of the two is cut until both are equally long. What is cut off is the end of a text.
    `padding_side` is for batches of rows.
    """

    max_tokens: int
    passage_first: bool = False
    cut: Literal["passage", "longest"] = "passage"
    question_share: float = 0.5
    padding_side: PaddingSide = "right"


@dataclass(frozen=True, slots=True)
class Template:
    """What a tokenizer puts around a pair: ids before, between and after its two texts, and every part's type."""

    special: tuple[list[int], list[int], list[int]]
    types: tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class PairModel:
    """A loaded model that reads pairs; a reranker and a reader from one folder share it."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    compute: Compute
    # A fast tokenizer shared by threads raises "Already borrowed".
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    def encode(self, question: str, texts: Sequence[str], form: PairForm) -> dict[str, list[Any]]:
        """Return `encode_pairs` of these; from one thread at a time."""
        with self._lock:
            return encode_pairs(self.tokenizer, question, texts, form)


def encode_pairs(
    tokenizer: PreTrainedTokenizerBase, question: str, texts: Sequence[str], form: PairForm
) -> dict[str, list[Any]]:
    """Tokenize the question with each text, as a model's tokenizer joins a pair, and cut both to what fits.

    Returns lists of one entry per text: `input_ids`, `offset_mapping` (characters, in question or text),
    `sequence_ids` (0 first of the pair, 1 second, None special) and `token_type_ids` where the model has them.
    """
    template = read_template(tokenizer)
    room = form.max_tokens - sum(map(len, template.special))
    # Cut here, as tokens: cut as text, the last word could fall into other tokens. A tokenizer that cuts a pair keeps
    # what it cut off, every piece of a long question with every piece of a long passage, until memory is full.
    asked, *passages = _tokenize(tokenizer, [question, *texts])
    encoded: dict[str, list[Any]] = {"input_ids": [], "offset_mapping": [], "sequence_ids": [], "token_type_ids": []}
    for passage in passages:
        kept = _fitting(len(asked), len(passage), room, form)
        both = [asked[: kept[0]], passage[: kept[1]]]
        first, second = reversed(both) if form.passage_first else both
        before, between, after = ([(token, (0, 0)) for token in part] for part in template.special)
        parts = (before, first, between, second, after)
        encoded["input_ids"].append([token for part in parts for token, _ in part])
        encoded["offset_mapping"].append([span for part in parts for _, span in part])
        encoded["sequence_ids"].append(_spread((None, 0, None, 1, None), parts))
        encoded["token_type_ids"].append(_spread(template.types, parts))
    if "token_type_ids" not in tokenizer.model_input_names:
        del encoded["token_type_ids"]
    return encoded


def model_inputs(pairs: Mapping[str, list[Any]]) -> list[dict[str, list[int]]]:
    """Return, row by row, those parts of `encode_pairs`' result that a model is given."""
    names = [name for name in pairs if name in ("input_ids", "token_type_ids")]
    return [{name: pairs[name][row] for name in names} for row in range(len(pairs["input_ids"]))]


def read_template(tokenizer: PreTrainedTokenizerBase) -> Template:
    """Return what a tokenizer puts around a pair, seen on a pair of one-letter texts.

    Tokenizers of each kind keep it somewhere else.
    """
    pair = tokenizer(["a"], ["a"], return_token_type_ids=True)
    ids, types, texts = pair["input_ids"][0], pair["token_type_ids"][0], pair.sequence_ids(0)
    first, second = texts.index(0), texts.index(1)
    between, after = first + texts.count(0), second + texts.count(1)
    special = (ids[:first], ids[between:second], ids[after:])
    # A part without tokens has any type.
    kinds = [(types[start:end] or [0])[0] for start, end in ((0, first), (between, second), (after, len(ids)))]
    return Template(special, (kinds[0], types[first], kinds[1], types[second], kinds[2]))


def _tokenize(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> list[list[tuple[int, tuple[int, int]]]]:
    """Return each text's tokens as (id, characters), without special tokens."""
    found = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return [
        list(zip(ids, spans, strict=True))
        for ids, spans in zip(found["input_ids"], found["offset_mapping"], strict=True)
    ]


def _spread(values: Sequence[int | None], parts: Sequence[Sequence[Any]]) -> list[int | None]:
    """Return each value as often as its part is long."""
    return [value for value, part in zip(values, parts, strict=True) for _ in part]


def _fitting(question: int, passage: int, room: int, form: PairForm) -> tuple[int, int]:
    """Return how many tokens of the question and of the passage are kept."""
    if form.cut == "passage":
        question = min(question, int(form.max_tokens * form.question_share))
        return question, min(passage, room - question)
    if question + passage <= room:
        return question, passage
    # As transformers' `longest_first`: an odd token goes to the longer text, to the second if they are alike.
    shorter, longer = sorted((question, passage))
    shorter = min(shorter, room // 2)
    longer = room - shorter
    return (longer, shorter) if question > passage else (shorter, longer)
