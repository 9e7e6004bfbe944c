"""Opening the library the settings name."""

from __future__ import annotations

from retrieval.errors import LibraryError, SettingError
from retrieval.passages import EncoderIdentity
from retrieval.secrets import check_address
from retrieval.settings import Settings
from retrieval.store.backend import Backend
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

_TIMEOUT_SECONDS = 30


def open_store(settings: Settings, identity: EncoderIdentity) -> PassageStore:
    """Open the library on the Qdrant server if one is set, else in the library folder.

    Raises LibraryInUse if another process has the folder open, EncoderMismatch if the library was
    built with another encoder, SettingError if QDRANT_URL cannot be used, LibraryError if it can't be opened.
    """
    backend = _open_backend(settings)
    try:
        store = PassageStore(backend, identity)
        store.index()  # one that grew large before there was an index, or was closed before it had one
        return store
    except LibraryError:
        backend.close()  # else the folder stays locked, and no rebuild could mend it
        raise


def open_as_built(settings: Settings, repair: bool = True) -> PassageStore:
    """Open the library whichever encoder it was built with; LibraryError also if there is none.

    Without `repair` what an interrupted run left is still there to be seen.
    """
    store = open_if_built(settings, repair)
    if store is None:
        place = f"{settings.collection} on {settings.qdrant_url}" if settings.qdrant_url else settings.library
        raise LibraryError(f"There is no library {place} yet: add files with python -m ingest PATH.")
    return store


def open_if_built(settings: Settings, repair: bool = True) -> PassageStore | None:
    """Open the library as `open_as_built` does; None if there is none yet."""
    backend = _open_backend(settings)
    backend.repairs &= repair
    identity = backend.identity()
    if identity is None:
        backend.close()
        return None
    return PassageStore(backend, identity)


def _open_backend(settings: Settings) -> Backend:
    if not settings.qdrant_url:
        return EdgeBackend(settings.library)
    # 0.7 s of imports that an embedded library does without.
    from qdrant_client import QdrantClient

    from retrieval.store.server import ServerBackend

    check_address(settings.qdrant_url, settings.qdrant_api_key, ("QDRANT_URL", "QDRANT_API_KEY"))
    try:
        client = QdrantClient(url=settings.qdrant_url, api_key=settings.qdrant_api_key, timeout=_TIMEOUT_SECONDS)
    except ValueError as error:
        raise SettingError(f"QDRANT_URL is {settings.qdrant_url!r}; use one like http://localhost:6333.") from error
    return ServerBackend(client, settings.collection, settings.placement, key=settings.qdrant_api_key or "")
