"""A library on a Qdrant server that stumbles: every request ends in success or a clear error, and nothing is torn."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing

import numpy as np
import pytest
import streamlit as st
from conftest import IDENTITY, FirstWordReader, LetterEncoder, OverlapReranker, asked, make_article, put
from qdrant_server import Fault, QdrantServer, serving
from streamlit.testing.v1 import AppTest

from retrieval.errors import LibraryAway, LibraryError
from retrieval.passages import Passage, Selection
from retrieval.search import Models
from retrieval.settings import Settings
from retrieval.store import opening, uploading
from retrieval.store.opening import open_store
from retrieval.store.passage_store import PassageStore
from tests.samples import ROOT
from ui.resources import open_resources, settings

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
    pytest.mark.filterwarnings("ignore:Failed to obtain server version:UserWarning"),
]
SEED = int(os.environ.get("TORTURE_SEED") or time.time_ns() % 10**6)
FAULTS: tuple[Fault, ...] = ("reset", "lost", "cut", "truncated", "429", "500", "503")
AWAY = "The Qdrant server cannot be reached, or is overloaded"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the pauses made, which take no time; the client waits a second for an answer."""
    made: list[float] = []
    monkeypatch.setattr(uploading, "sleep", made.append)
    monkeypatch.setattr(opening, "_TIMEOUT_SECONDS", 1)
    return made


@pytest.fixture
def server(pauses: list[float]) -> Iterator[QdrantServer]:
    """Give a server that runs."""
    with serving() as running:
        yield running


def opened(server: QdrantServer) -> PassageStore:
    """Open the library on the server."""
    return open_store(Settings(qdrant_url=server.address), IDENTITY)


def faulty(server: QdrantServer, *faults: Fault) -> None:
    """Let the next requests go wrong in this way, one each."""
    left = list(faults)
    server.next_fault = lambda: left.pop(0) if left else ""


@pytest.mark.parametrize("fault", [*FAULTS, "slow"])
def test_what_passes_is_not_seen(server: QdrantServer, pauses: list[float], fault: Fault) -> None:
    """Opening, writing, replacing, reading and deleting succeed over a fault each, and are done once."""
    faulty(server, "" if fault == "slow" else fault)
    with closing(opened(server)) as store:
        old, new = make_article("one", "a bee"), make_article("one", "a fly", "b", version="2")
        for article in (old, new):
            faulty(server, fault)
            put(store, article)
        faulty(server, "" if fault == "slow" else fault)
        assert store.passages(new[0].article.id) == new
        faulty(server, "" if fault == "slow" else fault)
        (hit, *_) = store.matching(asked("fly"), 5, Selection())
        assert (hit.passage, store.passage_count()) == (new[0], 2)
        faulty(server, fault)
        store.delete_articles([new[0].article.id])
        assert store.articles() == []
    assert set(pauses) == ({7.0} if fault in ("429", "503") else {0.5})


def test_a_read_that_takes_too_long_is_not_repeated(server: QdrantServer, pauses: list[float]) -> None:
    """Somebody waits for it."""
    with closing(opened(server)) as store:
        faulty(server, "slow")
        with pytest.raises(LibraryAway, match=f"{AWAY} .*timed out"):
            store.passage_count()
    assert pauses == []


@pytest.mark.parametrize("count", [3, 600])
def test_what_fails_to_the_end_leaves_nothing(server: QdrantServer, pauses: list[float], count: int) -> None:
    """A write that fails five times is an error; the older version is there, and nothing of the newer one."""
    with closing(opened(server)) as store:
        old = make_article("one", "a old")
        put(store, old)
        writes = Counter[str]()

        def second_request_fails() -> Fault:
            writes["all"] += server.asked[-1].startswith("PUT")
            return "503" if server.asked[-1].startswith("PUT") and writes["all"] > count // 500 else ""

        server.next_fault = second_request_fails
        with pytest.raises(LibraryAway, match=f"{AWAY} .*503"):
            put(store, make_article("one", *["b new"] * count, version="2"))
        server.next_fault = lambda: ""
        assert store.passages(old[0].article.id) == old
        assert store.passage_count() == 1


def test_a_server_that_dies_and_comes_back(server: QdrantServer, pauses: list[float]) -> None:
    """Refused at start; then it dies while adding, which ends in an error; afterwards the same succeeds."""
    server.stop()
    with pytest.raises(LibraryAway, match=f"{AWAY} .*refused"):
        opened(server)
    assert pauses == [0.5, 1.0]
    server.start()
    with closing(opened(server)) as store:
        one, two = make_article("one", "a"), make_article("two", "b")
        put(store, one)
        server.stop()
        with pytest.raises(LibraryAway):
            put(store, two)
        server.start()
        assert store.articles() == [one[0].article]
        put(store, two)
        assert store.passage_count() == 2


class Person:
    """Does things with a library by chance and knows what must be in it."""

    def __init__(self, store: PassageStore, chance: random.Random) -> None:
        self.store, self.chance = store, chance
        self.known: dict[str, list[Passage]] = {}
        self.outcomes: Counter[str] = Counter()

    def act(self, number: int, calm: Callable[[], None]) -> None:
        """Do one thing; after an error the library must hold the article as it was or as it was to be."""
        name = f"article {self.chance.randrange(8)}"
        before = self.known.get(name, [])
        wanted = self.chance.choice(["replace", "replace", "delete", "read", "search"])
        new = make_article(name, *[f"a word{number}"] * self.chance.choice([1, 2, 300]), version=str(number))
        after = {"replace": new, "delete": []}.get(wanted, before)
        try:
            if wanted == "replace":
                put(self.store, new)
            elif wanted == "delete":
                self.store.delete_articles([new[0].article.id])
            elif wanted == "read":
                assert self.store.passages(new[0].article.id) == before
            else:
                assert len(self.store.nearest(np.ones(3, np.float32), 9, Selection())) == min(9, self.size())
            self.outcomes["success"] += 1
        except LibraryError as error:
            said = str(error).startswith("The Qdrant server ")
            self.outcomes[type(error).__name__ if said else "unclear"] += 1
            calm()
            found = self.store.passages(new[0].article.id)
            if found not in (before, after):
                self.outcomes["both"] += 1
                assert sorted(found, key=str) == sorted([*before, *after], key=str)  # two whole versions
                put(self.store, new)
                found = self.store.passages(new[0].article.id)
            after = found
        self.known[name] = after

    def size(self) -> int:
        """Return how many passages there must be."""
        return sum(map(len, self.known.values()))


def live(server: QdrantServer, acts: int, faults: tuple[Fault, ...]) -> Counter[str]:
    """Do things while four requests of ten go wrong and the server is away now and then; return what came out."""
    chance = random.Random(SEED)
    away = [0]

    def by_chance() -> Fault:
        if away[0]:
            away[0] -= 1
            return "reset"
        away[0] = 12 if chance.random() < 0.03 else 0
        return chance.choice(faults) if chance.random() < 0.4 else ""

    def calm() -> None:
        server.next_fault, away[0] = lambda: "", 0

    person = Person(opened(server), chance)
    for number in range(acts):
        server.next_fault = by_chance
        person.act(number, calm)
    calm()
    with closing(opened(server)) as store:
        found = {article.name: store.passages(article.id) for article in store.articles()}
        assert found == {name: passages for name, passages in person.known.items() if passages}
        assert store.passage_count() == person.size()
    return person.outcomes


def test_thirty_requests(server: QdrantServer) -> None:
    """The quick share of the next."""
    assert live(server, 30, FAULTS)["success"] > 0, f"seed {SEED}"


@pytest.mark.torture
def test_two_hundred_requests(server: QdrantServer, capsys: pytest.CaptureFixture[str]) -> None:
    """All end in success or a clear error; at the end the library holds what it must."""
    outcomes = live(server, 200, (*FAULTS, "slow"))
    assert outcomes["success"] + outcomes["LibraryAway"] == 200
    with capsys.disabled():
        print(f"\nserver faults, seed {SEED}: {dict(outcomes)}")  # noqa: T201


@pytest.mark.parametrize(
    ("language", "said", "empty"),
    [
        ("fr", "Le serveur de la bibliothèque ne répond pas", "La bibliothèque est vide"),
        ("en", "The library’s server does not answer", "The library is empty"),
        ("zh", "资料库服务器暂时没有响应", "资料库是空的"),
    ],
)
def test_the_page_recovers(
    server: QdrantServer, monkeypatch: pytest.MonkeyPatch, language: str, said: str, empty: str
) -> None:
    """It says in the person's language that the server is away, at the start and later; back, it is as before."""
    models = Models(LetterEncoder(), OverlapReranker(), FirstWordReader())
    monkeypatch.setattr("retrieval.opening.load_models", lambda settings: models)
    monkeypatch.setenv("QDRANT_URL", server.address)
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page.session_state["lang"] = language
    for _ in range(2):
        server.stop()
        page.run()
        assert not page.exception
        assert page.error[0].value.startswith(said)
        assert AWAY in page.error[0].value
        assert any("10" in caption.value for caption in page.caption)
        server.start()
        page.run()
        open_resources(settings()).loading.join()  # the library is made when the models are there
        page.run()
        assert not page.exception
        assert not page.error
        assert page.info[0].value.startswith(empty)
    st.cache_resource.clear()
