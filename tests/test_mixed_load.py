"""Sixteen people ask while two upload and one deletes: no error, no wrong article, no memory kept."""

from __future__ import annotations

import ctypes
import gc
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from ingest.pipeline import InputFile, ingest_files
from retrieval.errors import ArticleError
from retrieval.search import Models, Searcher
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

ASKERS, UPLOADERS = 16, 2
_SYLLABLES = (
    "bra",
    "dul",
    "fen",
    "gor",
    "hix",
    "jom",
    "kez",
    "lup",
    "mav",
    "nid",
    "pov",
    "quz",
    "rek",
    "sut",
    "tiw",
    "vax",
)
_SENTENCES = (
    "The {word} lighthouse was built in {year} by a keeper who loved bees.",
    "Le phare de {word} fut construit en {year} par un gardien qui aimait les abeilles.",
    "{word} 灯塔建于 {year} 年，守塔人喜欢养蜜蜂。",
)


def word(number: int) -> str:
    """Return a word that stands in one article only."""
    return f"{_SYLLABLES[number % 16]}{_SYLLABLES[number // 16 % 16]}{_SYLLABLES[number * 7 % 16]}o".capitalize()


def article(name: str, of: str, year: int) -> InputFile:
    """Return a file about a word, in one of three languages."""
    text = _SENTENCES[year % 3].format(word=of, year=year)
    return InputFile(name, len(text), text.encode)


def resident() -> int:
    """Return the bytes of memory this process holds for itself, once what is free has been given back."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    lines = Path("/proc/self/status").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


class Load:
    """A library under load; `faults` fills with what went wrong."""

    def __init__(self, store: PassageStore, models: Models) -> None:
        self.store, self.models = store, models
        self.searcher = Searcher(store, models)
        self.over = Event()
        self._chance = random.Random(0)
        self.faults: list[str] = []
        self.done = {"asked": 0, "uploaded": 0, "deleted": 0}
        fixed = [article(f"fixed {number}.txt", word(number), 1800 + number) for number in range(ASKERS)]
        self._upload(fixed)

    def _upload(self, files: list[InputFile]) -> None:
        reports = ingest_files(files, self.models.encoder, self.store)
        self.faults += [str(failure) for report in reports for failure in report.failures]

    def ask(self, number: int) -> None:
        """Ask for a word; the article that has it must be first."""
        # All but the year: the models do not know such words, and without the rest would find other lighthouses nearer.
        result = self.searcher.search(_SENTENCES[number % 3].format(word=word(number), year=""), 5)
        if not result.hits or result.hits[0].passage.article.name != f"fixed {number}.txt":
            self.faults.append(f"{word(number)}: {[hit.passage.article.name for hit in result.hits]}")
        self.done["asked"] += 1

    def upload(self, number: int) -> None:
        """Add new articles and replace older ones, those that the other one deletes among them."""
        year = self._chance.randrange(1000, 1800)
        files = [article(f"{number} {self._chance.randrange(20)}.txt", f"Zeb{number}", year)]
        self._upload(files)
        self.done["uploaded"] += 1

    def delete(self, _: int) -> None:
        """Delete what was uploaded."""
        gone = [one.id for one in self.store.articles() if not one.name.startswith("fixed")]
        self.store.delete_articles(gone[: len(gone) // 2])
        self.done["deleted"] += 1
        self.over.wait(0.2)

    def run(self, seconds: float) -> None:
        """Let all of them work, everyone at least once."""
        self.over.clear()
        acts: list[tuple[Callable[[int], None], int]] = [(self.ask, number) for number in range(ASKERS)]
        acts += [(self.upload, number) for number in range(UPLOADERS)] + [(self.delete, 0)]
        threads = [Thread(target=self._repeat, args=act) for act in acts]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.over.set()
        for thread in threads:
            thread.join()

    def _repeat(self, act: Callable[[int], None], number: int) -> None:
        try:
            act(number)
            while not self.over.is_set():
                act(number)
        except BaseException as error:
            self.faults.append(repr(error))


@pytest.fixture
def load(bundled_models: Models, tmp_path: Path) -> Iterator[Load]:
    """Give a library with an article for every asker."""
    with closing(PassageStore(EdgeBackend(tmp_path / "library"), bundled_models.encoder.identity)) as store:
        yield Load(store, bundled_models)


def test_everyone_at_once(load: Load) -> None:
    """The quick share: nothing goes wrong."""
    load.run(0)
    assert load.faults == []
    assert load.done["asked"] >= ASKERS
    assert min(load.done.values()) > 0


@pytest.mark.torture
def test_five_minutes(load: Load, capsys: pytest.CaptureFixture[str]) -> None:
    """Memory ends within 10 % of where it was after the first half minute, which fills the caches."""
    load.run(30)
    before = resident()
    load.run(300)
    after = resident()
    with capsys.disabled():
        print(f"\nmixed load: {load.done}, memory {before / 1e6:.0f} MB, then {after / 1e6:.0f} MB")  # noqa: T201
    assert load.faults == []
    assert after <= before * 1.1


def test_one_file_from_two_people(load: Load) -> None:
    """The second is told to wait while the first is at it; it could lose what both wrote."""
    second = []

    def read() -> bytes:
        (report,) = ingest_files([article("same.txt", "Zebo", 1)], load.models.encoder, load.store)
        second.extend(report.failures)
        return b"The first one."

    ingest_files([InputFile("same.txt", 14, read)], load.models.encoder, load.store)
    (failure,) = second
    assert isinstance(failure, ArticleError)
    assert failure.reason == "is being added by someone else just now: wait a moment, then add it again"
    assert [one.name for one in load.store.articles() if not one.name.startswith("fixed")] == ["same.txt"]
    (report,) = ingest_files([article("same.txt", "Zebo", 1)], load.models.encoder, load.store)
    assert report.outcomes == {"replaced": 1}
