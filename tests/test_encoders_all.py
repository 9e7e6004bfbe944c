"""What holds for every public encoder, whatever its family."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import write_json

from retrieval.batching import forward as original
from retrieval.bi_encoder import BiEncoder
from retrieval.presets import ENCODERS
from retrieval.text_form import TextForm
from tests.public_checkpoints import FAMILIES, TEXTS, load_encoder, write_public

LONG = TEXTS[-1]
ODD = (
    "",
    " ",
    "\n",
    "a",
    "塔",
    "?",
    "😀",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "où 长城 tower 😀 مرحبا Привет",
    "\u200b\ufeff",
    "[EOQ]",
    LONG,
)

every_family = pytest.mark.parametrize("hub_id", FAMILIES)


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BiEncoder]:
    """Give a double of each family of public encoders."""
    root = tmp_path_factory.mktemp("hub")
    return {hub_id: load_encoder(write_public(root, hub_id)) for hub_id in FAMILIES}


def form(encoder: BiEncoder, kind: str) -> TextForm:
    """Return the form in which an encoder is given questions or passages."""
    found: TextForm = getattr(encoder, f"_{kind}_form")
    return found


@every_family
def test_a_vector_does_not_depend_on_the_batch(encoders: dict[str, BiEncoder], hub_id: str) -> None:
    """Alone, among longer texts, and in another order: equal to 1e-5; and the texts do not all look the same."""
    encoder = encoders[hub_id]
    for encode in (encoder.encode_questions, encoder.encode_passages):
        together = encode(TEXTS)
        np.testing.assert_allclose(np.vstack([encode([text]) for text in TEXTS]), together, rtol=0, atol=1e-5)
        np.testing.assert_allclose(encode(TEXTS[::-1])[::-1], together, rtol=0, atol=1e-5)
        assert np.abs(together[0] - together[1]).max() > 0.01


@every_family
def test_odd_texts(encoders: dict[str, BiEncoder], hub_id: str) -> None:
    """Empty, blank, one character, emoji, mixed scripts, another model's token, 20,000 characters: finite numbers."""
    encoder = encoders[hub_id]
    for encode in (encoder.encode_questions, encoder.encode_passages):
        vectors = encode(ODD)
        assert vectors.shape == (len(ODD), 16)
        assert np.isfinite(vectors).all()
        if ENCODERS[hub_id].preset.normalise:
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@every_family
def test_truncation(encoders: dict[str, BiEncoder], hub_id: str) -> None:
    """A long text fills the limit exactly and keeps its end tokens; what is cut off changes nothing."""
    encoder = encoders[hub_id]
    limit = min(ENCODERS[hub_id].preset.max_tokens, 1024)  # the doubles have no more positions
    for kind in ("question", "passage"):
        short, long = form(encoder, kind).ids(["a", LONG])
        assert len(long) == limit
        room = form(encoder, kind).room
        assert room == limit - len(short) + encoder.count_tokens(["a"])[0]
        if hub_id.startswith("cmarkea/"):
            continue
        kept = 0 if ENCODERS[hub_id].preset.pooling == "weighted_mean" else -1
        assert long[kept] == short[kept]
    np.testing.assert_array_equal(encoder.encode_passages([LONG]), encoder.encode_passages([f"{LONG} tower"]))
    assert encoder.max_tokens == form(encoder, "passage").room


@every_family
def test_nothing_is_inherited_from_the_tokenizer(tmp_path: Path, encoders: dict[str, BiEncoder], hub_id: str) -> None:
    """Its files may say to pad and to cut on the other side: the vectors stay."""
    folder = write_public(tmp_path, hub_id)
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    other = "right" if ENCODERS[hub_id].preset.padding_side == "left" else "left"
    write_json(folder / "tokenizer_config.json", {**settings, "padding_side": other, "truncation_side": "left"})
    expected = encoders[hub_id].encode_questions(TEXTS)
    np.testing.assert_array_equal(load_encoder(folder).encode_questions(TEXTS), expected)


@every_family
def test_padding_on_the_other_side(
    monkeypatch: pytest.MonkeyPatch, encoders: dict[str, BiEncoder], hub_id: str
) -> None:
    """The same vectors, where positions do not count padding; a BERT's do, so it is padded on the right only."""
    if ENCODERS[hub_id].model_type == "bert":
        assert ENCODERS[hub_id].preset.padding_side == "right"
        return
    encoder = encoders[hub_id]
    expected = encoder.encode_passages(TEXTS)
    flipped = {"left": "right", "right": "left"}

    def forward(model: object, encoded: object, pad_id: int, side: str, compute: object) -> object:
        return original(model, encoded, pad_id, flipped[side], compute)  # type: ignore[arg-type]

    monkeypatch.setattr("retrieval.bi_encoder.forward", forward)
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("hub_id", ["izhx/udever-bloom-7b1", "Alibaba-NLP/gte-Qwen2-7B-instruct"])
def test_bfloat16(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoders: dict[str, BiEncoder], hub_id: str) -> None:
    """The number type that the large models have on a GPU: nearly the same directions, in float32."""
    monkeypatch.setattr("retrieval.bi_encoder.weights_type", lambda model_type, compute: torch.bfloat16)
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: True)
    encoder = BiEncoder.from_pretrained(str(write_public(tmp_path, hub_id)), "cpu")
    found, expected = encoder.encode_passages(TEXTS), encoders[hub_id].encode_passages(TEXTS)
    assert found.dtype == np.float32
    cosines = (found * expected).sum(axis=1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.min() > 0.99
    assert np.abs(found - expected).max() > 1e-4  # it was in bfloat16
