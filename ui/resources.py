"""What all sessions share: settings, models, the open library, the searcher; and each one's interface language."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass

import streamlit as st

from evaluation.background import Background
from retrieval.opening import load_models, make_searcher, model_names
from retrieval.search import Models, Searcher
from retrieval.settings import Settings
from retrieval.store.opening import open_store
from retrieval.store.passage_store import PassageStore
from ui.metrics import watch_library
from ui.texts import INTERFACE_LANGUAGES, InterfaceLanguage, preferred_language


@dataclass(frozen=True, slots=True)
class Resources:
    """The shared, thread-safe parts of the application."""

    models: Models
    names: str
    store: PassageStore
    searcher: Searcher


# One entry: a second library would take memory for good, and an embedded one its folder's lock.
@st.cache_resource(show_spinner=False, max_entries=1, on_release=lambda resources: resources.store.close())
def open_resources(settings: Settings) -> Resources:
    """Load the models and open the library once for all sessions; QAError if that fails."""
    models = load_models(settings)
    store = open_store(settings, models.encoder.identity)
    # Streamlit collects garbage after every run of a page: through all that torch has loaded that is 0.3 s, in which
    # no other thread works. What is here now stays, and need not be looked through again.
    watch_library(store)
    gc.collect()
    gc.freeze()
    return Resources(models, model_names(settings), store, make_searcher(settings, store, models))


@st.cache_resource
def background() -> Background:
    """Return what runs evaluations beside the pages, one for all sessions."""
    return Background()


def settings() -> Settings:
    """Read the settings from the environment; what .streamlit/secrets.toml has at its top level is there too."""
    st.secrets.load_if_toml_exists()
    return Settings.from_env(os.environ)


def interface_language() -> InterfaceLanguage:
    """Return this session's interface language: the chosen one or the browser's."""
    chosen = st.session_state.get("lang")
    for language in INTERFACE_LANGUAGES:
        if language == chosen:
            return language
    return preferred_language(st.context.locale)
