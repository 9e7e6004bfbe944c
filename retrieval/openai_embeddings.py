"""An OpenAI-compatible embeddings endpoint, as vLLM and Infinity have it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from math import ceil

from retrieval.errors import ModelError
from retrieval.inference_server import InferenceServer, ask_in_batches
from retrieval.presets import EncoderPreset

_BATCH_SIZE = 32
# Special tokens around a text: no model of the table has more.
_SPECIAL_TOKENS = 2
_LETTERS_PER_TOKEN = 3
# A run of Latin letters, or any other character that is no blank.
_counted = re.compile(r"[A-Za-z\u00c0-\u024f]+|\S")


def estimate_tokens(text: str) -> int:
    """Return rather too many tokens than too few: one for three letters of a word, one for any other character.

    >>> estimate_tokens("Tea, 茶叶 1204"), estimate_tokens("bees")
    (8, 2)
    """
    return sum(ceil(len(run) / _LETTERS_PER_TOKEN) for run in _counted.findall(text))


class OpenAIEmbeddings:
    """A model of the endpoint. It does not tell its tokens, so these are estimated from the characters.

    `model_id` names one of the endpoint's models; it may be empty where there is only one.
    """

    def __init__(self, server: InferenceServer, model_id: str) -> None:
        self._server = server
        found = server.get("/models")
        with server.reading("/models"):
            limits = {str(model["id"]): model.get("max_model_len") for model in found["data"]}
        if model_id not in limits and (model_id or len(limits) != 1):
            raise ModelError(
                f"The server {server.address} has the models {', '.join(limits) or 'none'}: name one of them after the "
                f"address, as {server.address}#{next(iter(limits), 'owner/model')}."
            )
        self.model_id = model_id or next(iter(limits))
        self.weights = "not told by the server"
        self.limit: int | None = limits[self.model_id]

    def ends(self, preset: EncoderPreset, before: str, after: str) -> tuple[str, str]:
        """Return what to put around a text; ModelError for a preset that this interface cannot be held to."""
        if before or after or preset.pooling == "weighted_mean" or preset.distance != "cosine":
            raise ModelError(
                f"{self.model_id} is run with tokens around a text, a pooling or a length of vectors that an "
                "OpenAI-compatible endpoint cannot be asked for: use a Text Embeddings Inference server, or run it "
                "here."
            )
        return before, after

    def embed(self, texts: Sequence[str], normalise: bool) -> list[list[float]]:
        """Return a vector per text, of the length the server gives: only their direction counts (`ends`)."""

        def ask(batch: list[str]) -> list[list[float]]:
            content = {"model": self.model_id, "input": batch, "encoding_format": "float"}
            found = self._server.post("/embeddings", content)
            with self._server.reading("/embeddings"):
                by_place = {int(row["index"]): [float(value) for value in row["embedding"]] for row in found["data"]}
                return [by_place[place] for place in range(len(batch))]

        return ask_in_batches(ask, texts, _BATCH_SIZE)

    def overhead(self, before: str, after: str) -> int:
        """Return the tokens of a text that are not its own."""
        return estimate_tokens(before) + estimate_tokens(after) + _SPECIAL_TOKENS

    def pieces(self, texts: Sequence[str]) -> list[list[str]]:
        """Return nothing for each text: its tokens are not told."""
        return [[] for _ in texts]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return an estimate of each text's tokens."""
        return [estimate_tokens(text) for text in texts]

    def cut(self, text: str, tokens: int) -> str:
        """Return the beginning of a text that has no more than an estimated number of tokens.

        vLLM refuses a longer text, others cut it.
        """
        return text[: bisect_right(range(1, len(text) + 1), tokens, key=lambda end: estimate_tokens(text[:end]))]
