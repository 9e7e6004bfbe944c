"""Settings from an environment given as a plain mapping, and the errors' shape."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

import pytest

from retrieval.errors import (
    ArticleError,
    EncoderMismatch,
    InputError,
    LibraryError,
    LibraryInUse,
    ModelError,
    ModelServerError,
    NotAllowed,
    QAError,
    SettingError,
)
from retrieval.settings import Access, Limits, Placement, Settings, Watch

MODELS = Path(__file__).resolve().parent.parent / "models"
EVERY_VARIABLE = {
    "QA_LIBRARY": "/data/library",
    "QA_ENCODER": "owner/encoder",
    "QA_RERANKER": "owner/reranker",
    "QA_READER": "owner/reader",
    "QA_DEVICE": "cpu",
    "QA_DTYPE": "float32",
    "QA_CANDIDATES": "30",
    "QA_RERANK_DEPTH": "0",
    "QA_SERVER_KEY": "another-secret",
    "QDRANT_URL": "http://localhost:6333",
    "QDRANT_API_KEY": "a-secret",
    "QA_COLLECTION": "mine",
    "QA_SHARDS": "6",
    "QA_REPLICAS": "2",
    "QA_QUANTISATION": "int8",
    "QA_ON_DISK": "yes",
    "QA_FILE_MB": "20",
    "QA_UPLOAD_FILES": "5",
    "QA_PDF_PAGES": "100",
    "QA_CHARACTERS": "5000",
    "QA_UNPACKED_MB": "60",
    "QA_ARCHIVE_FILES": "70",
    "QA_ARCHIVE_RATIO": "80",
    "QA_ARCHIVE_DEPTH": "2",
    "QA_READ_SECONDS": "9",
    "QA_READ_MB": "500",
    "QA_LOGIN": "yes",
    "QA_EDITORS": "bob@example.org, groups=library,",
    "QA_OPEN_WITHOUT_LOGIN": "yes",
    "QA_LOG": "json",
    "QA_LOG_TEXTS": "yes",
    "QA_METRICS_PORT": "9464",
}
DEFAULTS = Settings(
    library=Path("library"),
    encoder=str(MODELS / "bi-encoder"),
    reranker=str(MODELS / "cross-encoder"),
    reader=str(MODELS / "cross-encoder"),
    device="auto",
    dtype="auto",
    candidates=50,
    rerank_depth=20,
    qdrant_url=None,
    qdrant_api_key=None,
    collection="passages",
    placement=Placement(shards=1, replicas=1, quantisation="none", on_disk=False),
    limits=Limits(
        file_size=100,
        files=50,
        pages=5_000,
        characters=20_000_000,
        unpacked_size=300,
        members=2_000,
        ratio=200,
        depth=1,
        seconds=30,
        memory=1_000,
    ),
    access=Access(login=False, editors=(), open_without_login=False),
    watch=Watch("text", log_texts=False, metrics_port=0),
)


def test_defaults() -> None:
    """Without any variable: the bundled models, the folder `library`, no server."""
    assert Settings.from_env({}) == Settings() == DEFAULTS
    assert all((Path(folder) / "config.json").exists() for folder in (DEFAULTS.encoder, DEFAULTS.reranker))


def test_empty_variables_mean_the_defaults() -> None:
    """A variable set to nothing, as compose files do, counts as absent."""
    assert Settings.from_env(dict.fromkeys(EVERY_VARIABLE, "")) == DEFAULTS


def test_every_variable() -> None:
    """Each variable lands in its own field."""
    assert Settings.from_env(EVERY_VARIABLE) == Settings(
        library=Path("/data/library"),
        encoder="owner/encoder",
        reranker="owner/reranker",
        reader="owner/reader",
        device="cpu",
        dtype="float32",
        candidates=30,
        rerank_depth=0,
        server_key="another-secret",
        qdrant_url="http://localhost:6333",
        qdrant_api_key="a-secret",
        collection="mine",
        placement=Placement(6, 2, "int8", True),
        limits=Limits(20, 5, 100, 5000, 60, 70, 80, 2, 9, 500),
        access=Access(True, ("bob@example.org", "groups=library"), True),
        watch=Watch("json", True, 9464),
    )


def test_other_variables_are_ignored() -> None:
    """The process environment holds much else."""
    assert Settings.from_env({"PATH": "/bin", "QA_UNKNOWN": "1"}) == DEFAULTS


def test_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A leading ~ is the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.from_env({"QA_LIBRARY": "~/articles"}).library == tmp_path / "articles"


@pytest.mark.parametrize(
    ("name", "field", "lowest", "highest"),
    [
        ("QA_CANDIDATES", "candidates", 1, 1000),
        ("QA_RERANK_DEPTH", "rerank_depth", 0, 1000),
        ("QA_SHARDS", "placement.shards", 1, 1000),
        ("QA_REPLICAS", "placement.replicas", 1, 10),
        ("QA_FILE_MB", "limits.file_size", 1, 2000),
        ("QA_UPLOAD_FILES", "limits.files", 1, 1000),
        ("QA_PDF_PAGES", "limits.pages", 1, 100_000),
        ("QA_CHARACTERS", "limits.characters", 1000, 10**9),
        ("QA_UNPACKED_MB", "limits.unpacked_size", 1, 10_000),
        ("QA_ARCHIVE_FILES", "limits.members", 1, 100_000),
        ("QA_ARCHIVE_RATIO", "limits.ratio", 2, 10_000),
        ("QA_ARCHIVE_DEPTH", "limits.depth", 1, 10),
        ("QA_READ_SECONDS", "limits.seconds", 1, 3600),
        ("QA_READ_MB", "limits.memory", 200, 100_000),
        ("QA_METRICS_PORT", "watch.metrics_port", 0, 65535),
    ],
)
def test_whole_numbers_within_their_range(name: str, field: str, lowest: int, highest: int) -> None:
    """Both ends are accepted; outside them the message names variable, value and range."""
    for value in (lowest, highest):
        assert attrgetter(field)(Settings.from_env({name: str(value)})) == value
    for text in (str(lowest - 1), str(highest + 1), "many", "1.5", "1e3", "+5", " 5", "0x10", "²"):
        with pytest.raises(SettingError) as caught:
            Settings.from_env({name: text})
        assert str(caught.value) == f"{name} is {text!r}; use a whole number from {lowest} to {highest}."


@pytest.mark.parametrize(
    ("name", "allowed"), [("QA_QUANTISATION", "none or int8"), ("QA_ON_DISK", "no or yes"), ("QA_LOGIN", "no or yes")]
)
def test_words(name: str, allowed: str) -> None:
    """Anything else is refused, with what there is."""
    with pytest.raises(SettingError) as caught:
        Settings.from_env({name: "true"})
    assert str(caught.value) == f"{name} is 'true'; use {allowed}."


def test_the_key_is_not_shown() -> None:
    """A secret in a log is no secret."""
    settings = Settings.from_env(EVERY_VARIABLE)
    assert settings.qdrant_api_key == "a-secret"
    assert settings.server_key == "another-secret"
    assert "secret" not in repr(settings)
    assert "secret" not in str(settings)


def test_settings_cannot_be_changed() -> None:
    """A run's settings stay what they were when it began."""
    with pytest.raises(AttributeError):
        Settings().device = "cuda"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("error", "parents"),
    [
        (InputError, {QAError}),
        (ArticleError, {InputError, QAError}),
        (SettingError, {QAError}),
        (NotAllowed, {QAError}),
        (ModelError, {QAError}),
        (ModelServerError, {ModelError, QAError}),
        (LibraryError, {QAError}),
        (LibraryInUse, {LibraryError, QAError}),
        (EncoderMismatch, {LibraryError, QAError}),
    ],
)
def test_error_hierarchy(error: type[QAError], parents: set[type[QAError]]) -> None:
    """The tree that the errors' docstring draws."""
    assert {kind for kind in error.__mro__ if issubclass(kind, QAError)} == parents | {error}


def test_article_error_names_its_file() -> None:
    """The message is the file and the reason; both can be read apart."""
    error = ArticleError("scan.pdf", "holds no text")
    assert (str(error), error.name, error.reason) == ("scan.pdf: holds no text", "scan.pdf", "holds no text")
