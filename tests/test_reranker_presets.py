"""The table of rerankers, how a name finds its row, and what is refused when a folder is loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import tiny_bert, write_json, write_model
from reranker_checkpoints import write_bloom, write_bloom_tokenizer, write_xlm_roberta, write_xlm_roberta_tokenizer
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertForSequenceClassification,
    PretrainedConfig,
)

from retrieval.checkpoints import find_row
from retrieval.cross_encoder import CrossEncoder
from retrieval.errors import ModelError
from retrieval.reranker_presets import RERANKERS

BLOOMZ = RERANKERS["cmarkea/bloomz-560m-reranking"]
# Width, layers, heads, inner width, positions and vocabulary as published.
XLM_ROBERTA = {
    "BAAI/bge-reranker-base": (768, 12, 12, 3072, 514, 250002),
    "BAAI/bge-reranker-large": (1024, 24, 16, 4096, 514, 250002),
    "BAAI/bge-reranker-v2-m3": (1024, 24, 16, 4096, 8194, 250002),
    "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1": (384, 12, 12, 1536, 514, 250002),
    "Alibaba-NLP/gte-multilingual-reranker-base": (768, 12, 12, 3072, 8192, 250048),
}
BLOOM = {"cmarkea/bloomz-560m-reranking": (1024, 24, 16), "cmarkea/bloomz-3b-reranking": (2560, 30, 32)}


@pytest.fixture(autouse=True)
def float32_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute as on a processor without bfloat16, whatever this one has."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)


def published(name: str) -> PretrainedConfig:
    """Return the configuration of the published model, as far as its size depends on it."""
    if name in BLOOM:
        width, layers, heads = BLOOM[name]
        return AutoConfig.for_model("bloom", hidden_size=width, n_layer=layers, n_head=heads, vocab_size=250880)
    width, layers, heads, inner, positions, words = XLM_ROBERTA[name]
    return AutoConfig.for_model(
        "gte" if "gte" in name else "xlm-roberta",
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=positions,
        vocab_size=words,
        type_vocab_size=1,
        num_labels=1,
    )


@pytest.mark.parametrize("name", RERANKERS)
def test_parameters(name: str) -> None:
    """The millions in the table are counted on the architecture, without any weight."""
    with torch.device("meta"):
        model = AutoModelForSequenceClassification.from_config(published(name))
    assert round(RERANKERS[name].parameters / 1e6) == round(model.num_parameters() / 1e6)


def test_what_the_pages_say() -> None:
    """Order, separators, cut, limit, label: the rows that differ, and that no other does."""
    for name, row in RERANKERS.items():
        is_bloom = name.startswith("cmarkea/")
        assert row.form.passage_first == is_bloom
        assert row.positive_label == ("LABEL_1" if is_bloom else None)
        assert row.separators == (("", "", "") if is_bloom else ("<s>", "</s></s>", "</s>"))
        assert row.form.cut == ("longest" if name.startswith(("cross-encoder/", "Alibaba-NLP/")) else "passage")
        assert row.form.question_share == (0.75 if name.startswith("BAAI/") else 0.5)
        assert row.form.max_tokens == (2048 if is_bloom else 1024 if name.endswith("v2-m3") else 512)
    assert {row.licence for row in RERANKERS.values()} == {"mit", "apache-2.0", "bigscience-bloom-rail-1.0"}


def test_names_that_find_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub id, a folder's own name, a folder in the hub's cache; in whatever case."""
    folder = tmp_path / "Bloomz-560M-Reranking"
    snapshot = tmp_path / "hub" / "models--cmarkea--bloomz-560m-reranking" / "snapshots" / "2a668b3"
    for made in (folder, snapshot):
        made.mkdir(parents=True)
    (tmp_path / "linked").symlink_to(snapshot)
    names = ["cmarkea/bloomz-560m-reranking", "CMarkea/Bloomz-560m-Reranking", f"{folder}", f"{folder}/", f"{snapshot}"]
    for name in [*names, str(tmp_path / "linked")]:
        assert find_row(RERANKERS, name) is BLOOMZ, name
    monkeypatch.chdir(folder)
    assert find_row(RERANKERS, ".") is BLOOMZ


def test_names_that_find_none(tmp_path: Path) -> None:
    """Another owner's model is another model; so is a folder inside one of that name."""
    inside = tmp_path / "bloomz-560m-reranking" / "fine-tuned"
    snapshot = tmp_path / "models--someone--bloomz-560m-reranking" / "snapshots" / "0a1b2c"
    for made in (inside, snapshot):
        made.mkdir(parents=True)
    for name in ("someone/bloomz-560m-reranking", "bloomz-3b-reranking", str(inside), str(snapshot), ""):
        assert find_row(RERANKERS, name) is None, name


def test_another_tokenizer_is_refused(tmp_path: Path) -> None:
    """A token between the texts that the model was not trained with, or none where it was."""
    write_bloom(tmp_path / "bloomz-3b-reranking")
    write_xlm_roberta_tokenizer(tmp_path / "bloomz-3b-reranking", 512)
    with pytest.raises(ModelError, match=r"puts \('<s>', '</s></s>', '</s>'\).*was made with \('', '', ''\)"):
        CrossEncoder.from_pretrained(str(tmp_path / "bloomz-3b-reranking"), "cpu")
    folder = write_xlm_roberta(tmp_path / "bge-reranker-base", 512)
    write_bloom_tokenizer(folder)
    with pytest.raises(ModelError, match="take the tokenizer published with it"):
        CrossEncoder.from_pretrained(str(folder), "cpu")


@pytest.mark.parametrize(
    "changes",
    [{"num_labels": 1}, {"num_labels": 3}, {"label2id": {"no": 0, "yes": 1}, "id2label": {0: "no", 1: "yes"}}],
)
def test_other_labels_than_the_row_has_are_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    """The folder has the name of a model that it does not hold."""
    folder = write_bloom(tmp_path / "bloomz-560m-reranking", **changes)
    with pytest.raises(ModelError, match="the model of this name has two, one of them LABEL_1: rename the folder"):
        CrossEncoder.from_pretrained(str(folder), "cpu")


def test_two_labels_without_a_row_must_say_which_is_relevant(tmp_path: Path) -> None:
    """A guess would turn the ranking upside down."""
    write_model(tmp_path, BertForSequenceClassification, tiny_bert(num_labels=2))
    with pytest.raises(
        ModelError, match=r'LABEL_0 and LABEL_1, and does not say.*name that one "relevant" in id2label'
    ):
        CrossEncoder.from_pretrained(str(tmp_path), "cpu")


@pytest.mark.parametrize("names", [("irrelevant", "Relevant"), ("positive", "negative")])
def test_two_labels_with_names(tmp_path: Path, names: tuple[str, str]) -> None:
    """The softmax of the one that means relevant, first or second; the question comes first."""
    config = tiny_bert(id2label=dict(enumerate(names)), label2id={name: place for place, name in enumerate(names)})
    model = write_model(tmp_path, BertForSequenceClassification, config)
    pair = AutoTokenizer.from_pretrained(tmp_path)(["how tall ?"], ["the tower"], return_tensors="pt")
    with torch.no_grad():
        chances = model(**pair).logits.softmax(-1)[0]
    scores = CrossEncoder.from_pretrained(str(tmp_path), "cpu").score("how tall ?", ["the tower"])
    np.testing.assert_allclose(scores, [float(chances[1 if names[0] == "irrelevant" else 0])], rtol=0, atol=1e-6)


def test_what_a_tokenizer_must_say(tmp_path: Path) -> None:
    """A limit of tokens where no row has one, and a padding token."""
    unnamed = write_bloom(tmp_path / "mine", id2label={0: "other", 1: "relevant"}, label2id={"other": 0, "relevant": 1})
    with pytest.raises(ModelError, match=r"sets no limit of tokens: set model_max_length in its tokenizer_config.json"):
        CrossEncoder.from_pretrained(str(unnamed), "cpu")
    folder = write_bloom(tmp_path / "bloomz-560m-reranking")
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BloomTokenizerFast"})
    (folder / "special_tokens_map.json").unlink()
    with pytest.raises(ModelError, match="has no padding token: set pad_token"):
        CrossEncoder.from_pretrained(str(folder), "cpu")
