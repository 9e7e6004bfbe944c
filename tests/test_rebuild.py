"""A library encoded again for another encoder, over both of Qdrant's forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from conftest import IDENTITY, LetterEncoder, OpenStore, make_article, put

from ingest.pipeline import InputFile, ingest_files
from ingest.rebuild import RebuildProgress, RebuildReport, rebuild_library
from retrieval.errors import LibraryError
from retrieval.passages import EncoderIdentity, Passage, Selection, Vectors
from retrieval.store.passage_store import PassageStore
from tests.samples import sample_files

EUCLIDEAN = replace(IDENTITY, name="metres", distance="euclid")
COSINE = replace(IDENTITY, name="angles", distance="cosine")
TABLE = "id,title,text\n1,Tea,A drink.\n2,Bees,They fly. They dance.\n"
POEM = "# One\n\nA line\nand a line. Then more.\n\n## Two\n\nShort.\n\n## Three\n\nabc " + "word, " * 80 + "end."
Q = np.array([2, 1, 0], np.float32)


class QuarterEncoder(LetterEncoder):
    """Takes four characters, or what is left of them, for a token."""

    def __init__(self, identity: EncoderIdentity, max_tokens: int = 1000) -> None:
        super().__init__(max_tokens)
        self.identity = identity
        self.encoded: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return a quarter of the characters."""
        return [(len(text) + 3) // 4 for text in texts]

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the letter counts."""
        self.encoded += texts
        return super().encode_passages(texts)


class StoppedEncoder(QuarterEncoder):
    """Stops the program at its second batch."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the letter counts, twice."""
        if len(self.encoded) >= 128:
            raise KeyboardInterrupt
        return super().encode_passages(texts)


def file(name: str, text: str) -> InputFile:
    """Return a file to add."""
    return InputFile(name, len(text), text.encode)


def files() -> list[InputFile]:
    """Return a sample in each language, a table and a text with every kind of gap."""
    samples = [sample for sample in sample_files() if sample.name.startswith("tea.")]
    assert len(samples) == 3
    return [*samples, file("table.csv", TABLE), file("poem.md", POEM)]


def timeless(passage: Passage) -> Passage:
    """Return the passage as if added at no time."""
    return replace(passage, article=replace(passage.article, added=""))


def contents(store: PassageStore) -> dict[str, list[Passage]]:
    """Return every article's passages."""
    return {article.name: list(map(timeless, store.passages(article.id))) for article in store.articles()}


def found(store: PassageStore) -> list[tuple[Passage, float]]:
    """Return all passages by their distance to a question."""
    return [(timeless(hit.passage), hit.score) for hit in store.nearest(Q, 999, Selection())]


def rebuild(old: PassageStore, encoder: QuarterEncoder) -> RebuildReport:
    """Encode a library again and put it in its place."""
    new = old.successor(encoder.identity)
    report = rebuild_library(old, new, encoder)
    new.take_over()
    new.close()
    return report


@pytest.mark.parametrize(("limit", "other_limit"), [(1000, 1000), (1000, 30), (30, 1000)])
def test_a_rebuild_equals_adding_the_files(open_library: OpenStore, limit: int, other_limit: int) -> None:
    """Passage for passage and score for score; the time of adding stays; adding again changes nothing."""
    first, second = QuarterEncoder(COSINE, limit), QuarterEncoder(EUCLIDEAN, other_limit)
    store = open_library(COSINE)
    ingest_files(files(), first, store)
    times = {article.name: article.added for article in store.articles()}
    report = rebuild(store, second)
    store = open_library(EUCLIDEAN)
    rebuilt, ranking = contents(store), found(store)
    assert {article.name: article.added for article in store.articles()} == times
    assert report == RebuildReport(6, len(second.encoded), 0, ())
    again = ingest_files(files(), second, store)
    assert sum((report.outcomes for report in again), start=type(again[0].outcomes)()) == {"unchanged": 6}
    for article in store.articles():
        store.delete_articles([article.id])
    ingest_files(files(), second, store)
    assert (rebuilt, ranking) == (contents(store), found(store))


def test_there_and_back(open_library: OpenStore) -> None:
    """Cosine, Euclidean, cosine: the ranking changes and comes back, with a smaller passage between."""
    store = open_library(COSINE)
    ingest_files(files(), QuarterEncoder(COSINE), store)
    before = contents(store), found(store)
    rebuild(store, QuarterEncoder(EUCLIDEAN, 30))
    store = open_library(EUCLIDEAN)
    assert store.passage_count() > len(before[1])
    assert all(score <= 0 for _, score in found(store))
    rebuild(store, QuarterEncoder(COSINE))
    store = open_library(COSINE)
    assert (contents(store), found(store)) == before


def test_a_stopped_rebuild_goes_on(open_library: OpenStore) -> None:
    """The old library opens meanwhile; only the batch that was lost is encoded again, also within one article."""
    long = file("long.txt", " ".join(f"Sentence {number} is {'abc' * 40}." for number in range(200)))
    old = open_library(COSINE)
    ingest_files([long, *files()], QuarterEncoder(COSINE), old)
    before = contents(old)
    new = old.successor(EUCLIDEAN)
    stopped = StoppedEncoder(EUCLIDEAN, 60)
    with pytest.raises(KeyboardInterrupt):
        rebuild_library(old, new, stopped)
    new.close()
    assert len(stopped.encoded) == 128
    old = open_library(COSINE)
    assert contents(old) == before
    encoder = QuarterEncoder(EUCLIDEAN, 60)
    report = rebuild(old, encoder)
    assert (report.kept, report.encoded) == (128, len(encoder.encoded))
    assert not set(encoder.encoded) & set(stopped.encoded)
    assert open_library(EUCLIDEAN).passage_count() == 128 + len(encoder.encoded)


def test_what_another_rebuild_left_is_dropped(open_library: OpenStore) -> None:
    """A rebuild for a third encoder starts from nothing, and giving up leaves nothing either."""
    old = open_library(COSINE)
    ingest_files(files(), QuarterEncoder(COSINE), old)
    new = old.successor(EUCLIDEAN)
    rebuild_library(old, new, QuarterEncoder(EUCLIDEAN))
    new.close()
    new = old.successor(IDENTITY)
    assert new.passage_count() == 0
    new.close()
    old.drop_successor()
    new = old.successor(IDENTITY)
    assert rebuild_library(old, new, QuarterEncoder(IDENTITY)).kept == 0
    new.close()


def test_changes_during_a_rebuild_are_followed(open_library: OpenStore) -> None:
    """An article added, one changed and one deleted after they were copied are so in the new library."""
    encoder, other = QuarterEncoder(COSINE), QuarterEncoder(EUCLIDEAN)
    old = open_library(COSINE)
    ingest_files(files(), encoder, old)
    new = old.successor(EUCLIDEAN)
    changes = [[file("poem.md", "Another poem."), file("new.txt", "New.")], [file("table.csv", TABLE[:-29])]]

    def change(progress: RebuildProgress) -> None:
        if progress.encoded and changes:
            ingest_files(changes.pop(0), encoder, old)

    report = rebuild_library(old, new, other, change)
    assert report.articles == 6
    assert contents(new)["poem.md"][0].text == "Another poem."
    assert sorted(contents(new)) == ["new.txt", "poem.md", "table.csv#1", "tea.en.md", "tea.fr.md", "tea.zh.md"]
    assert new.passage_count() == sum(map(len, contents(new).values()))
    new.close()


def test_an_article_without_all_its_passages_is_named(open_library: OpenStore) -> None:
    """It is left out, and the rest goes on."""
    old = open_library(COSINE)
    put(old, make_article("torn", "a", "b")[:1])
    ingest_files([file("whole.txt", "Whole.")], QuarterEncoder(COSINE), old)
    new = old.successor(EUCLIDEAN)
    assert rebuild_library(old, new, QuarterEncoder(EUCLIDEAN)) == RebuildReport(1, 1, 0, ("torn",))
    assert list(contents(new)) == ["whole.txt"]
    new.close()


def test_a_library_of_an_earlier_version(open_library: OpenStore) -> None:
    """Where what stands between passages was not kept, the message says to add the files again."""
    old = open_library(COSINE)
    put(old, make_article("early", "a", "b"))
    new = old.successor(EUCLIDEAN)
    with pytest.raises(LibraryError, match=r"^early was added.*add the files again"):
        rebuild_library(old, new, QuarterEncoder(EUCLIDEAN))
    new.close()


def test_a_lost_passage_is_noticed(open_library: OpenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that is not whole never takes the place of the old one."""
    old = open_library(COSINE)
    ingest_files(files(), QuarterEncoder(COSINE), old)
    new = old.successor(EUCLIDEAN)
    write = PassageStore.write
    monkeypatch.setattr(PassageStore, "write", lambda store, passages, vectors: write(store, passages[1:], vectors[1:]))
    with pytest.raises(LibraryError, match="Run it again"):
        rebuild_library(old, new, QuarterEncoder(EUCLIDEAN))
    new.close()
