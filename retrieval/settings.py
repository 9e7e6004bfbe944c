"""Everything that can be set, and how it is read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeVar

from retrieval.errors import SettingError
from retrieval.secrets import read_key

Value = TypeVar("Value")

_MODELS = Path(__file__).resolve().parent.parent / "models"


@dataclass(frozen=True, slots=True)
class Placement:
    """How a collection that is made on a server lies there; one that exists keeps what it was made with.

    With `int8` the engine searches the vectors in bytes, held in memory, and ranks what it finds by the full ones;
    `on_disk` leaves the full vectors and the index of the words on disk.
    """

    shards: int = 1
    replicas: int = 1
    quantisation: Literal["none", "int8"] = "none"
    on_disk: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read of a file that a person gives; what is over is refused, with the limit in the message.

    Sizes in MB of 2^20 bytes, as Streamlit counts them. `files` bounds one upload on the page, `depth` archives inside
    archives, `ratio` an archive's unpacked to its packed size; `seconds` and `memory` hold for the process that reads.
    """

    file_size: int = 100
    files: int = 50
    pages: int = 5_000
    characters: int = 20_000_000
    unpacked_size: int = 300
    members: int = 2_000
    ratio: int = 200
    depth: int = 1
    seconds: int = 30
    memory: int = 1_000

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Limits:
        """Read the limits; an absent or empty variable means the default. SettingError names a bad one."""
        default = cls()
        return cls(
            file_size=_whole_number(environ, "QA_FILE_MB", default.file_size, range(1, 2001)),
            files=_whole_number(environ, "QA_UPLOAD_FILES", default.files, range(1, 1001)),
            pages=_whole_number(environ, "QA_PDF_PAGES", default.pages, range(1, 100_001)),
            characters=_whole_number(environ, "QA_CHARACTERS", default.characters, range(1000, 10**9 + 1)),
            unpacked_size=_whole_number(environ, "QA_UNPACKED_MB", default.unpacked_size, range(1, 10_001)),
            members=_whole_number(environ, "QA_ARCHIVE_FILES", default.members, range(1, 100_001)),
            ratio=_whole_number(environ, "QA_ARCHIVE_RATIO", default.ratio, range(2, 10_001)),
            depth=_whole_number(environ, "QA_ARCHIVE_DEPTH", default.depth, range(1, 11)),
            seconds=_whole_number(environ, "QA_READ_SECONDS", default.seconds, range(1, 3601)),
            memory=_whole_number(environ, "QA_READ_MB", default.memory, range(200, 100_001)),
        )


@dataclass(frozen=True, slots=True)
class Access:
    """Who gets in. `editors` are e-mail addresses, or `claim=value` of what the login's provider says of a person."""

    login: bool = False
    editors: tuple[str, ...] = ()
    open_without_login: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """What is told of the running application: the form of its log, and the port of its figures on this machine.

    `log_texts` lets questions into the log; with port 0 there are no figures.
    """

    log_form: Literal["text", "json"] = "text"
    log_texts: bool = False
    metrics_port: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings. `rerank_depth` 0 leaves reranking out."""

    library: Path = Path("library")
    encoder: str = str(_MODELS / "bi-encoder")
    reranker: str = str(_MODELS / "cross-encoder")
    reader: str = str(_MODELS / "cross-encoder")
    translations: Path = _MODELS / "translations" / "table.safetensors"
    device: str = "auto"
    dtype: str = "auto"
    candidates: int = 50
    rerank_depth: int = 20
    server_key: str | None = field(default=None, repr=False)
    qdrant_url: str | None = None
    qdrant_api_key: str | None = field(default=None, repr=False)
    collection: str = "passages"
    placement: Placement = Placement()
    compared_encoder: str | None = None
    compared_reranker: str | None = None
    limits: Limits = Limits()
    access: Access = Access()
    watch: Watch = Watch()

    @property
    def compared(self) -> Settings | None:
        """Return the settings with the models to set beside these in their place, None where none is named.

        Another encoder has a library of its own beside this one.
        """
        if not (self.compared_encoder or self.compared_reranker):
            return None
        other = replace(self, reranker=self.compared_reranker or self.reranker)
        if self.compared_encoder:
            library = self.library.with_name(f"{self.library.name}-compared")
            collection = f"{self.collection}-compared"
            other = replace(other, encoder=self.compared_encoder, library=library, collection=collection)
        return other

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings; an absent or empty variable means the default. SettingError names a bad one."""
        default = cls()
        return cls(
            library=Path(environ.get("QA_LIBRARY") or default.library).expanduser(),
            encoder=environ.get("QA_ENCODER") or default.encoder,
            reranker=environ.get("QA_RERANKER") or default.reranker,
            reader=environ.get("QA_READER") or default.reader,
            translations=Path(environ.get("QA_TRANSLATIONS") or default.translations).expanduser(),
            device=environ.get("QA_DEVICE") or default.device,
            dtype=environ.get("QA_DTYPE") or default.dtype,
            candidates=_whole_number(environ, "QA_CANDIDATES", default.candidates, range(1, 1001)),
            rerank_depth=_whole_number(environ, "QA_RERANK_DEPTH", default.rerank_depth, range(1001)),
            server_key=read_key(environ, "QA_SERVER_KEY"),
            qdrant_url=environ.get("QDRANT_URL") or None,
            qdrant_api_key=read_key(environ, "QDRANT_API_KEY"),
            collection=environ.get("QA_COLLECTION") or default.collection,
            compared_encoder=environ.get("QA_COMPARED_ENCODER") or None,
            compared_reranker=environ.get("QA_COMPARED_RERANKER") or None,
            placement=Placement(
                shards=_whole_number(environ, "QA_SHARDS", default.placement.shards, range(1, 1001)),
                replicas=_whole_number(environ, "QA_REPLICAS", default.placement.replicas, range(1, 11)),
                quantisation=_one_of(environ, "QA_QUANTISATION", {"none": "none", "int8": "int8"}),
                on_disk=_one_of(environ, "QA_ON_DISK", {"no": False, "yes": True}),
            ),
            limits=Limits.from_env(environ),
            access=Access(
                login=_one_of(environ, "QA_LOGIN", {"no": False, "yes": True}),
                editors=tuple(part.strip() for part in environ.get("QA_EDITORS", "").split(",") if part.strip()),
                open_without_login=_one_of(environ, "QA_OPEN_WITHOUT_LOGIN", {"no": False, "yes": True}),
            ),
            watch=Watch(
                log_form=_one_of(environ, "QA_LOG", {"text": "text", "json": "json"}),
                log_texts=_one_of(environ, "QA_LOG_TEXTS", {"no": False, "yes": True}),
                metrics_port=_whole_number(environ, "QA_METRICS_PORT", default.watch.metrics_port, range(65536)),
            ),
        )


def _whole_number(environ: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or int(text) not in allowed:
        raise SettingError(f"{name} is {text!r}; use a whole number from {allowed[0]} to {allowed[-1]}.")
    return int(text)


def _one_of(environ: Mapping[str, str], name: str, allowed: Mapping[str, Value]) -> Value:
    """Return what a variable's word means; the first word is the default."""
    text = environ.get(name) or next(iter(allowed))
    if text not in allowed:
        raise SettingError(f"{name} is {text!r}; use {' or '.join(allowed)}.")
    return allowed[text]
