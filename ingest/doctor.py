"""What is wrong with a library, and mending what can be mended from the library itself."""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import Literal

import numpy as np

from ingest.mojibake import garbled_share
from ingest.pipeline import ENCODE_SIZE
from retrieval.passages import ArticleInfo, Encoder, Passage, Vectors
from retrieval.store.passage_store import PassageStore
from retrieval.store.payloads import StoredPassage

Kind = Literal["encoder", "torn", "orphan", "vector", "words", "duplicate", "mojibake"]
# Passages encoded again to see whether their vectors are this encoder's.
SAMPLE_SIZE = 16
# Number types and processors move a vector by less, another model by far more.
_SAME_COSINE = 0.99
_GARBLED_SHARE = 0.02
_REPAIR = "python -m ingest --repair"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its kind, the article it is in ("" for the library), what is wrong, and what mends it."""

    kind: Kind
    article: str
    fault: str
    mend: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings; the versions that belong to the library and the passages to write again, None for all."""

    findings: tuple[Finding, ...]
    passages: int
    versions: frozenset[str]
    spoiled: tuple[Passage, ...] | None


@dataclass(slots=True)
class _Version:
    """What is stored of one version of an article."""

    info: ArticleInfo
    positions: Counter[int] = field(default_factory=Counter)
    digests: dict[int, bytes] = field(default_factory=dict)
    garbled: float = 0.0  # of the worst passage
    without_vector: int = 0
    without_words: int = 0

    @property
    def is_whole(self) -> bool:
        return self.positions == Counter(range(self.info.passage_count))

    def add(self, stored: StoredPassage) -> bool:
        """Take a passage in; tell whether its vectors are sound."""
        passage = stored.passage
        self.positions[passage.position] += 1
        self.digests[passage.position] = blake2b("".join(passage.text.split()).encode(), digest_size=16).digest()
        self.garbled = max(self.garbled, garbled_share(passage.text))
        has_vector = bool(stored.vector.any()) and bool(np.isfinite(stored.vector).all())
        self.without_vector += not has_vector
        self.without_words += not stored.words_agree
        return has_vector and stored.words_agree


def diagnose(store: PassageStore, encoder: Encoder) -> Diagnosis:
    """Look at all that a library holds, in memory of some hundred bytes a passage; nothing is changed.

    `store` may be one of another encoder. Of the vectors that are there a sample is compared with the encoder's.
    """
    versions: dict[str, _Version] = {}
    spoiled: list[Passage] = []
    # Those with the last ids: a repair writes in the order of the ids, so one that was stopped is found again.
    sample: list[tuple[str, StoredPassage]] = []
    foreign = passages = 0
    for stored in store.stored():
        if stored is None:
            foreign += 1
            continue
        passages += 1
        info = stored.passage.article
        if not versions.setdefault(info.version, _Version(info)).add(stored):
            spoiled.append(stored.passage)
        elif len(sample) < SAMPLE_SIZE or stored.passage.id > sample[0][0]:
            insort(sample, (stored.passage.id, stored), key=lambda pair: pair[0])
            del sample[:-SAMPLE_SIZE]
    kept = _kept(versions.values())
    others = [version for version in versions.values() if version not in kept]
    findings = [*_foreign(foreign), *(_orphan(version) for version in others)]
    for version in kept:
        findings += _of_article(version)
    findings += _duplicates(kept)
    of_encoder = list(_encoder_findings(store, encoder, [stored for _, stored in sample]))
    names = frozenset(version.info.version for version in kept)
    # Opening an embedded library drops what is left of a torn article: written again, it would come back.
    whole = {version.info.version for version in kept if version.is_whole}
    mended = None if of_encoder else tuple(passage for passage in spoiled if passage.article.version in whole)
    return Diagnosis((*of_encoder, *findings), passages, names, mended)


def repair(store: PassageStore, encoder: Encoder, diagnosis: Diagnosis) -> int:
    """Delete what belongs to no article and encode again what has no sound vectors; return how many were encoded.

    The store must be the encoder's. Stopped, it can be run again.
    """
    store.delete_except(diagnosis.versions)
    spoiled = _all_passages(store) if diagnosis.spoiled is None else iter(diagnosis.spoiled)
    encoded = 0
    while batch := list(islice(spoiled, ENCODE_SIZE)):
        store.write(batch, list(encoder.encode_passages([passage.indexed_text for passage in batch])))
        encoded += len(batch)
    return encoded


def _all_passages(store: PassageStore) -> Iterator[Passage]:
    return (stored.passage for stored in store.stored() if stored is not None)


def _kept(versions: Iterable[_Version]) -> list[_Version]:
    """Return the version that counts of each article: the whole one added last, else the one added last."""
    by_article: defaultdict[str, list[_Version]] = defaultdict(list)
    for version in versions:
        by_article[version.info.id].append(version)
    best = [max(each, key=lambda version: (version.is_whole, version.info.added)) for each in by_article.values()]
    return sorted(best, key=lambda version: version.info.name)


def _encoder_findings(store: PassageStore, encoder: Encoder, sample: list[StoredPassage]) -> Iterator[Finding]:
    now = encoder.identity
    if store.identity != now:
        fault = (
            f"built with {store.identity.name} ({store.identity.weights}), the settings name {now.name} ({now.weights})"
        )
        yield Finding("encoder", "", fault, "set QA_ENCODER back, or python -m ingest --rebuild")
    elif sample:
        expected = encoder.encode_passages([stored.passage.indexed_text for stored in sample])
        other = [
            stored.passage.article.name
            for stored, vector in zip(sample, expected, strict=True)
            if _cosine(stored.vector, vector) < _SAME_COSINE
        ]
        if other:
            fault = (
                f"{len(other)} of {len(sample)} passages compared have vectors of another model, first in {other[0]}"
            )
            yield Finding("encoder", "", fault, f"{_REPAIR} encodes all passages again")


def _cosine(one: Vectors, other: Vectors) -> float:
    return float(one @ other) / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-12)


def _foreign(count: int) -> Iterator[Finding]:
    if count:
        yield Finding("orphan", "", f"{count} entries are not passages", f"{_REPAIR} deletes them")


def _orphan(version: _Version) -> Finding:
    count = version.positions.total()
    fault = f"{count} passages of a version that was replaced, or never stored whole"
    return Finding("orphan", version.info.name, fault, f"{_REPAIR} deletes them")


def _of_article(version: _Version) -> Iterator[Finding]:
    info = version.info
    if not version.is_whole:
        there = len([position for position in version.positions if position < info.passage_count])
        fault = f"{there} of its {info.passage_count} passages are there"
        yield Finding("torn", info.name, fault, f"add the file {info.source} again: python -m ingest PATH")
    if version.without_vector:
        fault = f"{version.without_vector} passages have no vector"
        yield Finding("vector", info.name, fault, f"{_REPAIR} encodes them again")
    if version.without_words:
        fault = f"{version.without_words} passages cannot be found by all of their words"
        yield Finding("words", info.name, fault, f"{_REPAIR} indexes them again")
    if version.garbled > _GARBLED_SHARE:
        mend = f"delete it, save {info.source} as UTF-8 and add it again, if it looks wrong on the page"
        yield Finding("mojibake", info.name, "its characters seem to be read in a wrong encoding", mend)


def _duplicates(versions: Iterable[_Version]) -> Iterator[Finding]:
    first: dict[tuple[bytes, ...], str] = {}
    for version in versions:
        text = tuple(digest for _, digest in sorted(version.digests.items()))
        other = first.setdefault(text, version.info.name)
        if other != version.info.name:
            mend = f"python -m ingest --delete {version.info.name!r}"
            yield Finding("duplicate", version.info.name, f"has the same text as {other}", mend)
