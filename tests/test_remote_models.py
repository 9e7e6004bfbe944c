"""Models on inference servers: the text form, the vectors, what the server says of its model, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from model_servers import ModelServer, serving

from ingest.pipeline import InputFile, ingest_files
from retrieval.checkpoints import model_name
from retrieval.errors import ModelError, ModelServerError, SettingError
from retrieval.openai_embeddings import estimate_tokens
from retrieval.opening import load_encoder, load_reranker
from retrieval.pack import pack
from retrieval.passages import EncoderIdentity, Selection
from retrieval.remote_models import RemoteEncoder, RemoteReranker
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from tests.samples import sample_files

RERANKER: dict[str, Any] = {"reranker": {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}}
Start = Callable[..., ModelServer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Give a function that runs a server with some of its answers changed."""
    with ExitStack() as servers:
        yield lambda **changes: servers.enter_context(serving(ModelServer(**changes)))


def first_three(vectors: np.ndarray[Any, Any]) -> list[list[float]]:
    """Return each vector's first numbers, the letter counts."""
    return [[float(value) for value in row[:3]] for row in vectors]


def test_the_text_form_of_the_row(start: Start) -> None:
    """E5's prefixes are put here; the server has no part in it. Vectors come back in the texts' order."""
    model = start()
    encoder = load_encoder(Settings(encoder=model.address))
    model.asked.clear()
    assert first_three(encoder.encode_questions(["ab"])) == [[1, 1, 0]]  # and no letter of "query: "
    # The a of "passage: " count too.
    texts = ["a" * number for number in range(1, 10)]
    assert first_three(encoder.encode_passages(texts)) == [[number + 2, 0, 0] for number in range(1, 10)]
    assert model.asked[0] == ("/embed", {"inputs": ["query: ab"], "normalize": True, "truncate": True})
    sent = sorted(text for batch in model.inputs("/embed")[1:] for text in batch)
    assert sent == sorted(f"passage: {text}" for text in texts)
    assert max(map(len, model.inputs("/embed"))) == 4


def test_the_identity_is_the_servers(start: Start) -> None:
    """Name, revision, dimension, distance and text form; room is what prefix and special tokens leave."""
    encoder = RemoteEncoder.at(start().address)
    assert encoder.identity == EncoderIdentity(
        "multilingual-e5-small", "0a1b2c", 384, "cosine", "query: |passage: |mean|512"
    )
    assert encoder.max_tokens == 509  # <s> passage: … </s>
    shorter = RemoteEncoder.at(start(limit=128, model_id="/data/multilingual-e5-small").address)
    assert (shorter.identity.name, shorter.identity.text_form) == (
        "multilingual-e5-small",
        "query: |passage: |mean|128",
    )
    assert shorter.max_tokens == 125


def test_tokens_are_the_servers(start: Start) -> None:
    """An empty text, which the server would refuse, has none; special tokens do not count."""
    encoder = RemoteEncoder.at(start().address)
    assert encoder.count_tokens(["two words", "", "one", *["a b c"] * 5]) == [2, 0, 1, 3, 3, 3, 3, 3]
    assert encoder.count_tokens([]) == []
    assert encoder.pieces("two words") == ["two", "words"]


def test_tokens_put_around_a_text(start: Start) -> None:
    """Udever's [EOQ] and [EOD] end the texts; where the server's tokenizer adds an end itself, only it does."""
    model = start(
        model_id="izhx/udever-bloom-560m", dimension=1024, model_type={"embedding": {"pooling": "last_token"}},
        template=None, tokens=("[BOQ]", "[EOQ]", "[BOD]", "[EOD]"), limit=2048,
    )  # fmt: skip
    encoder = RemoteEncoder.at(model.address)
    model.asked.clear()
    encoder.encode_questions(["a"])
    encoder.encode_passages(["a"])
    assert model.inputs("/embed") == [["[BOQ]a[EOQ]"], ["[BOD]a[EOD]"]]
    assert encoder.max_tokens == 298
    ended = start(
        model_id="Alibaba-NLP/gte-Qwen2-7B-instruct", dimension=3584, tokens=("<|endoftext|>",),
        model_type={"embedding": {"pooling": "last_token"}}, template=("", "<|endoftext|>"),
    )  # fmt: skip
    encoder = RemoteEncoder.at(ended.address)
    encoder.encode_passages(["b"])
    assert ended.inputs("/embed")[-1] == ["b"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_id": "someone/unknown"}, "someone/unknown, whose text form"),
        ({"model_id": "BAAI/bge-m3", "dimension": 1024}, "with the pooling mean, and it must be run with cls"),
        ({"model_id": "bigscience/sgpt-bloom-7b1-msmarco"}, "must be run with weighted_mean"),
        ({"dimension": 385}, "gives vectors of 385 dimensions, the model of that name 384"),
        ({"model_type": RERANKER}, "which is a model of the kind reranker; one of the kind embedding"),
        ({"limit": 3}, "leaves no room"),
        (
            {"model_id": "izhx/udever-bloom-560m", "model_type": {"embedding": {"pooling": "last_token"}}},
            r"adds special tokens \(<s> a </s>\)",
        ),
        (
            {
                "model_id": "izhx/udever-bloom-560m",
                "model_type": {"embedding": {"pooling": "last_token"}},
                "template": None,
            },
            r"does not read \[EOQ\] as one token",
        ),
    ],
)
def test_what_would_give_wrong_vectors_is_refused(start: Start, changes: dict[str, Any], message: str) -> None:
    """Another model, pooling or tokenizer than the row's is no silent loss."""
    with pytest.raises(ModelError, match=message):
        RemoteEncoder.at(start(**changes).address)


def test_another_kind_of_server(start: Start) -> None:
    """What answers /info with something else is named."""
    model = start()
    model.failures = [(200, {}, '{"status": "ok"}')]
    with pytest.raises(ModelServerError, match=r"answered /info .+ \(KeyError: 'model_id'\)"):
        RemoteEncoder.at(model.address)


def test_an_openai_compatible_endpoint(start: Start) -> None:
    """The same prefixes and order of vectors; tokens are estimated, and a text that may be too long is cut here."""
    model = start(limit=100, too_many=100)
    encoder = RemoteEncoder.at(f"{model.address}/v1/embeddings")
    assert encoder.identity.weights == "not told by the server"
    assert encoder.max_tokens == 100 - 2 - 4  # "passage: " is estimated at 3 and 1
    model.asked.clear()
    assert first_three(encoder.encode_passages(["ab", "c", ""])) == [[3, 1, 0], [2, 0, 1], [2, 0, 0]]
    assert model.asked[0] == (
        "/v1/embeddings",
        {"model": model.model_id, "input": ["passage: ab", "passage: c", "passage: "], "encoding_format": "float"},
    )
    encoder.encode_passages(["茶" * 200, "tea " * 90])
    assert model.inputs("/v1/embeddings")[-1] == ["passage: " + "茶" * 94, "passage: " + "tea " * 90]
    assert (encoder.count_tokens(["茶叶", ""]), encoder.pieces("茶叶")) == ([2, 0], [])


def test_the_endpoints_model_is_named(start: Start) -> None:
    """After the address; another than it has is refused, with those it has."""
    address = f"{start(dimension=384).address}/v1"
    assert RemoteEncoder.at(f"{address}#intfloat/multilingual-e5-small").identity.name == "multilingual-e5-small"
    with pytest.raises(ModelError, match="has the models intfloat/multilingual-e5-small: name one"):
        RemoteEncoder.at(f"{address}#BAAI/bge-m3")
    with pytest.raises(ModelError, match="OpenAI-compatible endpoint cannot be asked for"):
        RemoteEncoder.at(f"{start(model_id='izhx/udever-bloom-560m').address}/v1")
    assert model_name("http://gpu:8000/v1#BAAI/bge-m3") == "bge-m3"
    assert model_name("http://gpu:8080") == "gpu:8080"


def test_the_estimate_is_above_the_tokens(bundled_models: Any) -> None:
    """For every paragraph of the samples, in three languages, against the bundled tokenizer."""
    lines = [line for file in sample_files() for line in file.read().decode().splitlines() if len(line) > 60]
    counted = bundled_models.encoder.count_tokens(lines)
    assert len(lines) > 500
    assert [line for line, tokens in zip(lines, counted, strict=True) if estimate_tokens(line) < tokens] == []


def test_the_reranker(start: Start) -> None:
    """Scores are the logistic function of the logits, in the texts' order, over batches; an empty text has 0."""
    model = start(model_id="BAAI/bge-reranker-v2-m3", model_type=RERANKER)
    reranker = load_reranker(Settings(reranker=model.address))
    scores = reranker.score("q", ["b", "aa", "", "", "a", "ab", "c"])
    logits = np.array([-1, 2, 1, 0, 0])
    assert scores[[0, 1, 4, 5, 6]] == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-12)
    assert scores[2:4].tolist() == [0, 0]
    contents = [content for path, content in model.asked if path == "/rerank"]
    assert sorted(len(content.pop("texts")) for content in contents) == [1, 4]
    assert contents == [{"query": "q", "raw_scores": True, "truncate": True}] * 2
    assert reranker.score("q", []).shape == (0,)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "of the kind embedding; one of the kind reranker"),
        ({"model_id": "cmarkea/bloomz-560m-reranking", "model_type": RERANKER}, "pair form"),
    ],
)
def test_no_reranker(start: Start, changes: dict[str, Any], message: str) -> None:
    """A model that scores nothing, or that needs the passage first, is refused."""
    with pytest.raises(ModelError, match=message):
        RemoteReranker.at(start(**changes).address)


def test_articles_through_a_server(start: Start, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library is filled and searched with an encoder on a server that is overloaded now and then."""
    monkeypatch.setattr("retrieval.inference_server.sleep", lambda seconds: None)
    model = start()
    encoder = RemoteEncoder.at(model.address)
    store = PassageStore(EdgeBackend(tmp_path / "library"), encoder.identity)
    model.failures = [(429, {}, ""), None, (503, {}, "")]
    files = [InputFile(f"{letter}.txt", 1, lambda letter=letter: (letter * 9).encode()) for letter in "abc"]
    assert [report.passages for report in ingest_files(files, encoder, store)] == [1, 1, 1]
    assert not model.failures
    vector = encoder.encode_questions(["bbbbbb"])[0]
    assert store.nearest(vector, 1, Selection())[0].passage.text == "b" * 9
    store.close()


def test_a_model_on_a_server_is_not_packed(tmp_path: Any) -> None:
    """The pack is for a machine without a network; nothing is written."""
    with pytest.raises(SettingError, match="cannot be packed"):
        pack(Settings(library=tmp_path, encoder="http://gpu:8080"), tmp_path / "pack.zip")
    assert list(tmp_path.iterdir()) == []
