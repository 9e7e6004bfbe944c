"""Opening the library the settings name."""

from __future__ import annotations

from qdrant_client import QdrantClient

from retrieval.errors import SettingError
from retrieval.passages import EncoderIdentity
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from retrieval.store.server import ServerBackend

_TIMEOUT_SECONDS = 30


def open_store(settings: Settings, identity: EncoderIdentity) -> PassageStore:
    """Open the library on the Qdrant server if one is set, else in the library folder.

    Raises LibraryInUse if another process has the folder open, EncoderMismatch if the library was
    built with another encoder, SettingError if QDRANT_URL is no address, LibraryError if it can't be opened.
    """
    if settings.qdrant_url:
        try:
            client = QdrantClient(url=settings.qdrant_url, api_key=settings.qdrant_api_key, timeout=_TIMEOUT_SECONDS)
        except ValueError as error:
            raise SettingError(f"QDRANT_URL is {settings.qdrant_url!r}; use one like http://localhost:6333.") from error
        return PassageStore(ServerBackend(client, settings.collection), identity)
    return PassageStore(EdgeBackend(settings.library), identity)
