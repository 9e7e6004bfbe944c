"""From settings to the loaded models, the open library and the searcher."""

from __future__ import annotations

from retrieval.bi_encoder import BiEncoder
from retrieval.checkpoints import model_name
from retrieval.cross_encoder import CrossEncoder
from retrieval.reader import Reader
from retrieval.search import Models, Searcher
from retrieval.settings import Settings
from retrieval.store.passage_store import PassageStore
from retrieval.translations import load_translations


def load_models(settings: Settings) -> Models:
    """Load the models the settings name; ModelError if one can't be loaded."""
    return Models(
        encoder=BiEncoder.from_pretrained(settings.encoder, settings.device, settings.dtype),
        reranker=CrossEncoder.from_pretrained(settings.reranker, settings.device, settings.dtype),
        reader=Reader.from_pretrained(settings.reader, settings.device, settings.dtype),
        translations=load_translations(settings.translations),
    )


def model_names(settings: Settings) -> str:
    """Return the names of the models that answer a question, for people to see."""
    names = [settings.encoder, *([settings.reranker] if settings.rerank_depth else []), settings.reader]
    return " + ".join(dict.fromkeys(map(model_name, names)))


def make_searcher(settings: Settings, store: PassageStore, models: Models) -> Searcher:
    """Return a searcher with the settings' depths."""
    return Searcher(store, models, settings.candidates, settings.rerank_depth)
