"""From one encoder's library to another's: the stored text, split and encoded again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ingest.articles import Article
from ingest.pipeline import ENCODE_SIZE
from ingest.split import split_article
from retrieval.article_text import article_text
from retrieval.errors import LibraryError
from retrieval.passages import ArticleInfo, Encoder, Passage
from retrieval.store.passage_store import PassageStore


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """How far a rebuild is: passages of the old library done, passages encoded for the new one."""

    done: int
    encoded: int


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild did: articles, passages encoded and those a stopped rebuild had; the names left out."""

    articles: int
    encoded: int
    kept: int
    torn: tuple[str, ...]


def rebuild_library(
    old: PassageStore,
    new: PassageStore,
    encoder: Encoder,
    on_progress: Callable[[RebuildProgress], object] = lambda progress: None,
) -> RebuildReport:
    """Fill `new` with the articles of `old`, passage for passage as if their files were added with this encoder.

    Passages that `new` has are not encoded again, so a stopped run loses at most a batch. Articles changed in `old`
    meanwhile are followed; one without all its passages is left out and named. LibraryError if `new` is not whole
    in the end, or `old` is too old.
    """
    run = _Run(old, new, encoder, on_progress)
    while True:
        listed = sorted(old.articles(), key=lambda article: article.added)
        found = [run.copy(article) for article in listed if (article.id, article.version) not in run.copies]
        run.write(whole_batches=False)
        if not any(found):
            break
    # Of two versions the one added last counts, as in a repair.
    copies = {article.id: run.copies[key] for article in listed if (key := (article.id, article.version)) in run.copies}
    if not new.keep_versions({copy.version: copy.passage_count for copy in copies.values()}):
        raise LibraryError("The rebuilt library lacks passages, so the old one stays. Run it again.")
    torn = tuple(sorted({article.name for article in listed if article.id not in copies}))
    return RebuildReport(len(copies), run.encoded, run.kept, torn)


class _Run:
    def __init__(
        self,
        old: PassageStore,
        new: PassageStore,
        encoder: Encoder,
        on_progress: Callable[[RebuildProgress], object],
    ) -> None:
        self._old, self._new, self._encoder, self._on_progress = old, new, encoder, on_progress
        self._waiting: list[Passage] = []
        self._done = 0
        self.encoded = self.kept = 0
        self.copies: dict[tuple[str, str], ArticleInfo] = {}  # the new article by the old one's id and version

    def copy(self, article: ArticleInfo) -> bool:
        """Split an article of the old library; tell whether it is whole there."""
        stored = [passage for passage in self._old.passages(article.id) if passage.article.version == article.version]
        if len(stored) != article.passage_count:
            return False
        passages = split_article(whole_article(stored), self._encoder.count_tokens, self._encoder.max_tokens)
        info = replace(passages[0].article, added=article.added)
        there = {passage.id for passage in self._new.passages(article.id)}
        missing = [replace(passage, article=info) for passage in passages if passage.id not in there]
        self._waiting += missing
        self.kept += len(passages) - len(missing)
        self._done += article.passage_count
        self.copies[article.id, article.version] = info
        self.write()
        return True

    def write(self, whole_batches: bool = True) -> None:
        """Encode and store what waits; what is left of a batch waits on, unless asked not to."""
        while len(self._waiting) >= (ENCODE_SIZE if whole_batches else 1):
            batch, self._waiting = self._waiting[:ENCODE_SIZE], self._waiting[ENCODE_SIZE:]
            self._new.write(batch, list(self._encoder.encode_passages([passage.indexed_text for passage in batch])))
            self.encoded += len(batch)
            self._on_progress(RebuildProgress(self._done, self.encoded))
        self._on_progress(RebuildProgress(self._done, self.encoded))


def whole_article(passages: Sequence[Passage]) -> Article:
    """Return an article from all its passages in reading order."""
    info = passages[0].article
    if any(passage.before is None for passage in passages):
        raise LibraryError(
            f"{info.name} was added by an earlier version, which did not keep what stands between its passages. Set "
            "QA_ENCODER to the library's encoder, add the files again with python -m ingest PATH, then rebuild."
        )
    headings = tuple(span for passage in passages for span in passage.headings)
    return Article(info.source, info.name, info.title, article_text(passages), headings, info.shared_id)
