"""How a model's authors run it: text form, pooling, limits. Data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from retrieval.passages import Distance

Pooling = Literal["mean", "weighted_mean", "cls", "last"]


@dataclass(frozen=True, slots=True)
class EncoderPreset:
    """How to turn a text into a vector.

    `question_prefix` and `passage_prefix` stand before the text, `max_tokens` includes special tokens.
    """

    pooling: Pooling
    normalise: bool
    distance: Distance
    max_tokens: int
    question_prefix: str = ""
    passage_prefix: str = ""
