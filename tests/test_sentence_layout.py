"""Folders in sentence-transformers' layout, as it has been written over the years, against sentence-transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from checkpoints import write_encoder, write_json, write_layout
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import AutoModel, DistilBertConfig, MPNetConfig, PretrainedConfig, RobertaConfig

from retrieval.checkpoints import load_config
from retrieval.errors import ModelError
from tests.public_checkpoints import TEXTS, load_encoder, write_public

PROMPTS = {"query": "how tall: ", "document": "the wall: "}
Mode = Literal["mean", "weightedmean", "cls", "lasttoken"]


def settings(folder: Path, **values: object) -> None:
    """Write the layout's file of prompts and similarity."""
    write_json(folder / "config_sentence_transformers.json", values)


@pytest.mark.parametrize("include_prompt", [True, False])
@pytest.mark.parametrize("mode", ["mean", "weightedmean", "cls", "lasttoken"])
@pytest.mark.parametrize("hub_id", ["thenlper/gte-base", "intfloat/multilingual-e5-base", "izhx/udever-bloom-560m"])
def test_saved_by_sentence_transformers(tmp_path: Path, hub_id: str, mode: Mode, include_prompt: bool) -> None:
    """As its present version writes and reads it, every pooling, with prompts inside and outside of the pooling."""
    body = Transformer(str(write_public(tmp_path, hub_id)), model_kwargs={"dtype": torch.float32}, max_seq_length=64)
    modules = [body, Pooling(16, mode, include_prompt=include_prompt), Normalize()]
    SentenceTransformer(modules=modules, prompts=PROMPTS, device="cpu").save(str(tmp_path / "saved"))
    model, encoder = SentenceTransformer(str(tmp_path / "saved"), device="cpu"), load_encoder(tmp_path / "saved")
    # Without special tokens nothing is left of an empty text; the first of no tokens is, there, one of padding.
    texts = [*TEXTS, "" if (mode, include_prompt) != ("cls", False) else "a"]
    np.testing.assert_allclose(encoder.encode_questions(texts), model.encode_query(texts), rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(texts), model.encode_document(texts), rtol=0, atol=1e-5)
    name = {"weightedmean": "weighted_mean", "lasttoken": "last"}.get(mode, mode)
    form = f"how tall: |the wall: |{name}|64"
    assert encoder.identity.text_form == (form if include_prompt else f"{form}|prefix not pooled")


@pytest.mark.parametrize("kind", [MPNetConfig, RobertaConfig, DistilBertConfig], ids=lambda kind: str(kind.model_type))
def test_other_architectures(tmp_path: Path, kind: type[PretrainedConfig]) -> None:
    """Not in the table: with or without a pooling layer, positions from 0 or after the padding token's id."""
    folder = write_public(tmp_path, "intfloat/multilingual-e5-base").rename(tmp_path / "mine")
    rows = load_config(folder).vocab_size
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = kind(vocab_size=rows, max_position_embeddings=64, initializer_range=0.3, pad_token_id=1, **sizes)
    AutoModel.from_config(config).save_pretrained(folder)
    write_layout(folder, "mean_tokens", normalise=True)
    limit = 64 if kind is DistilBertConfig else 62
    model, encoder = SentenceTransformer(str(folder), device="cpu"), load_encoder(folder)
    model.max_seq_length = limit
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), model.encode(list(TEXTS)), rtol=0, atol=1e-5)
    assert encoder.max_tokens == limit - 2


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ({"query": "a: ", "document": "b: ", "passage": "c: ", "corpus": "d: ", "sts": "e: "}, "a: |b: "),
        ({"query": "a: ", "document": "", "passage": "c: ", "corpus": "d: "}, "a: |c: "),
        ({"corpus": "d: "}, "|d: "),
        ({"web_search_query": "f: "}, "|"),
        (None, "|"),
    ],
)
def test_which_prompt(tmp_path: Path, prompts: dict[str, str] | None, expected: str) -> None:
    """Of several, the one for questions and the first that says anything for passages."""
    write_encoder(tmp_path)
    settings(tmp_path, prompts=prompts)
    assert load_encoder(tmp_path).identity.text_form == f"{expected}|mean|48"


@pytest.mark.parametrize(
    ("similarity", "distance"), [(None, "cosine"), ("cosine", "cosine"), ("dot", "dot"), ("euclidean", "euclid")]
)
def test_similarity(tmp_path: Path, similarity: str | None, distance: str) -> None:
    """The distance of the library follows it."""
    write_encoder(tmp_path, normalise=False)
    settings(tmp_path, similarity_fn_name=similarity)
    assert load_encoder(tmp_path).identity.distance == distance


def test_unknown_similarity(tmp_path: Path) -> None:
    """Refused with those that are known."""
    write_encoder(tmp_path)
    settings(tmp_path, similarity_fn_name="manhattan")
    with pytest.raises(ModelError, match="compares by manhattan; known are cosine, dot, euclidean"):
        load_encoder(tmp_path)


@pytest.mark.parametrize("name", ["sentence_bert_config.json", "sentence_xlm-roberta_config.json"])
def test_limit_under_its_older_names(tmp_path: Path, name: str) -> None:
    """The file was named after the architecture once."""
    write_encoder(tmp_path)
    write_json(tmp_path / name, {"max_seq_length": 9, "do_lower_case": True})  # the tokenizer does that anyway
    assert load_encoder(tmp_path).max_tokens == 9 - 2


def test_lower_case_that_the_tokenizer_does_not_do(tmp_path: Path) -> None:
    """Refused: its vectors would be others."""
    folder = write_public(tmp_path, "intfloat/multilingual-e5-base").rename(tmp_path / "mine")
    write_json(folder / "modules.json", [{"type": f"m.{kind}", "path": "1"} for kind in ("Transformer", "Pooling")])
    write_json(folder / "1" / "config.json", {"pooling_mode": "mean"})
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 9, "do_lower_case": True})
    with pytest.raises(ModelError, match=r"asks for lower case, which the tokenizer in .* does not do by itself"):
        load_encoder(folder)


@pytest.mark.parametrize("modes", [["mean", "cls"], "max", []])
def test_unknown_pooling(tmp_path: Path, modes: object) -> None:
    """Several poolings in one vector, or another kind, in the newer form of the file."""
    write_encoder(tmp_path)
    write_json(tmp_path / "1_Pooling" / "config.json", {"pooling_mode": modes})
    with pytest.raises(ModelError, match="known are mean_tokens, weightedmean_tokens, cls_token, lasttoken"):
        load_encoder(tmp_path)
