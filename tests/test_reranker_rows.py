"""Each reranker's scores against the recipe of its page, and against sentence-transformers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from reranker_checkpoints import write_bloom, write_gte, write_xlm_roberta
from sentence_transformers import CrossEncoder as LibraryCrossEncoder
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from retrieval.cross_encoder import CrossEncoder
from retrieval.reranker_presets import RERANKERS

Scores = NDArray[np.float64]
QUESTION = "how tall is the tower?"
TEXTS = [
    "the tower is tall",
    "",
    "x",
    "😀😀",
    "Le tower: 塔有多高 é, the 9",
    "la tour est haute. the tower is tall, " * 6,
    "ab tower 塔 " * 1800,
]
LONG_QUESTIONS = ["the tower " * 1000, "how 塔 é" * 2500, "the tower " * 180 + "tall?"]
BLOOM = ("cmarkea/bloomz-560m-reranking", "cmarkea/bloomz-3b-reranking")
BGE = ("BAAI/bge-reranker-base", "BAAI/bge-reranker-large", "BAAI/bge-reranker-v2-m3")
LIMITS = {"BAAI/bge-reranker-v2-m3": 1024}  # the others: 512
LONGEST_FIRST = ("cross-encoder/mmarco-mMiniLMv2-L12-H384-v1", "Alibaba-NLP/gte-multilingual-reranker-base")


@pytest.fixture(autouse=True)
def float32_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute as on a processor without bfloat16, whatever this one has."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a tiny checkpoint of each row's architecture, in a folder of the model's name."""
    root, found = tmp_path_factory.mktemp("models"), {}
    for seed, name in enumerate(RERANKERS):
        folder = found[name] = root / name.rsplit("/", 1)[-1]
        if name in BLOOM:
            write_bloom(folder, seed)
        elif "gte" in name:
            write_gte(folder, seed)
        else:
            # v2-m3 takes more than is used.
            write_xlm_roberta(folder, 2048 if name.endswith("v2-m3") else 512, seed)
    return found


def logistic(logits: list[float]) -> Scores:
    """Return 1 / (1 + e^-x) in float64."""
    return 1 / (1 + np.exp(-np.array(logits, np.float64)))


def cmarkea_page(folder: Path, question: str, contexts: list[str]) -> Scores:
    """The page of bloomz-*-reranking: a pipeline, the context first, the score of `LABEL_1`; nothing is cut."""
    reranker = pipeline("text-classification", model=str(folder), top_k=None, dtype=torch.float32, device="cpu")
    found = reranker([{"text": context, "text_pair": question} for context in contexts])
    return np.array([next(item["score"] for item in entry if item["label"] == "LABEL_1") for entry in found])


def flag_reranker(folder: Path, question: str, passages: list[str], limit: int) -> Scores:
    """FlagEmbedding: the question cut to 3/4 of the tokens, the passage to the rest, `<s> q </s></s> p </s>`."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    asked = tokenizer(question, add_special_tokens=False)["input_ids"][: limit * 3 // 4]
    logits = []
    for passage in passages:
        read = tokenizer(passage, add_special_tokens=False)["input_ids"][: limit - 4 - len(asked)]
        with torch.no_grad():
            logits.append(model(torch.tensor([[0, *asked, 2, 2, *read, 2]])).logits.item())
    return logistic(logits)


def longest_first(folder: Path, question: str, passages: list[str], limit: int) -> Scores:
    """The other pages: `tokenizer(pairs, truncation=True, max_length=limit)`, one logit. GTE: see test_gte.py."""
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model = CrossEncoder.from_pretrained(str(folder), "cpu").pair_model.model
    logits = []
    for passage in passages:
        pair = tokenizer([question], [passage], truncation=True, max_length=limit, return_tensors="pt")
        with torch.no_grad():
            logits.append(model(**pair).logits.item())
    return logistic(logits)


def recipe(name: str) -> Callable[[Path, str, list[str]], Scores]:
    """Return how a row's authors score."""
    if name in BLOOM:
        return cmarkea_page
    scored = flag_reranker if name in BGE else longest_first
    return lambda folder, question, texts: scored(folder, question, texts, LIMITS.get(name, 512))


def test_every_row_is_proved() -> None:
    """A row added to the table is a name added here."""
    assert set(RERANKERS) == {*BLOOM, *BGE, *LONGEST_FIRST}


@pytest.mark.parametrize("name", RERANKERS)
def test_scores_equal_the_page(folders: dict[str, Path], name: str) -> None:
    """To 1e-5 in float32, from an empty passage to one of 20,000 characters."""
    assert len(TEXTS[-1]) > 19_000
    # The page cuts nothing and the row cuts at 2048 tokens: see the next test but one.
    texts = TEXTS[:-1] if name in BLOOM else TEXTS
    for question in (QUESTION, "塔", "x"):
        scores = CrossEncoder.from_pretrained(str(folders[name]), "cpu").score(question, texts)
        np.testing.assert_allclose(scores, recipe(name)(folders[name], question, texts), rtol=0, atol=1e-5)
        assert np.ptp(scores) > 0.01  # else any model would pass


@pytest.mark.parametrize("name", [*BGE, *LONGEST_FIRST])
@pytest.mark.parametrize("question", LONG_QUESTIONS, ids=["20,000 words", "mixed", "half"])
def test_long_questions_are_cut_as_by_the_page(folders: dict[str, Path], name: str, question: str) -> None:
    """With a short passage and with a long one."""
    scores = CrossEncoder.from_pretrained(str(folders[name]), "cpu").score(question, TEXTS)
    np.testing.assert_allclose(scores, recipe(name)(folders[name], question, TEXTS), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", BLOOM)
@pytest.mark.parametrize("question", [QUESTION, LONG_QUESTIONS[0]])
def test_bloom_cuts_the_passage_before_the_question(folders: dict[str, Path], name: str, question: str) -> None:
    """The score is read at the question's end: it keeps up to 1024 tokens, the passage gets the rest of 2048."""
    tokenizer = AutoTokenizer.from_pretrained(folders[name])
    model = AutoModelForSequenceClassification.from_pretrained(folders[name], dtype=torch.float32).eval()
    asked = tokenizer(question)["input_ids"][:1024]
    expected = []
    for text in TEXTS:
        with torch.no_grad():
            logits = model(torch.tensor([tokenizer(text)["input_ids"][: 2048 - len(asked)] + asked])).logits[0]
        expected.append(float(logits.double().softmax(-1)[1]))
    scores = CrossEncoder.from_pretrained(str(folders[name]), "cpu").score(question, TEXTS)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in RERANKERS if "gte" not in name])
def test_scores_equal_sentence_transformers(folders: dict[str, Path], name: str) -> None:
    """Its CrossEncoder in batches: softmax of two logits with the passage first, or sigmoid of one."""
    limit = 2048 if name in BLOOM else LIMITS.get(name, 512)
    options = {"device": "cpu", "max_length": limit, "model_kwargs": {"dtype": torch.float32}}
    library = LibraryCrossEncoder(str(folders[name]), **options)
    reranker = CrossEncoder.from_pretrained(str(folders[name]), "cpu")
    # Long questions it cuts as the pages of these rows do; other authors do otherwise.
    for question in [QUESTION, *(LONG_QUESTIONS if name in LONGEST_FIRST else [])]:
        pairs = [(text, question) if name in BLOOM else (question, text) for text in TEXTS]
        logits = library.predict(pairs, activation_fn=torch.nn.Identity(), convert_to_tensor=True).double()
        expected = logits.softmax(-1)[:, 1] if name in BLOOM else logits.sigmoid()
        np.testing.assert_allclose(reranker.score(question, TEXTS), expected.numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", RERANKERS)
def test_a_score_does_not_depend_on_the_texts_beside_it(folders: dict[str, Path], name: str) -> None:
    """Alone or in a batch with a far longer text, in whatever order."""
    reranker = CrossEncoder.from_pretrained(str(folders[name]), "cpu")
    together = reranker.score(QUESTION, TEXTS)
    alone = np.array([reranker.score(QUESTION, [text])[0] for text in TEXTS])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-5)
    np.testing.assert_allclose(reranker.score(QUESTION, TEXTS[::-1]), together[::-1], rtol=0, atol=1e-5)


@pytest.mark.parametrize("pad_id", [3, None, 0])
def test_bloom_reads_the_last_token_whatever_the_configuration_pads_with(tmp_path: Path, pad_id: int | None) -> None:
    """The model class reads the last token that is not `pad_token_id`, which may be missing or wrong."""
    folder = write_bloom(tmp_path / "bloomz-560m-reranking", pad_token_id=pad_id)
    right = write_bloom(tmp_path / "right" / "bloomz-560m-reranking")
    scores = CrossEncoder.from_pretrained(str(folder), "cpu").score(QUESTION, TEXTS[:5])
    np.testing.assert_allclose(scores, cmarkea_page(right, QUESTION, TEXTS[:5]), rtol=0, atol=1e-5)


def test_a_pair_without_tokens(folders: dict[str, Path]) -> None:
    """BLOOM adds no token of its own: nothing and nothing is an empty row, and scores 0."""
    reranker = CrossEncoder.from_pretrained(str(folders[BLOOM[0]]), "cpu")
    assert reranker.score("", [""]).tolist() == [0.0]
    first, second = reranker.score("", ["the tower", ""])
    assert (first > 0, second) == (True, 0.0)


def test_no_texts(folders: dict[str, Path]) -> None:
    """Nothing in, nothing out."""
    for folder in folders.values():
        assert CrossEncoder.from_pretrained(str(folder), "cpu").score(QUESTION, []).shape == (0,)


def test_bloom_runs_with_the_fused_attention(folders: dict[str, Path]) -> None:
    """Which keeps no cache; the equality with transformers' own is in test_bloom_attention.py."""
    model = CrossEncoder.from_pretrained(str(folders[BLOOM[0]]), "cpu").pair_model.model
    ids = torch.tensor([[5, 6]])
    assert model(input_ids=ids, attention_mask=torch.ones_like(ids)).past_key_values is None
