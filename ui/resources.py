"""What all sessions share: settings, the open library, models, the searcher; and each one's interface language."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import config

from retrieval.checkpoints import model_name
from retrieval.pace import Pace, measure_pace
from retrieval.search import Models, Searcher, WordSearcher
from retrieval.settings import Settings
from retrieval.store.opening import open_if_built, open_store
from retrieval.store.passage_store import PassageStore
from retrieval.translations import load_translations
from ui.loading import Loading
from ui.metrics import watch_library
from ui.texts import INTERFACE_LANGUAGES, InterfaceLanguage, preferred_language

if TYPE_CHECKING:
    from evaluation.background import Background


@dataclass(frozen=True, slots=True)
class Resources:
    """The shared, thread-safe parts of the application."""

    models: Models
    names: str
    store: PassageStore
    searcher: Searcher
    pace: Pace


class Opening:
    """The application from its start on: the library and its words at once, the rest when the models are loaded.

    `store` is None while there is no library yet: it is made for an encoder. Close it to release the library.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._translations = load_translations(settings.translations)
        self.store = open_if_built(settings)
        self.loading = Loading(self._load)
        self.loading.start()

    @property
    def words(self) -> WordSearcher | None:
        """What answers while the models are away, if there is a library."""
        return WordSearcher(self.store, self._translations, self._settings.candidates) if self.store else None

    def close(self) -> None:
        """Wait for the models, since they may open the library, and release it."""
        self.loading.join()
        if self.store:
            self.store.close()

    def _load(self) -> Resources:
        # torch and transformers: seconds of imports, which the page does not wait for here.
        from retrieval.opening import load_models, make_searcher, model_names

        models = load_models(self._settings)
        if self.store:
            self.store.require(models.encoder.identity)
        else:
            self.store = open_store(self._settings, models.encoder.identity)
        watch_library(self.store)
        searcher = make_searcher(self._settings, self.store, models)
        pace = measure_pace(models, searcher)
        # Streamlit collects garbage after every run of a page: through all that torch has loaded that is 0.3 s, in
        # which no other thread works. What is here now stays, and need not be looked through again.
        gc.collect()
        gc.freeze()
        return Resources(models, model_names(self._settings), self.store, searcher, pace)


# One entry: a second library would take memory for good, and an embedded one its folder's lock.
@st.cache_resource(show_spinner=False, max_entries=1, on_release=Opening.close)
def open_resources(settings: Settings) -> Opening:
    """Open the library and begin to load the models, once for all sessions; QAError if the library can't be opened."""
    # Streamlit refuses what is over its own limit, before the pages see it; asked again at every upload.
    config.set_option("server.maxUploadSize", settings.limits.file_size)
    return Opening(settings)


@dataclass(frozen=True, slots=True)
class Compared:
    """The second models' searcher and library, and what to call the two: encoders, then rerankers."""

    searcher: Searcher
    store: PassageStore
    encoders: tuple[str, str]
    rerankers: tuple[str, str]


@st.cache_resource(show_spinner=False, max_entries=1, on_release=lambda compared: compared.store.close())
def open_compared(own: Settings, other: Settings, _resources: Resources) -> Compared:
    """Load the models to compare with, and open their library; QAError if that fails."""
    from retrieval.opening import load_compared, make_searcher  # torch and transformers

    models = load_compared(other, _resources.models)
    store = open_store(other, models.encoder.identity) if other.compared_encoder else _resources.store
    encoders = (_resources.models.encoder.identity.name, models.encoder.identity.name)
    rerankers = (model_name(own.reranker), model_name(other.reranker))
    return Compared(make_searcher(other, store, models), store, encoders, rerankers)


@st.cache_resource
def background() -> Background:
    """Return what runs evaluations beside the pages, one for all sessions."""
    from evaluation.background import Background  # with it come the parsers for files

    return Background()


def settings() -> Settings:
    """Read the settings from the environment; what .streamlit/secrets.toml has at its top level is there too."""
    st.secrets.load_if_toml_exists()
    return Settings.from_env(os.environ)


def interface_language() -> InterfaceLanguage:
    """Return this session's interface language: the chosen one, else the address's, else the browser's."""
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    for language in INTERFACE_LANGUAGES:
        if language == chosen:
            return language
    return preferred_language(st.context.locale)
