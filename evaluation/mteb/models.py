"""The encoder and the whole search as `mteb` takes them: `EncoderProtocol` and `SearchProtocol`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
from mteb.models import ModelMeta
from mteb.models.model_meta import ScoringFunction
from mteb.similarity_functions import select_pairwise_similarity, select_similarity
from mteb.types import PromptType

from evaluation.collection import indexed
from evaluation.datasets import Dataset
from evaluation.run import final_ranking
from ingest.split import article_id
from retrieval.checkpoints import model_name
from retrieval.errors import InputError
from retrieval.passages import Encoder, Selection, Vectors
from retrieval.search import Models, Searcher
from retrieval.settings import Settings

_SCORING = {
    "cosine": ScoringFunction.COSINE,
    "dot": ScoringFunction.DOT_PRODUCT,
    "euclid": ScoringFunction.EUCLIDEAN,
}


class MtebEncoder:
    """An encoder as `mteb.models.EncoderProtocol`: whole documents, each cut at the encoder's length.

    Texts have the encoder's own form for questions and passages; the prompts of mteb's tasks are not used.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._scoring = _SCORING[encoder.identity.distance]

    @property
    def mteb_model_meta(self) -> ModelMeta:
        """What mteb writes beside its figures."""
        identity = self._encoder.identity
        facts = {
            "revision": identity.weights,
            "embed_dim": identity.dimension,
            "max_tokens": self._encoder.max_tokens,
            "similarity_fn_name": self._scoring,
        }
        return _meta(identity.name, facts)

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        task_metadata: Any,
        hf_split: str,
        hf_subset: str,
        prompt_type: PromptType | None = None,
        **kwargs: Any,
    ) -> Vectors:
        """Return (texts, dimension) of batches that hold `text`; InputError for a task without questions and documents.

        Such a task, classification for instance, has no form of its own in our models.
        """
        if prompt_type is None:
            raise InputError(
                f"The task {task_metadata.name} has no questions and documents; use tasks of the types Retrieval and "
                "Reranking."
            )
        is_question = prompt_type == PromptType.query
        encode = self._encoder.encode_questions if is_question else self._encoder.encode_passages
        return np.concatenate([encode(list(batch["text"])) for batch in inputs])

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Return (first, second) by the encoder's distance, higher is nearer."""
        return select_similarity(embeddings1, embeddings2, self._scoring)

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Return the similarity of each first vector with the second of the same place."""
        return select_pairwise_similarity(embeddings1, embeddings2, self._scoring)


class MtebSearch:
    """The whole search as `mteb.models.SearchProtocol`: words, vectors, fusion and reranking over split documents.

    A document stands where its best passage does. The library is temporary; `close` deletes it.
    """

    def __init__(self, models: Models, settings: Settings) -> None:
        self._models, self._settings = models, settings
        self._library = ExitStack()
        self._searcher: Searcher | None = None

    @property
    def mteb_model_meta(self) -> ModelMeta:
        """What mteb writes beside its figures; the depths keep results of other settings apart."""
        name = f"{self._models.encoder.identity.name}--{model_name(self._settings.reranker)}"
        facts = {
            "revision": self._models.encoder.identity.weights,
            "experiment_kwargs": {
                "candidates": self._settings.candidates,
                "rerank_depth": self._settings.rerank_depth,
            },
        }
        return _meta(name, facts)

    def index(self, corpus: Iterable[Mapping[str, Any]], **_: Any) -> None:
        """Put documents (`id`, `text`, optionally `title`) into a library of their own, instead of those before."""
        self.close()
        documents = {row["id"]: (row.get("title") or "", row["text"]) for row in corpus}
        dataset = Dataset("mteb", documents, ())
        collection = self._library.enter_context(indexed(dataset, self._models.encoder, lambda *_: None))
        self._searcher = Searcher(
            collection.store, self._models, self._settings.candidates, self._settings.rerank_depth
        )

    def search(
        self,
        queries: Iterable[Mapping[str, Any]],
        *,
        task_metadata: Any,
        top_k: int,
        top_ranked: Mapping[str, Iterable[str]] | None = None,
        **_: Any,
    ) -> dict[str, dict[str, float]]:
        """Return document ids with falling scores for each question, at most `top_k`.

        `top_ranked` names the only documents that may be found for a question. InputError for conversations and for
        questions with an instruction of their own.
        """
        if self._searcher is None:
            raise ValueError("index comes before search")
        found = {}
        for row in queries:
            if not isinstance(row["text"], str) or row.get("instruction"):
                raise InputError(f"{task_metadata.name} asks in conversations or with instructions; use another task.")
            names = top_ranked[row["id"]] if top_ranked else ()
            selection = Selection(article_ids=tuple(article_id(name) for name in names))
            ranking = final_ranking(self._searcher.search(row["text"], limit=0, selection=selection), "article")
            found[row["id"]] = dict(ranking[:top_k])
        return found

    def close(self) -> None:
        """Delete the library."""
        self._searcher = None
        self._library.close()


def _meta(name: str, facts: Mapping[str, Any]) -> ModelMeta:
    return ModelMeta.create_empty({"name": f"local/{name}", "framework": ["PyTorch"], **facts})  # it wants owner/name
