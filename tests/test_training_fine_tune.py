"""`python -m training fine-tune` on a small library with a tiny encoder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from ingest.pipeline import InputFile, ingest_files
from retrieval.bi_encoder import BiEncoder
from retrieval.errors import InputError
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from tests.checkpoints import write_encoder, write_layout
from tests.public_checkpoints import write_public
from training.fine_tune import main


@pytest.fixture
def library(tmp_path: Path) -> tuple[Path, Path]:
    """An encoder's folder, and a library of six articles built with it."""
    write_encoder(tmp_path / "encoder")
    encoder = BiEncoder.from_pretrained(str(tmp_path / "encoder"))
    names = ("tower", "wall", "paris", "great", "tall", "where")
    texts = {name: f"The {name} is tall. How great is the {name}? It is the great {name}.".encode() for name in names}
    files = [InputFile(f"{name}.txt", len(text), lambda text=text: text) for name, text in texts.items()]
    store = PassageStore(EdgeBackend(tmp_path / "library"), encoder.identity)
    ingest_files(files, encoder, store)
    store.close()
    return tmp_path / "encoder", tmp_path / "library"


def arguments(encoder: Path, library: Path, out: Path, *more: str) -> list[str]:
    """Return the command's arguments."""
    return ["--encoder", str(encoder), "--library", str(library), "--out", str(out), "--device", "cpu", *more]


def test_learns_given_questions(library: tuple[Path, Path], tmp_path: Path) -> None:
    """After training the questions lie nearer to their passages than before, and the folder loads like any other."""
    questions = tmp_path / "questions.jsonl"
    pairs = [("x", "The tower is tall."), ("y", "The wall is great."), ("z", "Paris is where the tower is.")]
    questions.write_text("".join(json.dumps({"question": q, "passage": p}) + "\n" for q, p in pairs), "utf-8")
    out = tmp_path / "tuned"
    given = ("--questions", str(questions), "--epochs", "30", "--rate", "1e-3", "--batch", "3", "--chunk", "2")
    assert main(arguments(*library, out, *given)) == 0
    found = []
    for folder in (library[0], out):
        encoder = BiEncoder.from_pretrained(str(folder))
        asked, told = encoder.encode_questions([q for q, _ in pairs]), encoder.encode_passages([p for _, p in pairs])
        similarity = asked @ told.T
        found.append(float(np.mean(np.diag(similarity)) - np.mean(similarity)))
    assert found[1] > found[0] + 0.05
    assert not (tmp_path / "tuned.unfinished").exists()


def test_generates_questions_and_trains_biases_only(library: tuple[Path, Path], tmp_path: Path) -> None:
    """BitFit: every matrix is as it was, some bias is not."""
    out = tmp_path / "tuned"
    assert main(arguments(*library, out, "--only-biases", "--rate", "1e-2", "--hard-negatives", "2")) == 0
    before, after = (load_file(folder / "model.safetensors") for folder in (library[0], out))
    changed = {name for name in after if not after[name].equal(before[name])}
    assert changed
    assert all(name.endswith("bias") for name in changed)


def test_another_pooling_is_trained_and_written(library: tuple[Path, Path], tmp_path: Path) -> None:
    """The new folder is read with it."""
    out = tmp_path / "tuned"
    assert main(arguments(*library, out, "--pooling", "weighted_mean")) == 0
    before, after = (BiEncoder.from_pretrained(str(folder)).identity.text_form for folder in (library[0], out))
    assert "|mean|" in before
    assert "|weighted_mean|" in after


def test_prefixes_of_the_table_are_trained_and_written(library: tuple[Path, Path], tmp_path: Path) -> None:
    """The new folder, whose name is in no table, says itself what E5 has before its texts."""
    encoder, out = write_public(tmp_path, "intfloat/multilingual-e5-small"), tmp_path / "tuned"
    write_layout(encoder, "mean_tokens", normalise=True)
    assert main(arguments(encoder, library[1], out)) == 0
    before, after = (BiEncoder.from_pretrained(str(folder)).identity.text_form for folder in (encoder, out))
    assert before == after == "query: |passage: |mean|512"


def test_a_form_that_is_not_trained_is_refused(library: tuple[Path, Path], tmp_path: Path) -> None:
    """Tokens put around a text by their ids."""
    encoder = write_public(tmp_path, "izhx/udever-bloom-560m")
    with pytest.raises(InputError, match=r"The text form of .*udever-bloom-560m cannot be trained here"):
        main(arguments(encoder, library[1], tmp_path / "tuned"))


def test_an_existing_folder_is_left_alone(library: tuple[Path, Path], tmp_path: Path) -> None:
    """Nothing is overwritten."""
    with pytest.raises(InputError, match="exists already"):
        main(arguments(*library, library[0]))


def test_a_folder_without_a_library_is_refused(library: tuple[Path, Path], tmp_path: Path) -> None:
    """With the next step."""
    with pytest.raises(InputError, match="add articles first"):
        main(arguments(library[0], tmp_path / "empty", tmp_path / "tuned"))
