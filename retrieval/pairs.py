"""A question and a passage as one row of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from transformers import PreTrainedTokenizerBase

from retrieval.batching import PaddingSide


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


def encode_pairs(
    tokenizer: PreTrainedTokenizerBase, question: str, texts: Sequence[str], form: PairForm
) -> dict[str, list[Any]]:
    """Tokenize the question with each text, as a model's tokenizer joins a pair, and cut both to what fits.

    Returns lists of one entry per text: `input_ids`, `offset_mapping` (characters, in question or text),
    `sequence_ids` (0 first of the pair, 1 second, None special) and `token_type_ids` where the model has them.
    """
    backend = tokenizer.backend_tokenizer
    # Both stay set from an earlier call of the tokenizer, and would cut and pad here too.
    backend.no_truncation()
    backend.no_padding()
    room = form.max_tokens - tokenizer.num_special_tokens_to_add(pair=True)
    # The question once for each text, since cutting is in place.
    questions = backend.encode_batch([question] * len(texts), add_special_tokens=False)
    passages = backend.encode_batch(list(texts), add_special_tokens=False)
    pairs = []
    for asked, passage in zip(questions, passages, strict=True):
        # Cut as tokens: cut as text, the last word could fall into other tokens.
        lengths = _fitting(len(asked), len(passage), room, form)
        asked.truncate(lengths[0])
        passage.truncate(lengths[1])
        parts = (passage, asked) if form.passage_first else (asked, passage)
        pairs.append(backend.post_process(*parts))
    encoded = {
        "input_ids": [pair.ids for pair in pairs],
        "offset_mapping": [pair.offsets for pair in pairs],
        "sequence_ids": [pair.sequence_ids for pair in pairs],
    }
    if "token_type_ids" in tokenizer.model_input_names:
        encoded["token_type_ids"] = [pair.type_ids for pair in pairs]
    return encoded


def model_inputs(pairs: Mapping[str, list[Any]]) -> list[dict[str, list[int]]]:
    """Return, row by row, those parts of `encode_pairs`' result that a model is given."""
    names = [name for name in pairs if name in ("input_ids", "token_type_ids")]
    return [{name: pairs[name][row] for name in names} for row in range(len(pairs["input_ids"]))]


def separators(tokenizer: PreTrainedTokenizerBase) -> tuple[str, str, str]:
    """Return the special tokens that a tokenizer puts before a pair, between its two texts and after them."""
    pair = tokenizer(["a"], ["a"])
    places = pair.sequence_ids(0)
    tokens = tokenizer.convert_ids_to_tokens(pair["input_ids"][0])
    first, second = places.index(0), places.index(1)
    between = [token for token, place in zip(tokens[first:second], places[first:second], strict=True) if place is None]
    after = [token for token, place in zip(tokens[second:], places[second:], strict=True) if place is None]
    return "".join(tokens[:first]), "".join(between), "".join(after)


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
