"""The library on a Qdrant server, and which of the two forms the settings choose."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import IDENTITY, asked, make_article, put
from qdrant_client import QdrantClient, models

from retrieval.errors import EncoderMismatch, LibraryError, SettingError
from retrieval.passages import Selection
from retrieval.settings import Placement, Settings
from retrieval.store.opening import open_store
from retrieval.store.passage_store import PassageStore
from retrieval.store.server import ServerBackend

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
    pytest.mark.filterwarnings("ignore:Failed to obtain server version:UserWarning"),
]
UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture
def client() -> QdrantClient:
    """Give an empty server in this process."""
    return QdrantClient(":memory:")


def test_an_unreachable_server(tmp_path: Path) -> None:
    """The message names what to check; no folder is made instead."""
    with pytest.raises(LibraryError) as caught:
        open_store(Settings(library=tmp_path / "library", qdrant_url=UNREACHABLE), IDENTITY)
    assert "Connection refused" in str(caught.value)
    assert all(part in str(caught.value) for part in ("Check that it runs", "QDRANT_URL", "QDRANT_API_KEY"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["http://localhost:port", "not a url", "ftp://localhost"])
def test_what_is_no_address(url: str) -> None:
    """The message names the setting, its value and an address."""
    with pytest.raises(SettingError) as caught:
        open_store(Settings(qdrant_url=url), IDENTITY)
    assert str(caught.value) == f"QDRANT_URL is {url!r}; use one like http://localhost:6333."


@pytest.mark.parametrize("metadata", [None, {"owner": "someone"}, {"encoder": "bert"}, {"encoder": {"name": "bert"}}])
def test_a_foreign_collection_is_refused(client: QdrantClient, metadata: dict[str, Any] | None) -> None:
    """A collection that names no encoder is left as it is, and another name is asked for."""
    vectors = models.VectorParams(size=3, distance=models.Distance.DOT)
    client.create_collection("passages", vectors_config=vectors, metadata=metadata)
    before = client.get_collection("passages")
    with pytest.raises(LibraryError) as caught:
        PassageStore(ServerBackend(client, "passages"), IDENTITY)
    assert "passages" in str(caught.value)
    assert "Set QA_COLLECTION to another name" in str(caught.value)
    assert client.get_collection("passages") == before


def test_collections_are_libraries_of_their_own(client: QdrantClient) -> None:
    """Two collections of a server share nothing."""
    one, two = (PassageStore(ServerBackend(client, name), IDENTITY) for name in ("one", "two"))
    put(one, make_article("a", "a"))
    assert (one.passage_count(), two.passage_count()) == (1, 0)


def test_another_writer_is_left_alone(client: QdrantClient) -> None:
    """On a server an unfinished article may be one that someone else is writing: opening keeps it."""
    article = make_article("one", "a", "b")
    put(PassageStore(ServerBackend(client, "passages"), IDENTITY), article[:1])
    assert PassageStore(ServerBackend(client, "passages"), IDENTITY).passage_count() == 1


def test_the_engines_refusal_is_translated(client: QdrantClient) -> None:
    """A collection that vanished while it was open gives a LibraryError that says why and what to do."""
    store = PassageStore(ServerBackend(client, "passages"), IDENTITY)
    client.delete_collection("passages~1")
    with pytest.raises(LibraryError, match="no longer has the collection passages~1"):
        store.passage_count()


def test_the_settings_choose_the_folder(tmp_path: Path) -> None:
    """Without QDRANT_URL the library is in the folder."""
    store = open_store(Settings(library=tmp_path / "here"), IDENTITY)
    store.close()
    assert (tmp_path / "here" / "library.json").exists()


def test_the_settings_choose_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: QdrantClient) -> None:
    """With QDRANT_URL the library is in the named collection, reached with the key; there is no folder."""
    asked: list[dict[str, Any]] = []

    def connect(**options: Any) -> QdrantClient:
        asked.append(options)
        return client

    monkeypatch.setattr("qdrant_client.QdrantClient", connect)
    url = "https://qdrant:6333"
    settings = Settings(library=tmp_path / "here", qdrant_url=url, qdrant_api_key="key", collection="mine")
    put(open_store(settings, IDENTITY), make_article("one", "a"))
    assert asked == [{"url": url, "api_key": "key", "timeout": 30}]
    assert client.count("mine").count == 1
    assert [(alias.alias_name, alias.collection_name) for alias in client.get_aliases().aliases] == [("mine", "mine~1")]
    assert not (tmp_path / "here").exists()


def letters(store: PassageStore) -> list[str]:
    """Return the texts nearest to a, best first."""
    return [hit.passage.text for hit in store.nearest(np.array([1, 0, 0], np.float32), 9, Selection())]


def test_pages_answer_from_the_old_collection_until_the_switch(client: QdrantClient) -> None:
    """A second page searches while the new one is filled; then it is told to start again, and the name leads on."""
    other = replace(IDENTITY, name="other")
    old, page = (PassageStore(ServerBackend(client, "passages"), IDENTITY) for _ in range(2))
    put(old, make_article("one", "a", "aa"))
    new = old.successor(other)
    put(new, make_article("one", "aaaa"))
    assert letters(page) == ["aa", "a"]
    new.take_over()
    with pytest.raises(LibraryError, match="was rebuilt for another encoder"):
        letters(page)
    with pytest.raises(EncoderMismatch):
        PassageStore(ServerBackend(client, "passages"), IDENTITY)
    assert letters(PassageStore(ServerBackend(client, "passages"), other)) == ["aaaa"]
    assert [found.name for found in client.get_collections().collections] == ["passages~2"]


def make_bare_collection(client: QdrantClient, name: str) -> PassageStore:
    """Return a library as it was made before libraries had aliases."""
    client.create_collection(
        name,
        vectors_config={"dense": models.VectorParams(size=3, distance=models.Distance.DOT)},
        sparse_vectors_config={"bm25": models.SparseVectorParams(modifier=models.Modifier.IDF)},
        metadata={"encoder": asdict(IDENTITY)},
    )
    return PassageStore(ServerBackend(client, name), IDENTITY)


@pytest.mark.parametrize("crash", [False, True])
def test_a_library_without_an_alias(client: QdrantClient, monkeypatch: pytest.MonkeyPatch, crash: bool) -> None:
    """It gets one at its first rebuild; a crash after its deletion is mended by the next opening."""
    other = replace(IDENTITY, name="other")
    old = make_bare_collection(client, "passages")
    put(old, make_article("one", "a"))
    new = old.successor(other)
    put(new, make_article("one", "aaaa"))
    if crash:
        monkeypatch.setattr(ServerBackend, "_move_alias", lambda *arguments: None)
    new.take_over()
    monkeypatch.undo()
    assert letters(PassageStore(ServerBackend(client, "passages"), other)) == ["aaaa"]
    assert [found.name for found in client.get_collections().collections] == ["passages~1"]
    assert client.get_aliases().aliases[0].collection_name == "passages~1"


class Asked:
    """A server in this process that keeps what collections are made with and how they are searched."""

    def __init__(self) -> None:
        self.client = QdrantClient(":memory:")
        self.made: list[dict[str, Any]] = []
        self.searched: list[dict[str, Any]] = []

    def create_collection(self, name: str, **options: Any) -> object:
        """Keep the options."""
        self.made.append(options)
        return self.client.create_collection(name, **options)

    def query_points(self, name: str, **options: Any) -> object:
        """Keep the options."""
        self.searched.append(options)
        return self.client.query_points(name, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


@pytest.mark.parametrize("placement", [Placement(), Placement(6, 2, "int8", True)])
def test_where_a_collection_lies(placement: Placement) -> None:
    """The settings reach the server, for the library and for a rebuilt one; searches rank by the full vectors."""
    server: Any = Asked()
    store = PassageStore(ServerBackend(server, "passages", placement), IDENTITY)
    store.successor(replace(IDENTITY, name="other"))
    assert len(server.made) == 2
    for options in server.made:
        assert (options["shard_number"], options["replication_factor"]) == (placement.shards, placement.replicas)
        assert options["vectors_config"]["dense"].on_disk == placement.on_disk
        assert options["sparse_vectors_config"]["bm25"].index.on_disk == placement.on_disk
        found = options["quantization_config"]
        assert (found and found.scalar.type) == ("int8" if placement.quantisation == "int8" else None)
    letters(store)
    store.matching(asked("bees"), 1, Selection(languages=("en",)))
    by_vectors, by_words = (options["search_params"] for options in server.searched)
    assert by_vectors.quantization.rescore
    assert by_words is None
