"""The Qwen2 rows against the code on their pages, written out; their attention."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers.processors import TemplateProcessing
from transformers import AutoModel, AutoTokenizer
from transformers.masking_utils import create_causal_mask

from retrieval.checkpoints import load_tokenizer, load_weights
from retrieval.errors import ModelError
from retrieval.presets import ENCODERS
from retrieval.text_form import TextForm
from tests.checkpoints import write_json
from tests.public_checkpoints import HUB_IDS, TEXTS, load_encoder, write_public

QWEN2 = [hub_id for hub_id in HUB_IDS if ENCODERS[hub_id].model_type == "qwen2"]
ZHIHUI, GTE = QWEN2
INSTRUCTION = (
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "  # ends with a blank
)
LIMITS = {ZHIHUI: 512, GTE: 1024}  # the page of the second says 8192; its double has 1024 positions


@torch.no_grad()
def plain(folder: Path, texts: list[str], limit: int) -> NDArray[np.float32]:
    """Return vectors one text at a time: end token, every token sees every other, last state, norm 1.

    The attention does not come from the configuration here: the model is handed a mask that hides nothing.
    """
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    vectors = []
    for text in texts:
        ids = [*tokenizer(text, add_special_tokens=False)["input_ids"][: limit - 1], model.config.eos_token_id]
        mask: Any = {"full_attention": torch.zeros(1, 1, len(ids), len(ids))}
        state = model(torch.tensor([ids]), attention_mask=mask).last_hidden_state[0, -1]
        vectors.append((state / state.norm()).numpy())
    return np.stack(vectors)


@pytest.mark.parametrize("hub_id", QWEN2)
def test_qwen2(tmp_path: Path, hub_id: str) -> None:
    """Instruction on questions only, end token on every text, bidirectional, norm 1."""
    folder = write_public(tmp_path, hub_id)
    encoder = load_encoder(folder)
    texts = [*TEXTS, ""]
    questions = plain(folder, [INSTRUCTION + text for text in texts], LIMITS[hub_id])
    np.testing.assert_allclose(encoder.encode_questions(texts), questions, rtol=0, atol=1e-5)
    passages = plain(folder, texts, LIMITS[hub_id])
    np.testing.assert_allclose(encoder.encode_passages(texts), passages, rtol=0, atol=1e-5)
    assert encoder.identity.distance == "cosine"
    assert encoder.identity.text_form == f"{INSTRUCTION}…<|endoftext|>|…<|endoftext|>|last|{LIMITS[hub_id]}"
    assert encoder.max_tokens == LIMITS[hub_id] - 1


def test_limits() -> None:
    """What the pages say, before any position table."""
    assert [ENCODERS[hub_id].preset.max_tokens for hub_id in QWEN2] == [512, 8192]
    assert [ENCODERS[hub_id].dimension for hub_id in QWEN2] == [3584, 3584]


def test_tokens(tmp_path: Path) -> None:
    """The ids, literally: one end token, also where the tokenizer adds one too."""
    tokenizer = load_tokenizer(write_public(tmp_path, ZHIHUI))
    end = ("<|endoftext|>", 265)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single=f"$A {end[0]}", special_tokens=[end])
    assert tokenizer("the tower")["input_ids"] == [257, 264, 265]
    preset = ENCODERS[ZHIHUI].preset
    assert TextForm(tokenizer, preset, "passage").ids(["the tower", ""]) == [[257, 264, 265], [265]]
    question = TextForm(tokenizer, preset, "question").ids(["the tower"])[0]
    assert tokenizer.convert_ids_to_tokens(question)[-11:] == [
        "Ċ", "Q", "u", "e", "r", "y", ":", "Ġ", "the", "Ġtower", "<|endoftext|>",
    ]  # fmt: skip
    assert tokenizer.decode(question) == INSTRUCTION + "the tower<|endoftext|>"


def test_against_sentence_transformers(tmp_path: Path) -> None:
    """Its Transformer, told that the model is not causal; the end token is written out."""
    folder = write_public(tmp_path, GTE)
    body = Transformer(str(folder), max_seq_length=1024, model_kwargs={"dtype": torch.float32})
    body.model.config.is_causal = False
    modules = [body, Pooling(16, "lasttoken"), Normalize()]
    model = SentenceTransformer(modules=modules, prompts={"query": INSTRUCTION}, device="cpu")
    encoder, texts = load_encoder(folder), [*TEXTS[:-1], ""]  # it would cut the end token off the long one
    ended = [f"{text}<|endoftext|>" for text in texts]
    np.testing.assert_allclose(encoder.encode_questions(texts), model.encode_query(ended), rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(texts), model.encode_document(ended), rtol=0, atol=1e-5)


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_causal_attention_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, implementation: str) -> None:
    """As with a transformers that does not know `is_causal`: the vectors would be wrong without any sign of it."""

    def older(config: Any, **arguments: Any) -> Any:
        config.is_causal = True
        return create_causal_mask(config=config, **arguments)

    folder = write_public(tmp_path, ZHIHUI)
    monkeypatch.setattr("retrieval.checkpoints.load_weights", partial(load_weights, attn_implementation=implementation))
    monkeypatch.setattr("transformers.models.qwen2.modeling_qwen2.create_causal_mask", older)
    with pytest.raises(ModelError, match="must be run with bidirectional attention and runs with the other kind"):
        load_encoder(folder)


def test_wrong_end_token_is_refused(tmp_path: Path) -> None:
    """The configuration's end token and the tokenizer's must be one."""
    folder = write_public(tmp_path, ZHIHUI)
    config = load_encoder(folder)._model.config.to_dict()
    write_json(folder / "config.json", {**config, "eos_token_id": 7})
    with pytest.raises(ModelError, match=r"ends a text with token 7, which is not <\|endoftext\|>"):
        load_encoder(folder)


def test_own_code_without_a_row_is_refused(tmp_path: Path) -> None:
    """A model that comes with code of its own, run without it, may be another model."""
    folder = write_public(tmp_path, ZHIHUI).rename(tmp_path / "gte-Qwen2-1.5B-instruct")
    with pytest.raises(ModelError, match="comes with code of its own, which this application does not run"):
        load_encoder(folder)
