"""From a text to the token ids a model is given, as its preset says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from transformers import PreTrainedTokenizerBase

from retrieval.errors import ModelError
from retrieval.presets import EncoderPreset


class TextForm:
    """The form in which questions, or passages, are given to an encoder.

    `room` is the number of tokens left for the text itself, `unpooled` that of the tokens at the beginning which are
    left out of the pooling. Raises ModelError for a tokenizer that does not fit the preset.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, preset: EncoderPreset, kind: Literal["question", "passage"]
    ) -> None:
        self._tokenizer, self._preset = tokenizer, preset
        self._prefix: str = getattr(preset, f"{kind}_prefix")
        before, after = (_single_id(tokenizer, token) for token in getattr(preset, f"{kind}_ends"))
        self._before, self._after = before, after
        self._limit = preset.max_tokens - len(before) - len(after)
        if not preset.template:
            _require_bare(tokenizer, after)
        special = tokenizer.num_special_tokens_to_add() if preset.template else 0
        self.room = self._limit - special - len(self._ids([self._prefix], special=False)[0])
        if self.room <= 0:
            raise ModelError(
                f"The model takes {preset.max_tokens} tokens, which leaves no room for a text after {self._prefix!r}."
            )
        self.unpooled = self._count_unpooled()

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's token ids, cut to the model's limit; none for an empty text without special tokens."""
        stripped = [text.strip() for text in texts] if self._preset.strip else texts
        rows = self._ids([self._prefix + text for text in stripped], special=self._preset.template)
        return [[*self._before, *row, *self._after] for row in rows]

    def _ids(self, texts: Sequence[str], special: bool) -> list[list[int]]:
        ids: list[list[int]] = self._tokenizer(
            list(texts), add_special_tokens=special, truncation=True, max_length=self._limit
        )["input_ids"]
        return ids

    def _count_unpooled(self) -> int:
        """Count the prefix's tokens as sentence-transformers does: special tokens before them too, not one after."""
        if self._preset.pool_prefix or not self._prefix:
            return 0
        ids = self._ids([self._prefix], special=self._preset.template)[0]
        return len(ids) - (ids[-1] in self._tokenizer.all_special_ids)


def _single_id(tokenizer: PreTrainedTokenizerBase, token: str) -> list[int]:
    """Return the id of a token in a list, an empty list for no token."""
    ids: list[int] = tokenizer(token, add_special_tokens=False)["input_ids"] if token else []
    if token and tokenizer.convert_ids_to_tokens(ids) != [token]:
        raise ModelError(
            f"The tokenizer in {tokenizer.name_or_path} does not have {token} as one token, which this model is run "
            "with: is it another model's?"
        )
    return ids


def _require_bare(tokenizer: PreTrainedTokenizerBase, after: list[int]) -> None:
    """Refuse a tokenizer that adds other tokens than the one put after the text anyway."""
    bare, templated = (tokenizer("a", add_special_tokens=special)["input_ids"] for special in (False, True))
    if templated not in (bare, bare + after):
        raise ModelError(
            f"The tokenizer in {tokenizer.name_or_path} adds special tokens, which this model is run without: "
            "is it another model's?"
        )
