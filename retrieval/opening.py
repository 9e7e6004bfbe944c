"""From settings to the loaded models, the open library and the searcher."""

from __future__ import annotations

from dataclasses import replace

from retrieval.bi_encoder import BiEncoder
from retrieval.checkpoints import model_name
from retrieval.cross_encoder import CrossEncoder
from retrieval.inference_server import is_address
from retrieval.model_check import check_folder
from retrieval.passages import Encoder, Reranker
from retrieval.reader import Reader, marks_answers
from retrieval.remote_models import RemoteEncoder, RemoteReranker
from retrieval.search import Models, Searcher
from retrieval.settings import Settings
from retrieval.store.passage_store import PassageStore
from retrieval.translations import load_translations


def load_encoder(settings: Settings) -> Encoder:
    """Load the encoder the settings name, or ask its server; ModelError if that fails."""
    if is_address(settings.encoder):
        return RemoteEncoder.at(settings.encoder, settings.server_key)
    return BiEncoder.from_pretrained(settings.encoder, settings.device, settings.dtype)


def load_reranker(settings: Settings) -> Reranker:
    """Load the reranker the settings name, or ask its server; ModelError if that fails."""
    if is_address(settings.reranker):
        return RemoteReranker.at(settings.reranker, settings.server_key)
    return CrossEncoder.from_pretrained(settings.reranker, settings.device, settings.dtype)


def load_models(settings: Settings) -> Models:
    """Load the models the settings name; ModelError if one can't be loaded.

    What can be told of all of them at once comes first, then the reader, unless it is the reranker.
    """
    translations = load_translations(settings.translations)
    for name in (settings.reader, settings.reranker, settings.encoder):
        check_folder(name)
    reader = _load_reader(settings) if settings.reader != settings.reranker else None
    reranker = load_reranker(settings)
    return Models(load_encoder(settings), reranker, reader or _same_reader(settings, reranker), translations)


def _load_reader(settings: Settings) -> Reader:
    return Reader.from_pretrained(settings.reader, settings.device, settings.dtype)


def _same_reader(settings: Settings, reranker: Reranker) -> Reader:
    """Return a reader with the reranker's own model, where both are one folder's: half the time and memory."""
    if isinstance(reranker, CrossEncoder) and marks_answers(reranker.pair_model.model.config):
        return Reader(reranker.pair_model)
    return _load_reader(settings)


def load_compared(settings: Settings, models: Models) -> Models:
    """Return the models with those that `settings`, the compared ones, name otherwise; ModelError if one can't be."""
    return replace(
        models,
        encoder=load_encoder(settings) if settings.compared_encoder else models.encoder,
        reranker=load_reranker(settings) if settings.compared_reranker else models.reranker,
    )


def model_names(settings: Settings) -> str:
    """Return the names of the models that answer a question, for people to see."""
    names = [settings.encoder, *([settings.reranker] if settings.rerank_depth else []), settings.reader]
    return " + ".join(dict.fromkeys(map(model_name, names)))


def make_searcher(settings: Settings, store: PassageStore, models: Models) -> Searcher:
    """Return a searcher with the settings' depths."""
    return Searcher(store, models, settings.candidates, settings.rerank_depth)
