"""A model that is missing, truncated or of the wrong kind: refused with the reason before any weights are read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retrieval import checkpoints, opening
from retrieval.errors import ModelError
from retrieval.opening import load_models
from retrieval.settings import Settings
from tests.samples import ROOT

MODELS = ROOT / "models"
FOLDERS = {"encoder": "bi-encoder", "reranker": "cross-encoder", "reader": "cross-encoder"}


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reading weights be a failure."""
    monkeypatch.setattr(checkpoints, "load_weights", lambda *arguments, **options: pytest.fail("weights were read"))


def linked(folder: str, place: Path, cut: str = "") -> Path:
    """Return a copy of a bundled model with the first half of one file."""
    for model in ("bi-encoder", "cross-encoder"):
        (place / model).mkdir(parents=True)
        for path in (MODELS / model).iterdir():
            (place / model / path.name).symlink_to(path)
    whole = (place / folder / cut).read_bytes()
    (place / folder / cut).unlink()
    (place / folder / cut).write_bytes(whole[: len(whole) // 2])
    return place / folder


def refused(setting: str, value: Any) -> str:
    """Return why the models are not loaded."""
    with pytest.raises(ModelError) as caught:
        load_models(replace(Settings(), **{setting: value}))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("setting", FOLDERS)
def test_a_missing_folder(setting: str, tmp_path: Path) -> None:
    """It is named, whichever model it is of."""
    name = str(tmp_path / "nowhere")
    assert refused(setting, name).startswith(f"There is no model folder {name}. Give an existing folder")


@pytest.mark.parametrize("setting", FOLDERS)
@pytest.mark.parametrize("file", ["body.safetensors", "config.json", "model.safetensors.index.json"])
def test_a_truncated_file(setting: str, file: str, tmp_path: Path) -> None:
    """As after an interrupted copy."""
    folder = linked(FOLDERS[setting], tmp_path, file)
    assert refused(setting, str(folder)).startswith(f"The model in {folder} is not whole (")


@pytest.mark.parametrize("setting", FOLDERS)
def test_a_folder_without_weights(setting: str, tmp_path: Path) -> None:
    """A configuration alone is no model."""
    (tmp_path / "config.json").write_text("{}")
    assert refused(setting, str(tmp_path)).startswith(f"The folder {tmp_path} holds no weights")


@pytest.mark.parametrize(
    ("setting", "folder", "reason"),
    [
        ("reader", "bi-encoder", "which does not mark answers"),
        ("reranker", "bi-encoder", "which does not score pairs"),
        ("encoder", "cross-encoder", "modules.json is missing or damaged"),
    ],
)
def test_another_kind(monkeypatch: pytest.MonkeyPatch, setting: str, folder: str, reason: str) -> None:
    """Told by its configuration."""
    for name in {"reader", "reranker"} - {setting}:
        monkeypatch.setattr(opening, *{"reader": ("Reader", _Any), "reranker": ("load_reranker", _Any)}[name])
    assert reason in refused(setting, str(MODELS / folder))


class _Any:
    """A model that is loaded."""

    def __init__(self, *arguments: object) -> None:
        pass

    @classmethod
    def from_pretrained(cls, *arguments: object) -> object:
        """Return nothing in particular."""
        return cls()


@pytest.mark.parametrize("kind", ["missing", "truncated", "folder", "another"])
def test_translations(kind: str, tmp_path: Path) -> None:
    """A table that can't be read, or a file that holds none, is not taken for an empty one."""
    file = tmp_path / "table.safetensors"
    if kind == "truncated":
        table = (MODELS / "translations" / "table.safetensors").read_bytes()
        file.write_bytes(table[: len(table) // 2])
    elif kind == "folder":
        file.mkdir()
    elif kind == "another":
        os.symlink(MODELS / "cross-encoder" / "body.safetensors", file)
    assert refused("translations", file).startswith(f"The word translations in {file} cannot be read (")
