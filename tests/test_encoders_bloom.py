"""The BLOOM rows against the code on their pages, written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import FirstWordReader, OpenStore, OverlapReranker
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import AutoModel, AutoTokenizer

from ingest.pipeline import InputFile, ingest_files
from retrieval.checkpoints import load_tokenizer
from retrieval.errors import ModelError
from retrieval.presets import ENCODERS
from retrieval.search import Models, Searcher
from retrieval.text_form import TextForm
from tests.public_checkpoints import HUB_IDS, TEXTS, load_encoder, write_public

Array = NDArray[np.float32]
UDEVER = [hub_id for hub_id in HUB_IDS if "udever" in hub_id]
CMARKEA = [hub_id for hub_id in HUB_IDS if hub_id.startswith("cmarkea/")]
SGPT = "bigscience/sgpt-bloom-7b1-msmarco"


def load(folder: Path, padding_side: str) -> tuple[Any, Any]:
    """Return tokenizer and model as a page's code has them, in float32."""
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side=padding_side)
    return tokenizer, AutoModel.from_pretrained(folder, dtype=torch.float32).eval()


@torch.no_grad()
def udever(folder: Path, texts: tuple[str, ...], is_query: bool) -> Array:
    """Return vectors as udever's page makes them: the end token is put in after padding."""
    tokenizer, model = load(folder, "left")
    begin, end = ("[BOQ]", "[EOQ]") if is_query else ("[BOD]", "[EOD]")
    encoding = tokenizer([begin + text for text in texts], truncation=True, max_length=300 - 1, padding=True)
    for ids, mask in zip(encoding["input_ids"], encoding["attention_mask"], strict=True):
        ids.append(tokenizer.convert_tokens_to_ids(end))
        mask.append(1)
    inputs = tokenizer.pad(encoding, return_tensors="pt")
    vectors: Array = model(**inputs).last_hidden_state[:, -1].numpy()
    return vectors


@torch.no_grad()
def cmarkea(folder: Path, texts: tuple[str, ...]) -> Array:
    """Return vectors as the retrievers' pages make them, one text at a time."""
    tokenizer, model = load(folder, "left")
    inputs = [tokenizer(text.strip(), return_tensors="pt", truncation=True, max_length=512) for text in texts]
    return np.stack([model(**one).last_hidden_state[0, -1].numpy() for one in inputs])


@torch.no_grad()
def sgpt(folder: Path, texts: tuple[str, ...], is_query: bool) -> Array:
    """Return vectors as SGPT's page makes them, padded on the right: brackets as tokens, later tokens weigh more."""
    tokenizer, model = load(folder, "right")
    first, last = (tokenizer.encode(bracket, add_special_tokens=False)[0] for bracket in ("[]" if is_query else "{}"))
    batch = tokenizer([text.strip() for text in texts], padding=False, truncation=True, max_length=298)
    for ids, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True):
        ids.insert(0, first)
        ids.append(last)
        mask.insert(0, 1)
        mask.append(1)
    batch = tokenizer.pad(batch, padding=True, return_tensors="pt")
    states = model(**batch).last_hidden_state
    weights = torch.arange(1, states.shape[1] + 1)[None, :, None].expand(states.size()).float()
    mask = batch["attention_mask"][:, :, None].expand(states.size()).float()
    vectors: Array = ((states * mask * weights).sum(dim=1) / (mask * weights).sum(dim=1)).numpy()
    return vectors


@pytest.mark.parametrize("hub_id", UDEVER)
def test_udever(tmp_path: Path, hub_id: str) -> None:
    """Beginning and end tokens, last state, 300 tokens, cosine."""
    folder = write_public(tmp_path, hub_id)
    encoder = load_encoder(folder)
    np.testing.assert_allclose(encoder.encode_questions(TEXTS), udever(folder, TEXTS, True), rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), udever(folder, TEXTS, False), rtol=0, atol=1e-5)
    assert encoder.identity.distance == "cosine"
    assert encoder.identity.text_form == "[BOQ]…[EOQ]|[BOD]…[EOD]|last|300"
    assert encoder.max_tokens == 300 - 2


def test_udever_tokens(tmp_path: Path) -> None:
    """The ids, literally: 4 special tokens, 256 bytes and 9 merges stand before [BOQ]."""
    tokenizer = load_tokenizer(write_public(tmp_path, UDEVER[0]))
    preset = ENCODERS[UDEVER[0]].preset
    question, passage = (TextForm(tokenizer, preset, kind).ids(["the tower"])[0] for kind in ("question", "passage"))
    assert question == [269, 261, 268, 270]
    assert passage == [271, 261, 268, 272]
    assert tokenizer.convert_ids_to_tokens(question + passage) == [
        "[BOQ]", "the", "Ġtower", "[EOQ]", "[BOD]", "the", "Ġtower", "[EOD]",
    ]  # fmt: skip


def test_udever_needs_its_tokens(tmp_path: Path) -> None:
    """Another BLOOM's tokenizer would cut [EOQ] into pieces: refused, not guessed."""
    folder, other = (write_public(tmp_path, hub_id) for hub_id in (UDEVER[0], CMARKEA[0]))
    (folder / "tokenizer.json").write_bytes((other / "tokenizer.json").read_bytes())
    with pytest.raises(ModelError, match=r"does not have \[EOQ\] as one token"):
        load_encoder(folder)


@pytest.mark.parametrize("hub_id", CMARKEA)
def test_cmarkea(tmp_path: Path, hub_id: str) -> None:
    """Bare text, last state, raw vectors; the first version by Euclidean distance. Files in bfloat16."""
    folder = write_public(tmp_path, hub_id)
    encoder = load_encoder(folder)
    for vectors in (encoder.encode_questions(TEXTS), encoder.encode_passages(TEXTS)):
        np.testing.assert_allclose(vectors, cmarkea(folder, TEXTS), rtol=0, atol=1e-5)
    assert encoder.identity.distance == ("cosine" if hub_id.endswith("-v2") else "euclid")
    assert encoder.identity.text_form == "||last|512"
    assert encoder.max_tokens == 512
    assert TextForm(load_tokenizer(folder), ENCODERS[hub_id].preset, "passage").ids(["the tower\n", ""]) == [
        [261, 268],
        [],
    ]
    assert not encoder.encode_passages(["", " \n"]).any()


def test_cmarkea_against_sentence_transformers(tmp_path: Path) -> None:
    """Its Transformer and last-token Pooling, padded on the left."""
    folder = write_public(tmp_path, CMARKEA[0])
    body = Transformer(str(folder), max_seq_length=512, model_kwargs={"dtype": torch.float32})
    model = SentenceTransformer(modules=[body, Pooling(16, "lasttoken")], device="cpu")
    expected = model.encode([text.strip() for text in TEXTS])
    np.testing.assert_allclose(load_encoder(folder).encode_passages(TEXTS), expected, rtol=0, atol=1e-5)


def test_bare_text_needs_a_bare_tokenizer(tmp_path: Path) -> None:
    """A BLOOM tokenizer that adds a token of its own is refused: the last state would be that token's."""
    folder, other = (write_public(tmp_path, hub_id) for hub_id in (CMARKEA[0], "intfloat/multilingual-e5-base"))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((other / name).read_bytes())
    with pytest.raises(ModelError, match="adds special tokens, which this model is run without"):
        load_encoder(folder)


def test_sgpt(tmp_path: Path) -> None:
    """Brackets as tokens, position-weighted mean, 300 tokens, cosine."""
    folder = write_public(tmp_path, SGPT)
    encoder = load_encoder(folder)
    np.testing.assert_allclose(encoder.encode_questions(TEXTS), sgpt(folder, TEXTS, True), rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), sgpt(folder, TEXTS, False), rtol=0, atol=1e-5)
    assert encoder.identity.distance == "cosine"
    assert encoder.identity.text_form == "[…]|{…}|weighted_mean|300"
    assert encoder.max_tokens == 300 - 2


def test_sgpt_tokens(tmp_path: Path) -> None:
    """The ids, literally; as characters of the text, the brackets would merge with the word beside them."""
    tokenizer = load_tokenizer(write_public(tmp_path, SGPT))
    preset = ENCODERS[SGPT].preset
    question, passage = (TextForm(tokenizer, preset, kind).ids([" the tower"])[0] for kind in ("question", "passage"))
    assert question == [62, 261, 268, 64]
    assert passage == [94, 261, 268, 96]
    assert tokenizer.convert_ids_to_tokens(question + passage) == [*"[", "the", "Ġtower", *"]{", "the", "Ġtower", "}"]
    assert tokenizer.tokenize("[the tower]")[0] == "[the"


def test_library_of_the_first_version(tmp_path: Path, open_library: OpenStore) -> None:
    """From files to a ranking, the nearest passage by Euclidean distance of raw vectors stands first."""
    folder = write_public(tmp_path, "cmarkea/bloomz-560m-retriever")
    encoder = load_encoder(folder)
    texts = ("the tower is tall", "the great wall", "長城有多長", "où est la tour", "paris", "x y z")
    store = open_library(encoder.identity)
    ingest_files([InputFile(f"{text}.txt", 1, lambda text=text: text.encode()) for text in texts], encoder, store)
    searcher = Searcher(store, Models(encoder, OverlapReranker(), FirstWordReader()), rerank_depth=0)
    found = searcher.search("where is the tower").rankings["dense"]
    passages = cmarkea(folder, tuple(hit.passage.indexed_text for hit in found))
    distances = np.linalg.norm(passages - cmarkea(folder, ("where is the tower",)), axis=1)
    assert len(found) == len(texts)
    np.testing.assert_allclose([hit.score for hit in found], -distances, rtol=1e-5)
    assert list(distances) == sorted(distances)
