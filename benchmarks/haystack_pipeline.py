"""The same search in Haystack: its in-memory BM25 and embedding retrievers, its joiner and its ranker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")  # read when haystack is imported

import torch
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder
from haystack_integrations.components.rankers.sentence_transformers import SentenceTransformersSimilarityRanker

from retrieval.passages import Passage, Vectors

Ask = Callable[[str], Any]

# Left out, it computes in the type of the file, float16, which is far slower on a processor.
_FLOAT32 = {"dtype": torch.float32}


def make_store(passages: Iterable[tuple[Passage, Vectors]]) -> Any:
    """Return a document store with the passages and their vectors."""
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents(
        [Document(id=one.id, content=one.text, embedding=vector.tolist()) for one, vector in passages]
    )
    return store


def make_stages(store: Any, encoder: str, reranker: Path, candidates: int, depth: int) -> dict[str, Ask]:
    """Return what answers a question at each stage, with these models and depths."""
    return {
        "lexical": _runner(_lexical(store, candidates), ("bm25",)),
        "vector": _runner(_vector(store, encoder, candidates), ("embedder",)),
        "fused": _runner(_fused(store, encoder, candidates), ("bm25", "embedder")),
        "reranked": _runner(_reranked(store, encoder, (candidates, depth), reranker), ("bm25", "embedder", "ranker")),
    }


def _lexical(store: Any, candidates: int) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=candidates))
    return pipeline


def _vector(store: Any, encoder: str, candidates: int) -> Pipeline:
    pipeline = Pipeline()
    embedder = SentenceTransformersTextEmbedder(model=encoder, progress_bar=False, model_kwargs=_FLOAT32)
    pipeline.add_component("embedder", embedder)
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=candidates))
    pipeline.connect("embedder.embedding", "dense.query_embedding")
    return pipeline


def _fused(store: Any, encoder: str, candidates: int) -> Pipeline:
    pipeline = _vector(store, encoder, candidates)
    pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=candidates))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=candidates))
    pipeline.connect("bm25.documents", "joiner.documents")
    pipeline.connect("dense.documents", "joiner.documents")
    return pipeline


def _reranked(store: Any, encoder: str, depths: tuple[int, int], reranker: Path) -> Pipeline:
    pipeline = _fused(store, encoder, depths[0])
    pipeline.get_component("joiner").top_k = depths[1]
    ranker = SentenceTransformersSimilarityRanker(model=str(reranker), top_k=depths[1], model_kwargs=_FLOAT32)
    pipeline.add_component("ranker", ranker)
    pipeline.connect("joiner.documents", "ranker.documents")
    return pipeline


def _runner(pipeline: Pipeline, asked: tuple[str, ...]) -> Ask:
    """Return a function that runs a pipeline, the question given to each of the components named."""
    pipeline.warm_up()

    def ask(question: str) -> Any:
        return pipeline.run({name: {"text" if name == "embedder" else "query": question} for name in asked})

    return ask
