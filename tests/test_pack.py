"""A pack carries models, library and settings to a place where neither the first library nor the hub can be reached."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from conftest import IDENTITY, FirstWordReader, LetterEncoder, OverlapReranker, make_article, put

from ingest.pipeline import InputFile, ingest_files
from retrieval.__main__ import to_json
from retrieval.errors import EncoderMismatch, InputError, LibraryError, LibraryInUse, QAError, SettingError
from retrieval.opening import load_models, make_searcher
from retrieval.pack import SETTINGS_FILE, SUMS_FILE, main, pack
from retrieval.search import Models
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.opening import open_store
from retrieval.store.passage_store import PassageStore
from retrieval.unpack import unpack
from tests.public_checkpoints import write_public
from tests.samples import ROOT

HUB_ID = "intfloat/multilingual-e5-small"
TEXTS = {"tower.txt": "the tower is tall and old", "wall.txt": "长城很长", "other.txt": "another text of the tower"}


def write_hub(hub: Path) -> None:
    """Write a tiny model as the hub's cache has it: a snapshot of links to blobs."""
    repository = hub / f"models--{HUB_ID.replace('/', '--')}"
    snapshot, blobs = repository / "snapshots" / ("a" * 40), repository / "blobs"
    for folder in (snapshot, blobs, repository / "refs"):
        folder.mkdir(parents=True)
    (repository / "refs" / "main").write_text("a" * 40)
    written = write_public(hub, HUB_ID)
    for path in written.iterdir():
        path.rename(blobs / path.name)
        (snapshot / path.name).symlink_to(Path("../../blobs") / path.name)
    written.rmdir()


def test_same_answer_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model of the hub's cache, and one that uses another's weights; everything packed is gone when it is asked."""
    write_hub(tmp_path / "here" / "hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "here" / "hub"))
    bundled = shutil.copytree(ROOT / "models", tmp_path / "here" / "models")
    cross = str(bundled / "cross-encoder")
    settings = Settings(tmp_path / "here" / "library", HUB_ID, cross, cross, device="cpu", rerank_depth=2)
    models = load_models(settings)
    with closing(open_store(settings, models.encoder.identity)) as store:
        files = [InputFile(name, len(text), text.encode) for name, text in TEXTS.items()]
        ingest_files(files, models.encoder, store)
        expected = to_json(make_searcher(settings, store, models).search("how tall is the tower?", 3))
    environ = {"QA_LIBRARY": "library", "QA_ENCODER": HUB_ID, "QA_RERANKER": cross, "QA_READER": cross}
    for name, value in {**environ, "QA_RERANK_DEPTH": "2", "QA_DEVICE": "cpu"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path / "here")
    assert main([str(tmp_path / "pack.zip")]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/pack.zip: ")
    shutil.rmtree(tmp_path / "here")

    environment = unpack(tmp_path / "pack.zip", tmp_path / "over there" / "qa")
    command = f'set -a; . {shlex.quote(str(environment))}; exec "$0" -m retrieval "how tall is the tower?" --json'
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("QA_", "HF_"))}
    run = subprocess.run(
        ["sh", "-c", f"{command} --limit 3", sys.executable],
        cwd=ROOT,
        env={**clean, "QA_DEVICE": "cpu", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(run.stdout)
    assert found.pop("models") == "multilingual-e5-small + cross-encoder"
    assert {**found, "seconds": {}} == {**json.loads(json.dumps(expected)), "seconds": {}}
    assert len(found["rankings"]["reranked"]) == 2


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give a library of one article and model folders with next to nothing in them; fakes are loaded."""
    for name in ("one", "two"):
        (tmp_path / "models" / name / "nested").mkdir(parents=True)
        (tmp_path / "models" / name / "nested" / "config.json").write_text(name)
        (tmp_path / "models" / name / "model.safetensors").write_text(f"weights {name}")
        (tmp_path / "models" / name / "optimizer.pt").write_text("not needed")
    (tmp_path / "models" / "two" / "x.index.json").write_text('{"weight_map": {"a": "../shared/table.safetensors"}}')
    (tmp_path / "models" / "shared").mkdir()
    (tmp_path / "models" / "shared" / "table.safetensors").write_text("table")
    with closing(PassageStore(EdgeBackend(tmp_path / "library"), IDENTITY)) as store:
        put(store, make_article("a", "aaa"))
    fakes = Models(LetterEncoder(), OverlapReranker(), FirstWordReader())
    monkeypatch.setattr("retrieval.pack.load_models", lambda settings: fakes)
    folders = [str(tmp_path / "models" / name) for name in ("one", "two", "two")]
    return Settings(tmp_path / "library", *folders)


def names_in(path: Path) -> list[str]:
    """Return the names in a zip."""
    with ZipFile(path) as archive:
        return archive.namelist()


def test_what_is_in_a_pack(settings: Settings, tmp_path: Path) -> None:
    """Models beside each other, with the weights they share, and nothing else of their folders; sums come last."""
    pack(settings, tmp_path / "pack.zip")
    names = names_in(tmp_path / "pack.zip")
    assert [name for name in names if not name.startswith("library/")] == [
        "models/0/one/model.safetensors",
        "models/0/one/nested/config.json",
        "models/0/shared/table.safetensors",
        "models/0/two/model.safetensors",
        "models/0/two/nested/config.json",
        "models/0/two/x.index.json",
        "translations/table.safetensors",
        SETTINGS_FILE,
        SUMS_FILE,
    ]
    assert "library/library.json" in names
    environment = unpack(tmp_path / "pack.zip", tmp_path / "new")
    assert environment.read_text(encoding="utf-8").splitlines() == [
        "HF_HUB_OFFLINE=1",
        "QDRANT_URL=",
        f"QA_LIBRARY={tmp_path}/new/library",
        f"QA_ENCODER={tmp_path}/new/models/0/one",
        f"QA_RERANKER={tmp_path}/new/models/0/two",
        f"QA_READER={tmp_path}/new/models/0/two",
        f"QA_TRANSLATIONS={tmp_path}/new/translations/table.safetensors",
        "QA_CANDIDATES=50",
        "QA_RERANK_DEPTH=20",
    ]
    run = subprocess.run(["sha256sum", "--check", "--quiet", SUMS_FILE], cwd=tmp_path / "new", check=False)
    assert run.returncode == 0
    with closing(PassageStore(EdgeBackend(tmp_path / "new" / "library"), IDENTITY)) as store:
        assert store.passage_count() == 1
    pack(settings, tmp_path / "again.zip")  # packing left the library as it was
    assert names_in(tmp_path / "again.zip") == names


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"qdrant_url": "http://localhost:6333"}, SettingError, "QDRANT_URL is set"),
        ({"library": Path("nowhere")}, LibraryError, "There is no library in nowhere. Add files first"),
    ],
)
def test_nothing_to_pack(
    settings: Settings, changes: dict[str, Any], error: type[QAError], message: str, tmp_path: Path
) -> None:
    """Says so and writes nothing."""
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error, match=message):
        pack(replace(settings, **changes), tmp_path / "pack.zip")
    assert sorted(tmp_path.iterdir()) == before


def test_library_in_use_or_of_another_encoder(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may be writing; another encoder could not read it over there."""
    with closing(EdgeBackend(settings.library)), pytest.raises(LibraryInUse):
        pack(settings, tmp_path / "pack.zip")
    monkeypatch.setattr(LetterEncoder, "identity", replace(IDENTITY, name="other"))
    with pytest.raises(EncoderMismatch):
        pack(settings, tmp_path / "pack.zip")
    assert not list(tmp_path.glob("pack*"))


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(OSError(28, "No space left on device"), InputError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_stopped_while_writing(
    settings: Settings, raised: BaseException, expected: type[BaseException], tmp_path: Path
) -> None:
    """A full disk and an interruption leave no half of a pack, and an older one as it was."""
    (tmp_path / "pack.zip").write_text("older")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ZipFile, "open", lambda *_, **__: (_ for _ in ()).throw(raised))
        with pytest.raises(expected):
            pack(settings, tmp_path / "pack.zip")
    assert (tmp_path / "pack.zip").read_text() == "older"
    assert not (tmp_path / "pack.zip.part").exists()


def test_command_names_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, no trace."""
    monkeypatch.setenv("QDRANT_URL", "http://localhost:6333")
    assert main([str(tmp_path / "pack.zip")]) == 2
    assert capsys.readouterr().err.startswith("QDRANT_URL is set, and a library on a server cannot be packed.")
