"""Vectors against a plain use of transformers: one text at a time, no padding, the recipe written out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import tiny_bert, write_encoder, write_json, write_layout, write_model
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer, BertModel

from retrieval.bi_encoder import BiEncoder

BUNDLED = Path(__file__).resolve().parent.parent / "models" / "bi-encoder"
TEXTS = ["Où est la tour ?", "长城有多长？", "How tall is the great wall?", "", "x", "😀", "the tower is tall " * 40]


@pytest.fixture(autouse=True)
def float32_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute as on a processor without bfloat16, whatever this one has."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)


def plain_vector(folder: Path, text: str, pooling: str = "mean", normalise: bool = True) -> NDArray[np.float32]:
    """Return one text's vector by the recipe that the sentence-transformers layout stands for."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        states = model(**tokenizer(text, truncation=True, return_tensors="pt")).last_hidden_state[0]
    places = torch.arange(1, len(states) + 1)[:, None]
    weighted = (places * states).sum(0) / places.sum()
    vector = {"mean": states.mean(0), "cls": states[0], "last": states[-1], "weighted_mean": weighted}[pooling]
    array: NDArray[np.float32] = (vector / vector.norm() if normalise else vector).numpy()
    return array


@pytest.fixture(scope="module")
def bundled() -> Iterator[BiEncoder]:
    """Return the bundled model in float32."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)
        yield BiEncoder.from_pretrained(str(BUNDLED), "cpu")


def test_bundled_model_equals_the_plain_recipe(bundled: BiEncoder) -> None:
    """Masked mean and L2 norm over the last hidden states, to 1e-5."""
    expected = np.stack([plain_vector(BUNDLED, text) for text in TEXTS])
    for vectors in (bundled.encode_passages(TEXTS), bundled.encode_questions(TEXTS)):
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)


def test_bundled_identity_and_limits(bundled: BiEncoder) -> None:
    """256 tokens, two of them special; no prefixes."""
    assert bundled.max_tokens == 256 - 2
    identity = bundled.identity
    assert (identity.name, identity.dimension, identity.distance) == ("bi-encoder", 384, "cosine")
    assert identity.text_form == "||mean|256"


@pytest.mark.parametrize(
    ("mode", "pooling"),
    [("mean_tokens", "mean"), ("cls_token", "cls"), ("lasttoken", "last"), ("weightedmean_tokens", "weighted_mean")],
)
@pytest.mark.parametrize("normalise", [True, False])
def test_pooling(tmp_path: Path, mode: str, pooling: str, normalise: bool) -> None:
    """Every pooling, with and without the Normalize module, in batches of mixed length."""
    write_encoder(tmp_path, mode, normalise)
    vectors = BiEncoder.from_pretrained(str(tmp_path), "cpu").encode_passages(TEXTS)
    expected = np.stack([plain_vector(tmp_path, text, pooling, normalise) for text in TEXTS])
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)
    assert np.abs(expected[0] - expected[1]).max() > 0.01  # else any model would pass


@pytest.mark.parametrize("passage_name", ["passage", "document"])
def test_prompts(tmp_path: Path, passage_name: str) -> None:
    """Questions and passages each get their prefix, and the prefix is part of the identity."""
    write_encoder(tmp_path)
    write_json(
        tmp_path / "config_sentence_transformers.json", {"prompts": {"query": "how: ", passage_name: "the wall: "}}
    )
    encoder = BiEncoder.from_pretrained(str(tmp_path), "cpu")
    question, passage = encoder.encode_questions(["tower"])[0], encoder.encode_passages(["tower"])[0]
    np.testing.assert_allclose(question, plain_vector(tmp_path, "how: tower"), rtol=0, atol=1e-5)
    np.testing.assert_allclose(passage, plain_vector(tmp_path, "the wall: tower"), rtol=0, atol=1e-5)
    assert encoder.identity.text_form == "how: |the wall: |mean|48"
    assert encoder.max_tokens == 48 - 2 - 3  # [CLS] and [SEP]; "the", "wall", ":"


def test_max_tokens_is_the_smallest_limit(tmp_path: Path) -> None:
    """Positions 64, tokenizer 48; then the layout's own limit, which cuts what is read."""
    write_encoder(tmp_path)
    assert BiEncoder.from_pretrained(str(tmp_path), "cpu").max_tokens == 48 - 2
    write_json(tmp_path / "sentence_bert_config.json", {"max_seq_length": None})
    assert BiEncoder.from_pretrained(str(tmp_path), "cpu").max_tokens == 48 - 2
    write_json(tmp_path / "sentence_bert_config.json", {"max_seq_length": 6})
    encoder = BiEncoder.from_pretrained(str(tmp_path), "cpu")
    assert encoder.max_tokens == 6 - 2
    long, cut = encoder.encode_passages(["the tower is tall how great", "the tower is tall"])
    np.testing.assert_allclose(long, cut, rtol=0, atol=1e-6)


def test_positions_limit_a_longer_tokenizer(tmp_path: Path) -> None:
    """A text longer than the position table does not crash the model."""
    write_model(tmp_path, BertModel, tiny_bert(max_position_embeddings=8))
    write_layout(tmp_path, "mean_tokens", normalise=True)
    encoder = BiEncoder.from_pretrained(str(tmp_path), "cpu")
    assert encoder.max_tokens == 8 - 2
    assert encoder.encode_passages(["the tower " * 50]).shape == (1, 16)


def test_count_tokens(tmp_path: Path) -> None:
    """Special tokens are not counted, long texts not cut."""
    write_encoder(tmp_path)
    encoder = BiEncoder.from_pretrained(str(tmp_path), "cpu")
    assert encoder.count_tokens(["the tower", "abc", "长城 9", "", "the " * 500]) == [2, 3, 3, 0, 500]
    assert encoder.count_tokens([]) == []


def test_identity_changes_with_the_weights(tmp_path: Path) -> None:
    """Same name, same form, other weights: another encoder; the same weights elsewhere: the same digest."""
    identities = []
    for place, seed in (("one/tiny", 0), ("two/tiny", 1), ("three/tiny", 0)):
        write_encoder(tmp_path / place, seed=seed)
        identities.append(BiEncoder.from_pretrained(str(tmp_path / place), "cpu").identity)
    assert {identity.name for identity in identities} == {"tiny"}
    assert identities[0] != identities[1]
    assert identities[0] == identities[2]


def test_nothing_to_encode(bundled: BiEncoder) -> None:
    """No text gives no rows, still of the model's width."""
    assert bundled.encode_passages([]).shape == bundled.encode_questions([]).shape == (0, 384)


def test_threads_share_an_encoder(bundled: BiEncoder) -> None:
    """Eight threads, vectors and counts as from one."""
    texts = [f"{text[:40]} {place}" for place in range(8) for text in TEXTS]
    expected, counts = bundled.encode_passages(texts), bundled.count_tokens(texts)
    with ThreadPoolExecutor(8) as pool:
        vectors = list(pool.map(lambda text: bundled.encode_passages([text])[0], texts))
        assert list(pool.map(lambda text: bundled.count_tokens([text])[0], texts)) == counts
    np.testing.assert_allclose(np.stack(vectors), expected, rtol=0, atol=1e-5)


def test_floor(tmp_path: Path, bundled: BiEncoder) -> None:
    """Read from the configuration; out of reach where it does not say."""
    write_encoder(tmp_path)
    assert BiEncoder.from_pretrained(str(tmp_path), "cpu").floor == float("inf")
    assert bundled.floor == 0.4
