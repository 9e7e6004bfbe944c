"""The library: articles as passages in a Qdrant collection, whichever form Qdrant has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from retrieval.bm25 import SparseVector
from retrieval.errors import LibraryError
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
from retrieval.store.backend import Backend, Payload, Where
from retrieval.store.identity import require_same
from retrieval.store.kept import Kept
from retrieval.store.payloads import StoredPassage, to_article, to_passage, to_point, to_ranking, to_stored

# Points in one write: the engine writes an operation whole or not at all.
_WRITE_SIZE = 1000


class PassageStore:
    """Keeps articles and finds passages; opening with another encoder raises EncoderMismatch.

    An article is replaced by writing its new version whole before the old one is deleted. If that
    is interrupted, opening an embedded library (or adding the article again) finishes or undoes it.
    """

    def __init__(self, backend: Backend, identity: EncoderIdentity) -> None:
        self._backend = backend
        self.identity = identity
        self._kept = Kept(backend.changes)
        self._euclidean = identity.distance == "euclid"
        self._claimed: dict[str, object] = {}
        stored = backend.identity()
        if stored is None:
            backend.create(identity)
            stored = backend.identity()  # on a server another process may have made it in the meantime
        if stored is not None:
            require_same(stored, identity)
        if backend.repairs:
            self._repair()

    def require(self, identity: EncoderIdentity) -> None:
        """Raise EncoderMismatch unless the library, opened as it was built, is this encoder's."""
        require_same(self.identity, identity)

    def replace_article(self, passages: Sequence[Passage], vectors: Sequence[Vectors]) -> None:
        """Store an article, one vector (dimension,) per passage, then drop its older version.

        Of a version that can't be written to its end nothing stays, unless the library can't be reached for that.
        """
        article = passages[0].article
        try:
            self.write(passages, vectors)
        except LibraryError:
            with suppress(LibraryError):
                self._delete_versions([article.version])
            raise
        others = Where(any_of={"article_id": [article.id]}, none_of={"version": [article.version]})
        if self._backend.count(others):
            self._backend.delete(others)

    def claim(self, source: str, run: object) -> bool:
        """Take a file for a run of adding, until it is released; False if another run of this process has it.

        Two at once would each delete what the other wrote.
        """
        return self._claimed.setdefault(source, run) is run

    def release(self, sources: Collection[str]) -> None:
        """Give files back that were claimed."""
        for source in sources:
            del self._claimed[source]

    def write(self, passages: Sequence[Passage], vectors: Sequence[Vectors]) -> None:
        """Store passages, one vector (dimension,) each, beside whatever is there."""
        points = [to_point(passage, vectors[row].tolist()) for row, passage in enumerate(passages)]
        for start in range(0, len(points), _WRITE_SIZE):
            self._backend.upsert(points[start : start + _WRITE_SIZE])

    def keep_versions(self, counts: Mapping[str, int]) -> bool:
        """Delete what is of no version named; tell whether each that is named then has its number of passages."""
        self._delete_versions(version for version in self._backend.facet("version", Where()) if version not in counts)
        return self._backend.facet("version", Where()) == counts

    def delete_except(self, versions: Collection[str]) -> None:
        """Delete whatever is of none of these versions, points that are no passages among them."""
        self._backend.delete(Where(none_of={"version": list(versions)}))

    def stored(self) -> Iterator[StoredPassage | None]:
        """Yield everything in the library in the order of the ids, None for what is no passage."""
        return map(to_stored, self._backend.points())

    def delete_articles(self, article_ids: Collection[str]) -> None:
        """Delete articles from every index, in one step: all of them or none; nothing happens for other ids."""
        if article_ids:
            self._backend.delete(Where(any_of={"article_id": list(article_ids)}))

    def delete_source_except(self, source: str, kept_ids: Collection[str]) -> list[str]:
        """Delete a file's articles other than those kept; return the deleted names."""
        entries = self._first_passages(Where(any_of={"source": [source]}))
        gone = [entry for entry in entries if entry.id not in kept_ids]
        self.delete_articles([entry.id for entry in gone])
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
        return list(self._kept.read("articles", self._by_title))

    def passages(self, article_id: str) -> list[Passage]:
        """Return an article's passages in reading order."""
        payloads = self._backend.scroll(Where(any_of={"article_id": [article_id]}))
        return sorted(map(to_passage, payloads), key=lambda passage: passage.position)

    def language_counts(self) -> dict[Language, int]:
        """Return the number of passages in each language that has any."""
        counts = self._kept.read("languages", lambda: self._backend.facet("language", Where()))
        return {language: counts[language] for language in LANGUAGES if language in counts}

    def passage_count(self) -> int:
        """Return the number of passages."""
        return self._kept.read("passages", lambda: self._backend.count(Where()))

    def index(self) -> None:
        """Let the engine index what is new, if that is much; searches and writing go on."""
        self._backend.index()

    def settle(self) -> None:
        """Wait for the index that is being made; LibraryError if it could not be made."""
        self._backend.settle()

    def nearest(self, vector: Vectors, limit: int, selection: Selection) -> tuple[ScoredPassage, ...]:
        """Return the passages nearest to a question's vector (dimension,), best first."""
        found = self._backend.nearest(vector.tolist(), limit, Where.of(selection))
        # A Euclidean distance is smaller for better passages.
        return to_ranking(found, sign=-1.0 if self._euclidean else 1.0)

    def matching(
        self, terms: Mapping[Language, SparseVector], limit: int, selection: Selection
    ) -> tuple[ScoredPassage, ...]:
        """Return the passages that share a term with a question by BM25, best first.

        `terms` are those to match in each language (`translations.question_terms`). Up to `limit` in each language:
        counted together, those in the question's own language would leave no place for what is found in another.
        """
        found: list[tuple[Payload, float]] = []
        for language in selection.languages or LANGUAGES:
            if terms[language].indices:
                chosen = Where.of(Selection((language,), selection.article_ids))
                found += self._backend.matching(terms[language], limit, chosen)
        return to_ranking(found)

    def successor(self, identity: EncoderIdentity) -> PassageStore:
        """Open the library that a rebuild for this encoder fills; what a stopped one wrote is in it."""
        return PassageStore(self._backend.successor(identity), identity)

    def drop_successor(self) -> None:
        """Delete what an unfinished rebuild left."""
        self._backend.drop_successor()

    def take_over(self) -> None:
        """Put this successor in its library's place, in one step, and delete the library that was there."""
        self._backend.take_over()

    def articles_with(self, terms: SparseVector, limit: int, selection: Selection) -> int:
        """Return how many articles contain one of these terms, looking at no more than `limit` passages."""
        found = self._backend.matching(terms, limit, Where.of(selection))
        return len({payload["article_id"] for payload, _ in found})

    def close(self) -> None:
        """Release the library."""
        self._backend.close()

    def _by_title(self) -> list[ArticleInfo]:
        return sorted(self._first_passages(Where()), key=lambda article: (article.title.casefold(), article.name))

    def _first_passages(self, where: Where) -> list[ArticleInfo]:
        first = Where(any_of={**where.any_of, "position": [0]})
        return [to_article(payload) for payload in self._backend.scroll(first)]

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
        self._delete_versions(version for version in counts if version not in kept)

    def _delete_versions(self, versions: Iterable[str]) -> None:
        gone = list(versions)
        if gone:
            self._backend.delete(Where(any_of={"version": gone}))
