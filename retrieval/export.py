"""A result to take away: plain values for JSON, and a run in TREC's format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from retrieval.passages import EncoderIdentity, SearchResult, Stage
from retrieval.settings import Settings

# What a ranking depends on besides the models.
_PACKAGES = ("torch", "transformers", "qdrant-edge-py", "qdrant-client", "langdetect", "snowballstemmer", "opencc")


def to_json(result: SearchResult) -> dict[str, Any]:
    """Return a result as plain values: hits in full, the stages' rankings as passage ids with scores."""
    return {
        "question": result.question,
        "language": result.language,
        "relevant": result.relevant,
        "hits": [asdict(hit) for hit in result.hits],
        "rankings": {
            stage: [{"passage": hit.passage.id, "score": hit.score} for hit in ranking]
            for stage, ranking in result.rankings.items()
        },
        "relevance": dict(result.relevance),
        "recipe": asdict(result.recipe),
        "seconds": dict(result.seconds),
    }


def to_record(result: SearchResult, settings: Settings, identity: EncoderIdentity) -> dict[str, Any]:
    """Return all that is needed to quote or repeat a search: the result, the pool's articles, models and versions.

    Of a model in a folder only the folder's name is told.
    """
    pool = {hit.passage.id: hit.passage for ranking in result.rankings.values() for hit in ranking}
    return {
        **to_json(result),
        "passages": {
            name: {
                "article": passage.article.name,
                "title": passage.article.title,
                "language": passage.language,
                "start": passage.start,
                "end": passage.end,
            }
            for name, passage in pool.items()
        },
        "settings": {
            "encoder": asdict(identity),
            "reranker": _model_name(settings.reranker),
            "reader": _model_name(settings.reader),
            "candidates": settings.candidates,
            "rerank_depth": settings.rerank_depth,
        },
        "versions": versions(),
    }


def versions() -> Mapping[str, str]:
    """Return the version of this application and of the packages that decide a ranking."""
    return {name: version(name) for name in ("trilingual-qa", *_PACKAGES)}


def trec_run(result: SearchResult, stage: Stage, question_id: str = "1") -> str:
    """Return one stage's ranking as TREC run lines: `qid Q0 docid rank score tag`, the tag being the stage."""
    return "".join(
        f"{question_id} Q0 {hit.passage.id} {rank} {hit.score:.6f} {stage}\n"
        for rank, hit in enumerate(result.rankings.get(stage, ()), start=1)
    )


def _model_name(name: str) -> str:
    return Path(name).name if Path(name).expanduser().is_dir() else name
