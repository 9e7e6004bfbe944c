"""The library: articles as passages in a Qdrant collection, whichever form Qdrant has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from retrieval.bm25 import passage_vector, question_vector, token_vector
from retrieval.errors import EncoderMismatch
from retrieval.passages import (
    LANGUAGES,
    ArticleInfo,
    EncoderIdentity,
    Language,
    Passage,
    ScoredPassage,
    Selection,
    Vectors,
)
from retrieval.store.backend import Backend, Payload, Point, Where

# Points in one write: the engine writes an operation whole or not at all.
_WRITE_SIZE = 1000


class PassageStore:
    """Keeps articles and finds passages; opening with another encoder raises EncoderMismatch.

    An article is replaced by writing its new version whole before the old one is deleted. If that
    is interrupted, opening an embedded library (or adding the article again) finishes or undoes it.
    """

    def __init__(self, backend: Backend, identity: EncoderIdentity) -> None:
        self._backend = backend
        self._euclidean = identity.distance == "euclid"
        stored = backend.identity()
        if stored is None:
            backend.create(identity)
        elif stored != identity:
            raise EncoderMismatch(
                f"This library was built with the encoder {_describe(stored)}, and the settings name "
                f"{_describe(identity)}: their vectors cannot be compared. Either set QA_ENCODER back, or rebuild: set "
                "QA_LIBRARY (for a server, QA_COLLECTION) to a new name and add your files again with python -m ingest."
            )
        elif backend.exclusive:
            self._repair()

    def replace_article(self, passages: Sequence[Passage], vectors: Sequence[Vectors]) -> None:
        """Store an article, one vector (dimension,) per passage, then drop its older version."""
        article = passages[0].article
        points = [_to_point(passage, vectors[row].tolist()) for row, passage in enumerate(passages)]
        for start in range(0, len(points), _WRITE_SIZE):
            self._backend.upsert(points[start : start + _WRITE_SIZE])
        others = Where(any_of={"article_id": [article.id]}, none_of={"version": [article.version]})
        if self._backend.count(others):
            self._backend.delete(others)

    def delete_article(self, article_id: str) -> None:
        """Delete an article from every index; nothing happens if it isn't there."""
        self._backend.delete(Where(any_of={"article_id": [article_id]}))

    def delete_source_except(self, source: str, kept_ids: Collection[str]) -> list[str]:
        """Delete a file's articles other than those kept; return the deleted names."""
        entries = self._first_passages(Where(any_of={"source": [source]}))
        gone = [entry for entry in entries if entry.id not in kept_ids]
        for entry in gone:
            self.delete_article(entry.id)
        return sorted(entry.name for entry in gone)

    def has_version(self, article_id: str, version: str) -> bool:
        """Tell whether exactly this version of an article is stored, whole and alone."""
        of_article = Where(any_of={"article_id": [article_id]})
        versions = self._backend.facet("version", of_article)
        first = self._first_passages(of_article)
        return len(first) == 1 and versions == {version: first[0].passage_count}

    def has_article(self, article_id: str) -> bool:
        """Tell whether any version of an article is stored."""
        return self._backend.count(Where(any_of={"article_id": [article_id]})) > 0

    def articles(self) -> list[ArticleInfo]:
        """Return every article, by title."""
        return sorted(self._first_passages(Where()), key=lambda article: (article.title.casefold(), article.name))

    def passages(self, article_id: str) -> list[Passage]:
        """Return an article's passages in reading order."""
        payloads = self._backend.scroll(Where(any_of={"article_id": [article_id]}))
        return sorted(map(_to_passage, payloads), key=lambda passage: passage.position)

    def language_counts(self) -> dict[Language, int]:
        """Return the number of passages in each language that has any."""
        counts = self._backend.facet("language", Where())
        return {language: counts[language] for language in LANGUAGES if language in counts}

    def passage_count(self) -> int:
        """Return the number of passages."""
        return self._backend.count(Where())

    def nearest(self, vector: Vectors, limit: int, selection: Selection) -> tuple[ScoredPassage, ...]:
        """Return the passages nearest to a question's vector (dimension,), best first."""
        found = self._backend.nearest(vector.tolist(), limit, _where(selection))
        # A Euclidean distance is smaller for better passages.
        return _ranked(found, sign=-1.0 if self._euclidean else 1.0)

    def matching(self, question: str, limit: int, selection: Selection) -> tuple[ScoredPassage, ...]:
        """Return the passages that share a word with a question by BM25, best first.

        Up to `limit` in each language: counted together, those in the question's own language would
        leave no place for a name or number found in another.
        """
        terms = question_vector(question)
        if not terms.indices:
            return ()
        found: list[tuple[Payload, float]] = []
        for language in selection.languages or LANGUAGES:
            chosen = _where(Selection((language,), selection.article_ids))
            found += self._backend.matching(terms, limit, chosen)
        return _ranked(found)

    def articles_with(self, token: str, limit: int = 1000) -> int:
        """Return how many articles contain a token of the words, looking at no more than `limit` passages."""
        found = self._backend.matching(token_vector(token), limit, Where())
        return len({payload["article_id"] for payload, _ in found})

    def close(self) -> None:
        """Release the library."""
        self._backend.close()

    def _first_passages(self, where: Where) -> list[ArticleInfo]:
        first = Where(any_of={**where.any_of, "position": [0]})
        return [_to_article(payload) for payload in self._backend.scroll(first)]

    def _repair(self) -> None:
        """Finish or undo a replacement that was interrupted.

        A version is whole if as many passages are stored as its first one says; of two whole versions
        the one added last stays.
        """
        counts = self._backend.facet("version", Where())
        whole: dict[str, ArticleInfo] = {}
        for article in sorted(self._first_passages(Where()), key=lambda article: article.added):
            if counts.get(article.version) == article.passage_count:
                whole[article.id] = article
        kept = {article.version for article in whole.values()}
        torn = [version for version in counts if version not in kept]
        if torn:
            self._backend.delete(Where(any_of={"version": torn}))


def _describe(identity: EncoderIdentity) -> str:
    return f"{identity.name} ({identity.dimension} dimensions, {identity.distance}, weights {identity.weights})"


def _where(selection: Selection) -> Where:
    fields = {"language": selection.languages, "article_id": selection.article_ids}
    return Where(any_of={key: values for key, values in fields.items() if values})


def _ranked(found: list[tuple[Payload, float]], sign: float = 1.0) -> tuple[ScoredPassage, ...]:
    """Convert the engine's hits; ties are put in a fixed order, since the engine's is by chance."""
    hits = [ScoredPassage(_to_passage(payload), sign * score) for payload, score in found]
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.passage.article.name, hit.passage.position)))


def _to_point(passage: Passage, dense: list[float]) -> Point:
    article = {key: value for key, value in asdict(passage.article).items() if key != "id"}
    payload = {
        **article,
        "article_language": passage.article.language,
        "article_id": passage.article.id,
        "id": passage.id,
        "position": passage.position,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "language": passage.language,
        "heading": passage.heading,
    }
    return Point(passage.id, dense, passage_vector(passage.indexed_text), payload)


def _to_article(payload: Payload) -> ArticleInfo:
    return ArticleInfo(
        id=payload["article_id"],
        source=payload["source"],
        name=payload["name"],
        title=payload["title"],
        language=payload["article_language"],
        version=payload["version"],
        passage_count=payload["passage_count"],
        added=payload["added"],
    )


def _to_passage(payload: Payload) -> Passage:
    fields: dict[str, Any] = {key: payload[key] for key in _PASSAGE_FIELDS}
    return Passage(article=_to_article(payload), **fields)


_PASSAGE_FIELDS = ("id", "position", "start", "end", "text", "language", "heading")
