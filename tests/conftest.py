"""Fakes a person can compute in the head, hand-built passages, and a library in each back end."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from math import inf
from pathlib import Path
from tempfile import gettempdir
from threading import Lock
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import numpy as np
import pytest
from numpy.typing import NDArray
from qdrant_client import QdrantClient
from streamlit.testing.v1 import AppTest

from ingest.pipeline import ingest_files
from retrieval.bm25 import SparseVector, question_vector
from retrieval.opening import load_models
from retrieval.passages import LANGUAGES, Answer, ArticleInfo, Distance, EncoderIdentity, Language, Passage, Vectors
from retrieval.search import Models
from retrieval.settings import Settings
from retrieval.store.backend import Backend
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from retrieval.store.server import ServerBackend
from tests.samples import sample_files
from ui.resources import open_resources

# mteb makes this folder when it is imported: one that exists already.
os.environ["MTEB_CACHE"] = gettempdir()
# As .streamlit/config.toml has it, which is not found from a test's folder: other addresses need a login.
os.environ["STREAMLIT_SERVER_ADDRESS"] = "127.0.0.1"
LETTERS = "abc"
IDENTITY = EncoderIdentity("letters", "weights-1", len(LETTERS), "dot", "plain")
OpenStore = Callable[[EncoderIdentity], PassageStore]


class LetterEncoder:
    """Counts the letters a, b and c; a token is a word between blanks."""

    identity = IDENTITY
    floor = inf

    def __init__(self, max_tokens: int = 1000) -> None:
        self.max_tokens = max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of words."""
        return [len(text.split()) for text in texts]

    def pieces(self, text: str) -> list[str]:
        """Return the words."""
        return text.split()

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return the letter counts."""
        return self.encode_passages(questions)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the letter counts."""
        return np.array([[text.count(letter) for letter in LETTERS] for text in texts], np.float32).reshape(-1, 3)


class OverlapReranker:
    """Scores the share of the question's words that are words of the text."""

    floor = 0.5

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the shares, in 0-1."""
        words = set(question.split())
        return np.array([len(words & set(text.split())) / len(words) for text in texts], np.float64)


class FirstWordReader:
    """Answers with the first word of a text that ends in a full stop, and not at all in others."""

    def read(self, question: str, texts: Sequence[str]) -> list[Answer | None]:
        """Return the first words."""
        words = [text.split()[0] if text.endswith(".") else "" for text in texts]
        return [Answer(0, len(word), word, 1.0, True) if word else None for word in words]


def make_article(name: str, *texts: str, language: Language = "en", version: str = "1") -> list[Passage]:
    """Return an article without a title whose passages are `texts`, one line each."""
    article_id = str(uuid5(NAMESPACE_OID, name))
    version = f"{name}-{version}"
    info = ArticleInfo(article_id, name, name, "", language, version, len(texts), "2026-01-01T00:00:00.000+00:00")
    passages: list[Passage] = []
    start = 0
    for position, text in enumerate(texts):
        identifier = str(uuid5(NAMESPACE_OID, f"{version}:{position}"))
        passages.append(Passage(identifier, info, position, start, start + len(text), text, language))
        start += len(text) + 1
    return passages


def put(store: PassageStore, *articles: list[Passage]) -> None:
    """Store articles with their letter counts."""
    for article in articles:
        store.replace_article(article, list(LetterEncoder().encode_passages([passage.text for passage in article])))


def asked(question: str) -> dict[Language, SparseVector]:
    """Return a question's own terms for every language, none translated."""
    return dict.fromkeys(LANGUAGES, question_vector(question))


def texts_of(found: Sequence[object]) -> list[str]:
    """Return the texts of scored passages or hits, in their order."""
    return [hit.passage.text for hit in found]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave no setting from outside and nothing outside `tmp_path`."""
    for name in [name for name in os.environ if name.startswith(("QA_", "QDRANT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def memory_client() -> QdrantClient:
    """Return a server in this process; unlike a real one it cannot take two writes at a time."""
    client = QdrantClient(":memory:")
    write, lock = client.upsert, Lock()

    def one_at_a_time(*arguments: Any, **options: Any) -> Any:
        with lock:
            return write(*arguments, **options)

    client.upsert = one_at_a_time  # type: ignore[method-assign]
    return client


@pytest.fixture(params=["edge", "server"])
def open_library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Give a function that opens one and the same library, again at each call, in each back end."""
    warnings.filterwarnings("ignore", "Payload indexes have no effect in the local Qdrant")
    warnings.filterwarnings("ignore", "Local mode performs exact")
    client = memory_client()
    opened: list[Backend] = []

    def open_with(identity: EncoderIdentity) -> PassageStore:
        if request.param == "server":
            return PassageStore(ServerBackend(client, "passages"), identity)
        while opened:  # the folder has one owner at a time
            opened.pop().close()
        opened.append(EdgeBackend(tmp_path / "library"))
        return PassageStore(opened[-1], identity)

    yield open_with
    for backend in opened:
        backend.close()
    client.close()


@pytest.fixture
def store(open_library: OpenStore) -> PassageStore:
    """Give an empty library for letter counts compared by dot product."""
    return open_library(IDENTITY)


@pytest.fixture
def store_with(open_library: OpenStore) -> Callable[[Distance], PassageStore]:
    """Give a function that opens an empty library with another distance."""
    return lambda distance: open_library(replace(IDENTITY, distance=distance))


@pytest.fixture(scope="session")
def bundled_models() -> Models:
    """Give the models that come with the project."""
    return load_models(Settings())


@pytest.fixture(scope="session")
def built_samples(bundled_models: Models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a closed library of all sample articles; not to be changed."""
    folder = tmp_path_factory.mktemp("samples")
    with closing(PassageStore(EdgeBackend(folder), bundled_models.encoder.identity)) as store:
        ingest_files(sample_files(), bundled_models.encoder, store)
    return folder


@pytest.fixture
def sample_library(built_samples: Path, tmp_path: Path) -> Path:
    """Give a copy of the sample library that a test may open and change."""
    return Path(shutil.copytree(built_samples, tmp_path / "sample library"))


@pytest.fixture
def sample_page(sample_library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], AppTest]]:
    """Give a function that draws a page by its name, once, on a library of its own."""
    monkeypatch.setenv("QA_LIBRARY", str(sample_library))

    def draw(name: str) -> AppTest:
        script = (
            f"from ui.{name} import draw_{name}_page\n"
            "from ui.resources import open_resources, settings\n"
            "opening = open_resources(settings())\n"
            "opening.loading.join()\n"
            f"draw_{name}_page(opening.loading.value)\n"
        )
        return AppTest.from_string(script, default_timeout=60).run()

    yield draw
    open_resources.clear()  # type: ignore[attr-defined]
