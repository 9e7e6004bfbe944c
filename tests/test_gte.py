"""GTE's published layout on transformers' classes, against the architecture written out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import tiny_bert, write_json
from reranker_checkpoints import gte_config, write_gte
from torch.nn.functional import gelu, layer_norm
from transformers import AutoTokenizer

from retrieval.cross_encoder import CrossEncoder
from retrieval.errors import ModelError
from retrieval.gte import read_gte_config

QUESTION = "how tall is the tower?"
TEXTS = ["the tower is tall", "", "x", "塔有多高 é 😀", "the tower " * 100]
HEADS, WIDTH = 2, 16


@pytest.fixture(autouse=True)
def float32_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute as on a processor without bfloat16, whatever this one has."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)


def rotated(states: torch.Tensor) -> torch.Tensor:
    """Return (heads, tokens, width) turned by position, with the published base 20000 and NTK factor 8."""
    frequencies = 1 / (20000 * 8) ** (torch.arange(0, WIDTH, 2) / WIDTH) / 8 ** (2 / WIDTH)
    angles = torch.arange(states.shape[1])[:, None] * frequencies
    angles = torch.cat([angles, angles], dim=1)
    half = torch.cat([-states[..., WIDTH // 2 :], states[..., : WIDTH // 2]], dim=-1)
    return states * angles.cos() + half * angles.sin()


def plain_logit(weights: dict[str, torch.Tensor], ids: list[int]) -> float:
    """Return the logit of one row of tokens: post-norm layers, rotary attention, gated GELU, tanh pooler."""

    def linear(name: str, states: torch.Tensor) -> torch.Tensor:
        return states @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", torch.zeros(1))

    def normed(name: str, states: torch.Tensor) -> torch.Tensor:
        return layer_norm(states, states.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-12)

    embedded = weights["new.embeddings.word_embeddings.weight"][ids]
    states = normed("new.embeddings.LayerNorm", embedded + weights["new.embeddings.token_type_embeddings.weight"][0])
    for layer in (0, 1):
        name = f"new.encoder.layer.{layer}"
        parts = linear(f"{name}.attention.qkv_proj", states).chunk(3, dim=-1)
        query, key, value = (part.view(len(ids), HEADS, WIDTH).transpose(0, 1) for part in parts)
        scores = rotated(query) @ rotated(key).transpose(1, 2) / WIDTH**0.5
        context = (scores.softmax(-1) @ value).transpose(0, 1).flatten(1)
        states = normed(f"{name}.attn_ln", states + linear(f"{name}.attention.o_proj", context))
        up, gate = linear(f"{name}.mlp.up_gate_proj", states).chunk(2, dim=-1)
        states = normed(f"{name}.mlp_ln", states + linear(f"{name}.mlp.down_proj", gelu(gate) * up))
    return linear("classifier", linear("new.pooler.dense", states[0]).tanh()).item()


def test_scores_equal_the_architecture_written_out(tmp_path: Path) -> None:
    """To 1e-5, with the page's pairs and at most 512 tokens; every published weight has found its place."""
    folder = tmp_path / "gte-multilingual-reranker-base"
    weights = write_gte(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    pairs = tokenizer([QUESTION] * len(TEXTS), TEXTS, truncation=True, max_length=512)["input_ids"]
    logits = np.array([plain_logit(weights, ids) for ids in pairs])
    scores = CrossEncoder.from_pretrained(str(folder), "cpu").score(QUESTION, TEXTS)
    np.testing.assert_allclose(scores, 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-5)
    assert np.ptp(scores) > 0.01


def test_the_rotary_embedding_in_transformers_terms(tmp_path: Path) -> None:
    """Base 20000 * 8 and frequencies divided by 8^(2/16); without scaling the base alone."""
    write_json(tmp_path / "config.json", gte_config())
    config = read_gte_config(tmp_path)
    assert config is not None
    assert config.rope_parameters == {"rope_type": "linear", "rope_theta": 160000.0, "factor": 8**0.125}
    write_json(tmp_path / "config.json", gte_config(rope_scaling=None))
    config = read_gte_config(tmp_path)
    assert config is not None
    assert config.rope_parameters == {"rope_type": "default", "rope_theta": 20000.0}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"pack_qkv": False}, "pack_qkv is False in config.json; only True is known here"),
        ({"position_embedding_type": "absolute"}, "position_embedding_type is 'absolute'.*only 'rope'"),
        ({"layer_norm_type": "rms_norm"}, "layer_norm_type is 'rms_norm'"),
        ({"logn_attention_scale": True}, "logn_attention_scale is True"),
        ({"rope_scaling": {"type": "ntk", "factor": 8.0, "mixed_b": 0.3}}, "mixed_b.*only ntk with a factor"),
        ({"rope_scaling": {"type": "dynamic", "factor": 8.0}}, "dynamic.*only ntk with a factor"),
        ({"rope_scaling": {"type": "ntk"}}, "cannot be read as a GTE model: KeyError 'factor'"),
        ({"hidden_size": "many"}, "cannot be read as a GTE model: ValueError"),
    ],
)
def test_what_the_classes_cannot_do_is_refused(tmp_path: Path, changes: dict[str, object], fault: str) -> None:
    """Rather than run in a way that is nearly right."""
    write_json(tmp_path / "config.json", gte_config(**changes))
    with pytest.raises(ModelError, match=fault):
        read_gte_config(tmp_path)


def test_other_folders_are_none_of_its_business(tmp_path: Path) -> None:
    """A BERT, no file, a damaged file: read, or reported, elsewhere."""
    assert read_gte_config(tmp_path) is None
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    assert read_gte_config(tmp_path) is None
    (tmp_path / "config.json").write_text(json.dumps(tiny_bert().to_dict()), encoding="utf-8")
    assert read_gte_config(tmp_path) is None
