"""A library belongs to one encoder."""

from __future__ import annotations

from retrieval.errors import EncoderMismatch
from retrieval.passages import EncoderIdentity


def require_same(stored: EncoderIdentity, identity: EncoderIdentity) -> None:
    """Raise EncoderMismatch, with the way out, unless a library's encoder is the one given."""
    if stored != identity:
        raise EncoderMismatch(
            f"This library was built with the encoder {_describe(stored)}, and the settings name "
            f"{_describe(identity)}: their vectors cannot be compared. Either set QA_ENCODER back, or encode the "
            "library's text again: with the same settings run python -m ingest --rebuild (unless it is on a Qdrant "
            "server, stop the page first). The files are not needed."
        )


def _describe(identity: EncoderIdentity) -> str:
    return f"{identity.name} ({identity.dimension} dimensions, {identity.distance}, weights {identity.weights})"
