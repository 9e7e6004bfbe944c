"""The table of public encoders, and how a name finds its row."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from checkpoints import tiny_bert, write_encoder, write_json, write_layout, write_model
from safetensors.torch import load_file
from transformers import BertModel

from retrieval.checkpoints import find_row, load_config, load_tokenizer, model_name, token_limit
from retrieval.errors import ModelError
from retrieval.presets import ENCODERS
from tests.public_checkpoints import HUB_IDS, load_encoder, write_public

# Name, parameters in millions, dimension: by the models' configurations, pooling layers not counted.
SIZES = """
izhx/udever-bloom-560m 559 1024
izhx/udever-bloom-1b1 1065 1536
izhx/udever-bloom-3b 3003 2560
izhx/udever-bloom-7b1 7069 4096
cmarkea/bloomz-560m-retriever-v2 559 1024
cmarkea/bloomz-3b-retriever-v2 3003 2560
cmarkea/bloomz-560m-retriever 559 1024
cmarkea/bloomz-3b-retriever 3003 2560
bigscience/sgpt-bloom-7b1-msmarco 7068 4096
Lenovo-Zhihui/Zhihui_LLM_Embedding 7069 3584
Alibaba-NLP/gte-Qwen2-7B-instruct 7069 3584
BAAI/bge-small-en 33 384
BAAI/bge-base-en 109 768
BAAI/bge-large-en 334 1024
BAAI/bge-small-en-v1.5 33 384
BAAI/bge-base-en-v1.5 109 768
BAAI/bge-large-en-v1.5 334 1024
BAAI/bge-small-zh 24 512
BAAI/bge-base-zh 102 768
BAAI/bge-large-zh 324 1024
BAAI/bge-small-zh-v1.5 24 512
BAAI/bge-base-zh-v1.5 102 768
BAAI/bge-large-zh-v1.5 324 1024
BAAI/bge-large-zh-noinstruct 324 1024
BAAI/bge-m3 567 1024
intfloat/multilingual-e5-small 118 384
intfloat/multilingual-e5-base 277 768
intfloat/multilingual-e5-large 559 1024
sentence-transformers/paraphrase-multilingual-mpnet-base-v2 277 768
sentence-transformers/all-MiniLM-L6-v2 23 384
sentence-transformers/all-MiniLM-L12-v2 33 384
thenlper/gte-small 33 384
thenlper/gte-base 109 768
thenlper/gte-large 334 1024
h4c5/sts-camembert-base 110 768
"""


def test_rows() -> None:
    """Every model of the five pages and their baselines, with its size and width."""
    found = [f"{hub_id} {round(row.parameters / 1e6)} {row.dimension}" for hub_id, row in ENCODERS.items()]
    assert found == SIZES.split("\n")[1:-1]


def test_model_names_are_unique() -> None:
    """A folder's name leads to one row."""
    assert len({hub_id.split("/")[1].casefold() for hub_id in HUB_IDS}) == len(HUB_IDS)


def test_limits_of_the_pages() -> None:
    """Where they are not 512, special tokens included."""
    others = {hub_id: row.preset.max_tokens for hub_id, row in ENCODERS.items() if row.preset.max_tokens != 512}
    assert others == {
        **{f"izhx/udever-bloom-{size}": 300 for size in ("560m", "1b1", "3b", "7b1")},
        "bigscience/sgpt-bloom-7b1-msmarco": 300,
        "Alibaba-NLP/gte-Qwen2-7B-instruct": 8192,
        "BAAI/bge-m3": 8192,
        "sentence-transformers/paraphrase-multilingual-mpnet-base-v2": 128,
        "sentence-transformers/all-MiniLM-L6-v2": 256,
        "sentence-transformers/all-MiniLM-L12-v2": 128,
    }


def test_distances_and_licences() -> None:
    """Euclidean for the first version only; one licence forbids commercial use and says so."""
    euclid = [hub_id for hub_id, row in ENCODERS.items() if row.preset.distance != "cosine"]
    assert euclid == ["cmarkea/bloomz-560m-retriever", "cmarkea/bloomz-3b-retriever"]
    assert [hub_id for hub_id, row in ENCODERS.items() if "NON-COMMERCIAL" in row.licence] == [
        "Lenovo-Zhihui/Zhihui_LLM_Embedding"
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/models/BGE-M3", "BGE-M3"),
        ("bge-m3/", "bge-m3"),
        ("BAAI/bge-m3", "bge-m3"),
        ("~/bge-m3", "bge-m3"),
        ("/hub/models--BAAI--bge-m3/snapshots/5617a9", "bge-m3"),
        ("/hub/models--owner--a--b/snapshots/5617a9/", "a--b"),
        ("/hub/models--owner--a/5617a9", "5617a9"),
    ],
)
def test_model_name(name: str, expected: str) -> None:
    """The last part; in the hub's cache, the repository's."""
    assert model_name(name) == expected


def test_find_row(tmp_path: Path) -> None:
    """By hub id, or by a folder's name; case does not matter; another owner's model of that name is another."""
    row = ENCODERS["BAAI/bge-m3"]
    assert find_row(ENCODERS, "BAAI/bge-m3") is find_row(ENCODERS, "baai/BGE-m3") is row
    assert find_row(ENCODERS, "someone/bge-m3") is None
    assert find_row(ENCODERS, "bge-m3") is None  # neither a folder nor a hub id
    for place in ("Bge-M3", "someone/bge-m3", "hub/models--BAAI--bge-m3/snapshots/5617a9"):
        (tmp_path / place).mkdir(parents=True)
        assert find_row(ENCODERS, str(tmp_path / place)) is row
    assert find_row(ENCODERS, str(tmp_path)) is None


@pytest.mark.parametrize("place", ["Multilingual-E5-Base", "models--intfloat--multilingual-e5-base/snapshots/d13f1b27"])
def test_folder_uses_its_row(tmp_path: Path, place: str) -> None:
    """The row stands above what the folder says in sentence-transformers' layout; the identity has the model's name."""
    written = write_public(tmp_path, "intfloat/multilingual-e5-base")
    write_layout(written, "cls_token", normalise=False)
    folder = tmp_path / place
    folder.parent.mkdir(parents=True, exist_ok=True)
    identity = load_encoder(written.rename(folder)).identity
    assert identity.text_form == "query: |passage: |mean|512"
    assert identity.name == model_name(place)


def test_hub_id_uses_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetched before, in a pickled file only, without the layout: by name alone."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub" / "models--intfloat--multilingual-e5-base"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("a" * 40)
    folder = write_public(tmp_path, "intfloat/multilingual-e5-base")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    (repository / "snapshots").mkdir()
    folder.rename(repository / "snapshots" / ("a" * 40))
    identity = load_encoder("intfloat/multilingual-e5-base").identity
    assert identity.text_form == "query: |passage: |mean|512"
    assert identity.name == "multilingual-e5-base"


def test_folder_without_row_or_layout(tmp_path: Path) -> None:
    """Says what is missing."""
    folder = write_public(tmp_path, "BAAI/bge-base-en").rename(tmp_path / "mine")
    with pytest.raises(ModelError, match=r"mine/modules.json is missing or damaged: this folder does not say how"):
        load_encoder(folder)


def test_folder_with_a_misleading_name(tmp_path: Path) -> None:
    """A BERT in a folder named like a BLOOM is not run as one."""
    write_encoder(tmp_path / "udever-bloom-560m")
    with pytest.raises(ModelError, match="is named like a bloom model and holds a bert one"):
        load_encoder(tmp_path / "udever-bloom-560m")


@pytest.mark.parametrize(
    ("hub_id", "expected"),
    [("intfloat/multilingual-e5-base", 512), ("h4c5/sts-camembert-base", 512), ("intfloat/multilingual-e5-small", 512)],
)
def test_positions_after_the_padding_token(tmp_path: Path, hub_id: str, expected: int) -> None:
    """XLM-R and CamemBERT use 512 of 514 rows, though the tokenizer may say 514; a BERT uses all of its 512."""
    folder = write_public(tmp_path, hub_id)
    tokenizer = load_tokenizer(folder)
    tokenizer.model_max_length = 514
    assert token_limit(load_config(folder), tokenizer) == expected


def test_row_is_cut_to_the_positions(tmp_path: Path) -> None:
    """A checkpoint with a shorter position table does not crash on a long text."""
    write_model(tmp_path / "gte-base", BertModel, tiny_bert(max_position_embeddings=8))
    encoder = load_encoder(tmp_path / "gte-base")
    assert encoder.max_tokens == 8 - 2
    assert encoder.encode_passages(["the tower " * 50]).shape == (1, 16)


def test_no_room_beside_the_prefix(tmp_path: Path) -> None:
    """A prefix as long as the limit would make all texts one."""
    folder = write_public(tmp_path, "intfloat/multilingual-e5-base")
    settings = {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 4}
    write_json(folder / "tokenizer_config.json", settings)
    with pytest.raises(ModelError, match="takes 4 tokens, which leaves no room for a text after 'query: '"):
        load_encoder(folder)
