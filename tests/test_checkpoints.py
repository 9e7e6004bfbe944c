"""Every way in which a model folder can be unusable, each with a message a person can act on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import tiny_bert, write_encoder, write_json, write_model
from safetensors.torch import load_file
from transformers import AutoModelForQuestionAnswering, BertModel, ByT5Tokenizer

from retrieval.batching import Compute
from retrieval.bi_encoder import BiEncoder
from retrieval.checkpoints import find_folder, fingerprint, label_ids, load_tokenizer, load_weights
from retrieval.errors import ModelError

ROOT = Path(__file__).resolve().parent.parent
Damage = Callable[[Path], object]
CPU = Compute(torch.device("cpu"), torch.float32)


def truncated(name: str) -> Damage:
    """Return the damage of a file whose last part is missing, as after an interrupted copy."""
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-100])


def missing(name: str) -> Damage:
    """Return the damage of a file that is not there."""
    return lambda folder: (folder / name).unlink()


def with_config(**changes: object) -> Damage:
    """Return the damage of a configuration that doesn't fit the weights."""

    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        write_json(folder / "config.json", {**config, **changes})

    return change


def with_pooling(**modes: bool) -> Damage:
    """Return the damage of another pooling configuration."""
    return lambda folder: write_json(folder / "1_Pooling" / "config.json", modes)


def with_modules(*kinds: str) -> Damage:
    """Return the damage of another list of modules."""
    modules = [{"type": f"sentence_transformers.models.{kind}", "path": "1_Pooling"} for kind in kinds]
    return lambda folder: write_json(folder / "modules.json", modules)


class Harmful:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch harmed",)


def pickled(folder: Path, *more: object) -> None:
    """Move the weights from safetensors to a pickled file."""
    weights = load_file(folder / "model.safetensors")
    torch.save({**weights, **{str(place): value for place, value in enumerate(more)}}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (missing("config.json"), "is not a model folder, its config.json cannot be read"),
        (truncated("config.json"), "is not a model folder, its config.json cannot be read"),
        (with_config(model_type="unheard-of"), "model type `unheard-of`"),
        (missing("tokenizer.json"), "The tokenizer in .* cannot be read"),
        (truncated("tokenizer.json"), "The tokenizer in .* cannot be read"),
        (missing("model.safetensors"), "The weights in .* cannot be read: .*model.safetensors"),
        (truncated("model.safetensors"), "The weights in .* cannot be read"),
        (lambda folder: pickled(folder, Harmful()), "The weights in .* holds? code, which is not run. Get"),
        (with_config(num_hidden_layers=3), r"The weights in .* lack encoder.layer.2.*another kind of model\?"),
        (with_config(vocab_size=500), "The weights in .* cannot be read"),
        (missing("modules.json"), "modules.json is missing or damaged"),
        (truncated("modules.json"), "modules.json is missing or damaged"),
        (
            with_modules("Transformer", "Pooling", "Dense"),
            "Transformer, Pooling, Dense; known are Transformer, Pooling",
        ),
        (with_modules("Transformer"), "has the modules Transformer; known are"),
        (with_modules(), "has the modules ; known are"),
        (missing("1_Pooling/config.json"), "config.json is missing or damaged"),
        (
            with_pooling(pooling_mode_max_tokens=True),
            "pools by max_tokens; known are mean_tokens, weightedmean_tokens, cls_token, lasttoken",
        ),
        (with_pooling(pooling_mode_mean_tokens=True, pooling_mode_cls_token=True), "by mean_tokens and cls_token"),
        (with_pooling(pooling_mode_cls_token=False), "pools by nothing"),
    ],
)
def test_unusable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Damage, message: str) -> None:
    """A ModelError on one line that names the folder and the fault; a pickled command is not run."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "tiny"
    write_encoder(folder)
    damage(folder)
    with pytest.raises(ModelError, match=message) as caught:
        BiEncoder.from_pretrained(str(folder), "cpu")
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not Path("harmed").exists()


def test_pickled_weights(tmp_path: Path) -> None:
    """Older models come in PyTorch's own files: the vectors are the same, and the digest sees the file."""
    vectors, digests = [], []
    for seed, change in ((0, lambda folder: None), (0, pickled), (1, pickled)):
        folder = tmp_path / f"{len(vectors)}"
        write_encoder(folder, seed=seed)
        change(folder)
        vectors.append(BiEncoder.from_pretrained(str(folder), "cpu").encode_passages(["the great wall"]))
        digests.append(fingerprint(folder))
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert len(set(digests)) == 3


@pytest.mark.parametrize("name", ["/nowhere/model", "./model", "../a/b", "model", "a/b/c"])
def test_no_such_folder(name: str) -> None:
    """What can't be a hub id is not looked up there."""
    with pytest.raises(ModelError, match=f"There is no model folder {name}. Give an existing folder or a hub id"):
        find_folder(name)


def test_a_folder_without_weights(tmp_path: Path) -> None:
    """The message says what is missing."""
    write_encoder(tmp_path / "tiny")
    (tmp_path / "tiny" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"tiny holds no weights .* download all of the model's files"):
        BiEncoder.from_pretrained(str(tmp_path / "tiny"), "cpu")


def test_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absolute, relative, or in the home folder; a folder wins over a hub id of the same name."""
    (tmp_path / "owner" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_folder(str(tmp_path / "owner")) == tmp_path / "owner"
    assert find_folder("owner/model") == Path("owner/model")
    assert find_folder("~/owner") == tmp_path / "owner"


def test_tokenizer_without_offsets(tmp_path: Path) -> None:
    """A tokenizer that runs in Python gives no character offsets and is refused."""
    ByT5Tokenizer().save_pretrained(tmp_path)
    write_json(tmp_path / "config.json", {"model_type": "t5"})
    with pytest.raises(ModelError, match=r"has no tokenizer\.json"):
        load_tokenizer(tmp_path)


def test_unused_weights_are_no_news(tmp_path: Path) -> None:
    """A person at the command line is not told of a BERT's pooling layer, which is left out; nor of anything else."""
    write_encoder(tmp_path)
    code = f"from retrieval.bi_encoder import BiEncoder; BiEncoder.from_pretrained({str(tmp_path)!r}, 'cpu')"
    root = Path(__file__).resolve().parent.parent
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


def test_missing_head_is_refused(tmp_path: Path) -> None:
    """An encoder's weights loaded as a question answerer would get a random head."""
    write_model(tmp_path, BertModel, tiny_bert())
    with pytest.raises(ModelError, match=r"lack qa_outputs.bias: another kind of model\?"):
        load_weights(AutoModelForQuestionAnswering, tmp_path, CPU)


def test_weights_come_in_float32(tmp_path: Path) -> None:
    """Half-precision files are widened, and the model is in inference mode."""
    write_model(tmp_path, BertModel, tiny_bert()).half().save_pretrained(tmp_path)  # type: ignore[no-untyped-call]
    model = load_weights(BertModel, tmp_path, CPU)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert not model.training


def test_fingerprint_sees_both_ends(tmp_path: Path) -> None:
    """A changed byte at either end, or another size, changes it; other files don't."""
    weights = tmp_path / "model.safetensors"
    found = set()
    for content in (b"a" * 3_000_000, b"b" + b"a" * 2_999_999, b"a" * 2_999_999 + b"b", b"a" * 3_000_001, b"", b"a"):
        weights.write_bytes(content)
        found.add(fingerprint(tmp_path))
    assert len(found) == 6
    before = fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("a card")
    assert fingerprint(tmp_path) == before


def test_labels() -> None:
    """Names and places as the configuration has them."""
    config = tiny_bert()
    config.label2id = {"relevance": 0, "answer_end": 2}
    assert label_ids(config) == {"relevance": 0, "answer_end": 2}
