"""The encoder and the reranker on an inference server, in the text form of their row in the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from retrieval.bi_encoder import describe
from retrieval.checkpoints import Row, cached_id
from retrieval.errors import ModelError
from retrieval.inference_server import InferenceServer
from retrieval.openai_embeddings import OpenAIEmbeddings
from retrieval.passages import EncoderIdentity, Vectors
from retrieval.presets import ENCODERS, EncoderRow
from retrieval.reranker_presets import RERANKERS
from retrieval.tei import TextEmbeddingsInference


class RemoteEncoder:
    """Encodes texts on an inference server: `Encoder` over a network. Safe to use from several threads.

    Prefixes and such are those of the table's row for the model the server says it has; ModelError if there is none
    or the server runs the model in another way.
    """

    def __init__(self, source: TextEmbeddingsInference | OpenAIEmbeddings) -> None:
        self._source = source
        row = _served_row(ENCODERS, source.model_id)
        if row is None:
            raise ModelError(
                f"The server has {source.model_id}, whose text form (prefixes, pooling) is not known here: serve a "
                "model of the table (python -m retrieval.models_table), or run it here from its folder."
            )
        limit = min(row.preset.max_tokens, source.limit or row.preset.max_tokens)
        self._preset = replace(row.preset, max_tokens=limit)
        self._question_ends, self._passage_ends = self._ends("question"), self._ends("passage")
        self._question_room, self._passage_room = (
            limit - source.overhead(*ends) for ends in (self._question_ends, self._passage_ends)
        )
        self._identity = self._identify(row)
        if self._passage_room <= 0:
            raise ModelError(f"The server's {source.model_id} reads {limit} tokens, which leaves no room for a text.")

    @classmethod
    def at(cls, address: str, key: str | None = None) -> RemoteEncoder:
        """Ask the server at an address: ending in /v1 or /embeddings an OpenAI-compatible one, else TEI."""
        server = InferenceServer(address.partition("#")[0].removesuffix("/").removesuffix("/embeddings"), key)
        path = urlsplit(address).path.rstrip("/")
        if path.endswith(("/v1", "/embeddings")):
            return cls(OpenAIEmbeddings(server, unquote(urlsplit(address).fragment)))
        return cls(TextEmbeddingsInference(server))

    def _ends(self, kind: Literal["question", "passage"]) -> tuple[str, str]:
        prefix: str = getattr(self._preset, f"{kind}_prefix")
        before, after = self._source.ends(self._preset, *getattr(self._preset, f"{kind}_ends"))
        return before + prefix, after

    def _identify(self, row: EncoderRow) -> EncoderIdentity:
        dimension = len(self._source.embed(["a"], normalise=False)[0])
        if dimension != row.dimension:
            raise ModelError(
                f"The server's {self._source.model_id} gives vectors of {dimension} dimensions, the model of that "
                f"name {row.dimension}: is another model served under its name?"
            )
        return EncoderIdentity(
            name=self._source.model_id.rstrip("/").split("/")[-1],
            weights=self._source.weights,
            dimension=dimension,
            distance=self._preset.distance,
            text_form=describe(self._preset),
        )

    @property
    def identity(self) -> EncoderIdentity:
        """What a library's vectors must have in common with this encoder's; `weights` is the hub's revision."""
        return self._identity

    @property
    def max_tokens(self) -> int:
        """Tokens of a passage's text that are read, prefix and special tokens not counted."""
        return self._passage_room

    @property
    def floor(self) -> float:
        """The score from which a passage is taken as relevant; out of reach, since no public model says."""
        return inf

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, special tokens not counted; an estimate where the server does not tell."""
        return self._source.count_tokens(texts)

    def pieces(self, text: str) -> list[str]:
        """Return what the tokenizer cuts a text into, nothing where the server does not tell."""
        return self._source.pieces([text])[0]

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return (questions, dimension) float32."""
        return self._encode(questions, self._question_ends, self._question_room)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, dimension) float32."""
        return self._encode(texts, self._passage_ends, self._passage_room)

    def _encode(self, texts: Sequence[str], ends: tuple[str, str], room: int) -> Vectors:
        stripped = [text.strip() for text in texts] if self._preset.strip else texts
        sent = [ends[0] + self._source.cut(text, room) + ends[1] for text in stripped]
        vectors = np.zeros((len(texts), self._identity.dimension), dtype=np.float32)
        kept = [row for row, text in enumerate(sent) if text]  # servers refuse an empty text; its vector is zero
        if kept:
            vectors[kept] = self._source.embed([sent[row] for row in kept], self._preset.normalise)
        return vectors


class RemoteReranker:
    """Scores texts on a Text Embeddings Inference server: `Reranker` over a network."""

    floor = 0.5
    weight = 1.0

    def __init__(self, source: TextEmbeddingsInference) -> None:
        source.require("reranker")
        row = _served_row(RERANKERS, source.model_id)
        if row and (row.positive_label or row.form.passage_first):
            raise ModelError(f"{source.model_id} has a pair form that the server does not have: run it here.")
        self._source = source

    @classmethod
    def at(cls, address: str, key: str | None = None) -> RemoteReranker:
        """Ask the server at an address."""
        return cls(TextEmbeddingsInference(InferenceServer(address, key)))

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return each text's score in 0-1, (texts,): the logistic function of its logit."""
        kept = [row for row, text in enumerate(texts) if text]  # servers refuse an empty text; its score is 0
        scores = np.zeros(len(texts), dtype=np.float64)
        if kept:
            logits = np.array(self._source.rerank(question, [texts[row] for row in kept]), dtype=np.float64)
            scores[kept] = 1 / (1 + np.exp(-logits))
        return scores


def _served_row(rows: Mapping[str, Row], model_id: str) -> Row | None:
    """Return a table's row for what a server calls its model: a hub id, or a folder over there named like the model."""
    by_id = {hub_id.casefold(): row for hub_id, row in rows.items()}
    if not model_id.startswith("/"):
        return by_id.get(model_id.casefold())
    folder = PurePosixPath(model_id)
    hub_id = cached_id(folder)
    names = by_id if hub_id else {key.split("/")[1]: row for key, row in by_id.items()}
    return names.get((hub_id or folder.name).casefold())
