"""A Hugging Face Text Embeddings Inference server, as its published interface says."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.errors import ModelError
from retrieval.inference_server import InferenceServer, ask_in_batches
from retrieval.presets import EncoderPreset, Pooling

_POOLINGS: dict[Pooling, str] = {"mean": "mean", "cls": "cls", "last": "last_token"}


class TextEmbeddingsInference:
    """What the server says of its model, and what it does: vectors, tokens, scores."""

    def __init__(self, server: InferenceServer) -> None:
        self._server = server
        info = server.get("/info")
        with server.reading("/info"):
            self.model_id = str(info["model_id"])
            self.weights = str(info.get("model_sha") or "not told by the server")
            self.limit: int | None = int(info["max_input_length"])
            self._batch_size = int(info["max_client_batch_size"])
            ((self.kind, described),) = info["model_type"].items()
            self._pooling = str(described.get("pooling"))

    def require(self, kind: str) -> None:
        """Raise ModelError unless the model is of a kind: `embedding`, `reranker` or `classifier`."""
        if self.kind != kind:
            raise ModelError(
                f"The server {self._server.address} serves {self.model_id}, which is a model of the kind {self.kind}; "
                f"one of the kind {kind} is needed here."
            )

    def ends(self, preset: EncoderPreset, before: str, after: str) -> tuple[str, str]:
        """Return what to put before and after a text so that the server reads it as the preset says.

        Of the tokens `before` and `after`, the server's own tokenizer may add the last. ModelError if the server pools
        in another way, and if its tokenizer makes of a text what the model was not made with.
        """
        self.require("embedding")
        if _POOLINGS.get(preset.pooling) != self._pooling:
            raise ModelError(
                f"The server {self._server.address} runs {self.model_id} with the pooling {self._pooling}, and it must "
                f"be run with {preset.pooling}: start the server with another --pooling, or run the model here."
            )
        if preset.template:
            return before, after
        bare, added = (self._tokenize(["a"], special)[0] for special in (False, True))
        if added not in (bare, [*bare, after]):
            raise ModelError(
                f"The tokenizer of {self.model_id} on {self._server.address} adds special tokens ({' '.join(added)}), "
                "which this model is run without: is it another model's?"
            )
        sent = after if added == bare else ""
        wanted = [*filter(None, [before]), *bare, *filter(None, [after])]
        if self._tokenize([before + "a" + sent], True)[0] != wanted:
            raise ModelError(
                f"The server {self._server.address} does not read {before or after} as one token of {self.model_id}, "
                "with which this model is run: run it here."
            )
        return before, sent

    def embed(self, texts: Sequence[str], normalise: bool) -> list[list[float]]:
        """Return a vector per text, cut to the server's limit."""

        def ask(batch: list[str]) -> list[list[float]]:
            found = self._server.post("/embed", {"inputs": batch, "normalize": normalise, "truncate": True})
            with self._server.reading("/embed"):
                return [[float(value) for value in vector] for vector in found]

        return ask_in_batches(ask, texts, self._batch_size)

    def overhead(self, before: str, after: str) -> int:
        """Return the tokens of a text that are not its own."""
        (whole,), (bare,) = self._tokenize([f"{before}a{after}"], True), self._tokenize(["a"], False)
        return len(whole) - len(bare)

    def pieces(self, texts: Sequence[str]) -> list[list[str]]:
        """Return each text's tokens, special ones not included; none of an empty text, which the server refuses."""
        found = iter(self._tokenize([text for text in texts if text], special=False))
        return [next(found) if text else [] for text in texts]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, special ones not counted."""
        return [len(tokens) for tokens in self.pieces(texts)]

    def cut(self, text: str, tokens: int) -> str:
        """Return the text as it is: the server cuts it."""
        return text

    def _tokenize(self, texts: Sequence[str], special: bool) -> list[list[str]]:
        def ask(batch: list[str]) -> list[list[str]]:
            found = self._server.post("/tokenize", {"inputs": batch, "add_special_tokens": special})
            with self._server.reading("/tokenize"):
                return [[str(token["text"]) for token in tokens] for tokens in found]

        return ask_in_batches(ask, texts, self._batch_size)

    def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return each text's logit for a question, in the texts' order."""

        def ask(batch: list[str]) -> list[float]:
            content = {"query": question, "texts": batch, "raw_scores": True, "truncate": True}
            found = self._server.post("/rerank", content)
            with self._server.reading("/rerank"):
                by_place = {int(rank["index"]): float(rank["score"]) for rank in found}
                return [by_place[place] for place in range(len(batch))]

        return ask_in_batches(ask, texts, self._batch_size)
