"""The model hub out of reach: closed, silent or cut off, and what was fetched before."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from checkpoints import write_encoder

from retrieval.bi_encoder import BiEncoder
from retrieval.checkpoints import find_folder
from retrieval.errors import ModelError

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def offline_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Cut the model hub off, as HF_HUB_OFFLINE=1 does, and return its cache folder, empty."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_hub_out_of_reach(offline_hub: Path) -> None:
    """A hub id that is not at hand names the ways out."""
    with pytest.raises(ModelError, match="owner/model is not a folder here and could not be fetched") as caught:
        find_folder("owner/model")
    for hint in ("the name", "the network", "HF_ENDPOINT", "beforehand", "the folder of a copy"):
        assert hint in str(caught.value)


@pytest.mark.parametrize("listens", [False, True])
def test_hub_that_does_not_answer(tmp_path: Path, listens: bool) -> None:
    """A closed port, and one that takes connections and says nothing: the command ends soon, with what to do."""
    code = "from retrieval.checkpoints import find_folder as f\ntry: f('owner/model')\nexcept Exception as e: print(e)"
    with socket.socket() as hub:
        hub.bind(("127.0.0.1", 0))
        if listens:
            hub.listen()
        endpoint = {"HF_ENDPOINT": f"http://127.0.0.1:{hub.getsockname()[1]}", "HF_HUB_CACHE": str(tmp_path)}
        environment = {**os.environ, **endpoint, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=100)
    assert "owner/model is not a folder here and could not be fetched" in done.stdout
    assert ("TimeoutError: no answer within 5 seconds" if listens else "ConnectError") in done.stdout


def test_hub_model_fetched_before(offline_hub: Path) -> None:
    """Without the network, what the hub's cache holds is used."""
    repository, revision = offline_hub / "models--owner--model", "a" * 40
    snapshot = repository / "snapshots" / revision
    write_encoder(snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    assert find_folder("owner/model") == snapshot
    assert BiEncoder.from_pretrained("owner/model", "cpu").identity.name == "model"
