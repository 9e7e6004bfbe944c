"""Scores against a plain use of transformers: one pair at a time, no padding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import tiny_bert, write_model
from numpy.typing import NDArray
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
)

from retrieval.cross_encoder import CrossEncoder
from retrieval.errors import ModelError
from retrieval.pairs import PairForm, encode_pairs

BUNDLED = Path(__file__).resolve().parent.parent / "models" / "cross-encoder"
QUESTION = "How tall is the tower?"
TEXTS = [
    "The tower is 330 m tall.",
    "长城有多长？",
    "",
    "x",
    "😀",
    "La tour est haute. " * 100,
    "the great wall is great",
]


@pytest.fixture(autouse=True)
def float32_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute as on a processor without bfloat16, whatever this one has."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)


@pytest.fixture(scope="module")
def bundled() -> Iterator[CrossEncoder]:
    """Return the bundled model in float32."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)
        yield CrossEncoder.from_pretrained(str(BUNDLED), "cpu")


def plain_scores(folder: Path, question: str, texts: list[str]) -> NDArray[np.float64]:
    """Return the logistic function of each pair's logit, by the recipe of the folder's architecture."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    by_token = folder == BUNDLED
    model_class = AutoModelForTokenClassification if by_token else AutoModelForSequenceClassification
    model = model_class.from_pretrained(folder, dtype=torch.float32).eval()
    logits = []
    for text in texts:
        # Lists of one: an empty text given bare is not taken as the second of a pair.
        pair = tokenizer([question], [text], truncation="only_second", return_tensors="pt")
        with torch.no_grad():
            output = model(**pair).logits
        logits.append(float(output[0, 0, 0] if by_token else output[0, 0]))
    return 1 / (1 + np.exp(-np.array(logits, np.float64)))


def write_classifier(folder: Path, labels: int = 1) -> str:
    """Write a tiny sequence classifier and return its folder."""
    write_model(folder, BertForSequenceClassification, tiny_bert(num_labels=labels))
    return str(folder)


@pytest.mark.parametrize("question", [QUESTION, "长城有多长？", "x", ""])
def test_bundled_model_equals_the_plain_recipe(bundled: CrossEncoder, question: str) -> None:
    """The label `relevance` (0) on the first token, through the logistic function."""
    scores = bundled.score(question, TEXTS)
    assert scores.dtype == np.float64
    assert scores.shape == (len(TEXTS),)
    assert ((scores >= 0) & (scores <= 1)).all()
    np.testing.assert_allclose(scores, plain_scores(BUNDLED, question, TEXTS), rtol=0, atol=1e-5)


PASSAGES = [
    "The tower stands on the bank of the river and was finished in 1889 after two years. It is 330 metres tall, "
    "about as high as a building of 81 floors, and its base is a square of 125 metres on each side.",
    "Bees make honey from the nectar of flowers. A worker visits up to two thousand flowers a day and carries what she "
    "finds to the hive, where others fan it with their wings until most of the water is gone.",
    "La soupe est servie chaude dans toute la région. On y met des pois, des carottes et un peu de lard, et chaque "
    "famille garde sa recette depuis le XVIIIe siècle.",
]


def test_bundled_model_prefers_the_answer(bundled: CrossEncoder) -> None:
    """The passage that answers comes before those about something else, in each language."""
    for question in (QUESTION, "Quelle est la hauteur de la tour ?", "塔有多高？"):
        assert bundled.score(question, PASSAGES).argmax() == 0


def test_sequence_classifier_equals_the_plain_recipe(tmp_path: Path) -> None:
    """One logit, with token types, in batches of mixed length."""
    reranker = CrossEncoder.from_pretrained(write_classifier(tmp_path), "cpu")
    scores = reranker.score(QUESTION, TEXTS)
    np.testing.assert_allclose(scores, plain_scores(tmp_path, QUESTION, TEXTS), rtol=0, atol=1e-5)
    assert np.ptp(scores) > 0.01  # else any model would pass


def test_scores_near_one_stay_apart(tmp_path: Path) -> None:
    """In half precision the logistic function of both 17 and 18 is 1."""
    model = write_model(tmp_path, BertForSequenceClassification, tiny_bert(num_labels=1))
    model.get_parameter("classifier.bias").data.fill_(17)
    model.save_pretrained(tmp_path)
    scores = CrossEncoder.from_pretrained(str(tmp_path), "cpu").score(QUESTION, ["the wall", "tower 9"])
    assert scores[0] != scores[1]
    assert (scores < 1).all()


@pytest.mark.parametrize(
    ("model_class", "labels", "fault"),
    [
        (BertForSequenceClassification, 3, "BertForSequenceClassification with 3 labels"),
        (BertForTokenClassification, 3, "BertForTokenClassification with 3 labels"),
        (BertForQuestionAnswering, 2, "BertForQuestionAnswering"),
        (BertModel, 1, "BertModel"),
    ],
)
def test_models_that_score_no_pairs(tmp_path: Path, model_class: type[BertModel], labels: int, fault: str) -> None:
    """The message says what the folder holds and what would do."""
    write_model(tmp_path, model_class, tiny_bert(num_labels=labels))
    with pytest.raises(ModelError, match=f"{fault}.*does not score pairs: use a sequence classifier with one label"):
        CrossEncoder.from_pretrained(str(tmp_path), "cpu")


def test_floor_and_weight(tmp_path: Path, bundled: CrossEncoder) -> None:
    """Read from the configuration; 0.5 and 1 where it does not say."""
    plain = CrossEncoder.from_pretrained(write_classifier(tmp_path / "plain"), "cpu")
    assert (plain.floor, plain.weight) == (0.5, 1.0)
    config = tiny_bert(num_labels=1, relevance_floor=0.25, rerank_weight=0.75)
    write_model(tmp_path / "tuned", BertForSequenceClassification, config)
    tuned = CrossEncoder.from_pretrained(str(tmp_path / "tuned"), "cpu")
    assert (tuned.floor, tuned.weight) == (0.25, 0.75)
    assert 0 < bundled.floor < 1
    assert 0 < bundled.weight <= 1


def test_nothing_to_score(bundled: CrossEncoder) -> None:
    """No text, no score."""
    assert bundled.score(QUESTION, []).shape == (0,)


def test_a_score_does_not_depend_on_the_texts_beside_it(bundled: CrossEncoder) -> None:
    """Alone or in a batch, in whatever order."""
    together = bundled.score(QUESTION, TEXTS)
    alone = np.array([bundled.score(QUESTION, [text])[0] for text in TEXTS])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-5)
    np.testing.assert_allclose(bundled.score(QUESTION, TEXTS[::-1]), together[::-1], rtol=0, atol=1e-5)


def test_only_the_text_is_cut(tmp_path: Path) -> None:
    """A long text fills the 48 tokens; the question of 3 stays whole, with three special tokens."""
    write_classifier(tmp_path)
    pairs = encode_pairs(
        AutoTokenizer.from_pretrained(tmp_path), "how tall ?", ["the tower " * 100, "wall"], PairForm(48)
    )
    assert pairs["sequence_ids"][0] == [None, 0, 0, 0, None, *[1] * 42, None]
    assert pairs["sequence_ids"][1] == [None, 0, 0, 0, None, 1, None]
    assert pairs["offset_mapping"][0][5:7] == [(0, 3), (4, 9)]


def test_a_long_question_leaves_room(tmp_path: Path) -> None:
    """The question is cut to half of the 48 tokens, the text gets the rest."""
    folder = write_classifier(tmp_path)
    question, text = "how " * 500, "tower " * 100
    pairs = encode_pairs(AutoTokenizer.from_pretrained(tmp_path), question, [text], PairForm(48))
    assert pairs["sequence_ids"][0] == [None, *[0] * 24, None, *[1] * 21, None]
    reranker = CrossEncoder.from_pretrained(folder, "cpu")
    np.testing.assert_array_equal(reranker.score(question, [text]), reranker.score("how " * 24, [text]))


def test_bundled_model_reads_past_a_long_question(bundled: CrossEncoder) -> None:
    """Questions of any length give scores, and the text still counts."""
    for question in ("How tall is the tower? " * 1000, "长城有多长" * 2000):
        scores = bundled.score(question, ["The tower is 330 m tall.", "Bees make honey."])
        assert np.isfinite(scores).all()
        assert scores[0] != scores[1]
