"""Unpacking takes what was packed, whole and as it was, and leaves nothing of anything else."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from retrieval.errors import InputError
from retrieval.pack import SETTINGS_FILE, write_zip
from retrieval.unpack import main as unpack_main
from retrieval.unpack import unpack


def small_pack(path: Path) -> None:
    """Write a pack of four tiny files."""
    for name in ("library", "models"):
        (path.parent / name).write_text(name * 300)
    places = {
        "QA_LIBRARY": "library",
        "QA_ENCODER": "models",
        "QA_RERANKER": "models",
        "QA_READER": "models",
        "QA_TRANSLATIONS": "models",
    }
    files = {"library/a": path.parent / "library", "models/b": path.parent / "models"}
    write_zip(files, json.dumps({**places, "QA_CANDIDATES": 50, "QA_RERANK_DEPTH": 0}).encode(), path)


def with_member(name: str) -> Callable[[Path], None]:
    """Return a damage: a member more."""

    def add(path: Path) -> None:
        with warnings.catch_warnings(action="ignore"), ZipFile(path, "a") as archive:
            archive.writestr(name, "")

    return add


def flip(path: Path) -> None:
    """Change a byte in the first file."""
    content = bytearray(path.read_bytes())
    content[70] ^= 1
    path.write_bytes(content)


def forge(path: Path) -> None:
    """Replace a file as one would who knows zip, but not the sums."""
    with ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w") as archive:
        for name, old in content.items():
            archive.writestr(name, b"other" if name == "library/a" else old)


def without_sums(path: Path) -> None:
    """Write a zip that anyone could have written."""
    with ZipFile(path, "w") as archive:
        archive.writestr("library/a", "text")


DAMAGES = {
    "another byte": (flip, "is damaged or was not made by"),
    "another file": (forge, "library/a is not as it was packed"),
    "cut": (lambda path: os.truncate(path, path.stat().st_size - 100), "File is not a zip file"),
    "no list": (without_sums, "SHA256SUMS or settings.json is missing"),
    "a file more": (with_member("models/c"), "models/c is not as it was packed"),
    "a file twice": (with_member("library/a"), "it holds library/a"),
    "a folder": (with_member("models/d/"), "it holds models/d/"),
    "a way out": (with_member("../evil"), "it holds ../evil, which is not a plain file inside it"),
    "from the root": (with_member("/tmp/evil"), "it holds /tmp/evil"),
    "no zip": (lambda path: path.write_text("nothing"), "is damaged or was not made by"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_packs_are_refused(damage: str, tmp_path: Path) -> None:
    """And nothing of them stays behind, inside the folder or outside."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    small_pack(tmp_path / "in" / "pack.zip")
    change, message = DAMAGES[damage]
    change(tmp_path / "in" / "pack.zip")
    with pytest.raises(InputError, match=message):
        unpack(tmp_path / "in" / "pack.zip", tmp_path / "out" / "qa")
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"QA_LIBRARY": "../../etc"}, "../../etc is not inside it"),
        ({"QA_READER": "models/none"}, "models/none is not inside it"),
        ({"QA_CANDIDATES": "many"}, "settings.json lacks a setting"),
    ],
)
def test_settings_stay_inside(values: dict[str, str], message: str, tmp_path: Path) -> None:
    """Sums prove nothing about who made a pack: what its settings name must be in it."""
    small_pack(tmp_path / "pack.zip")
    places = dict.fromkeys(("QA_LIBRARY", "QA_ENCODER", "QA_RERANKER", "QA_READER", "QA_TRANSLATIONS"), "models")
    settings = {**places, "QA_CANDIDATES": 50, "QA_RERANK_DEPTH": 0, **values}
    write_zip({"models/b": tmp_path / "models"}, json.dumps(settings).encode(), tmp_path / "pack.zip")
    with pytest.raises(InputError, match=message):
        unpack(tmp_path / "pack.zip", tmp_path / "qa")
    assert not (tmp_path / "qa").exists()


def test_unpacking_writes_over_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that exists is left alone; a full disk leaves nothing; what an interruption left does not matter."""
    small_pack(tmp_path / "pack.zip")
    (tmp_path / "qa").mkdir()
    assert unpack_main([str(tmp_path / "pack.zip"), str(tmp_path / "qa")]) == 2
    assert "qa exists already; give the name of a new folder." in capsys.readouterr().err
    (tmp_path / "qa").rmdir()
    (tmp_path / ".qa.part" / "library").mkdir(parents=True)
    (tmp_path / ".qa.part" / "library" / "a").write_text("half")
    with pytest.MonkeyPatch.context() as patch:
        full = OSError(28, "No space left on device")
        patch.setattr("retrieval.unpack._copy", lambda *_: (_ for _ in ()).throw(full))
        with pytest.raises(InputError, match=r"cannot be unpacked into .*qa: No space left on device"):
            unpack(tmp_path / "pack.zip", tmp_path / "qa")
    assert not list(tmp_path.glob("*qa*"))
    assert unpack_main([str(tmp_path / "pack.zip"), str(tmp_path / "qa")]) == 0
    assert capsys.readouterr().out.endswith(f"set -a; . {tmp_path}/qa/qa.env\n")
    assert (tmp_path / "qa" / "library" / "a").read_text().startswith("librarylibrary")


def test_room_kept_free_takes_no_room(tmp_path: Path) -> None:
    """Neither in the pack nor on the disk: 32 MB of zeros with a word before and one after them."""
    small_pack(tmp_path / "small.zip")
    (tmp_path / "library").write_bytes(b"before" + bytes(32 << 20) + b"after" + bytes(3 << 20))
    with ZipFile(tmp_path / "small.zip") as archive:
        settings = archive.read(SETTINGS_FILE)
    files = {"library/a": tmp_path / "library", "models/b": tmp_path / "models"}
    write_zip(files, settings, tmp_path / "pack.zip")
    assert (tmp_path / "pack.zip").stat().st_size < 100_000
    unpack(tmp_path / "pack.zip", tmp_path / "qa")
    written = tmp_path / "qa" / "library" / "a"
    assert written.read_bytes() == (tmp_path / "library").read_bytes()
    assert written.stat().st_blocks * 512 < 4 << 20
