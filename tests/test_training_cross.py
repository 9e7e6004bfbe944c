"""The cross-encoder's training: answers in tokens, mined candidates, the loss in the order of the candidates."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import BertForTokenClassification, BertModel

from retrieval.passages import Language
from tests.checkpoints import tiny_bert
from training.batches import ClusteredBatches, Pool, kind_of
from training.candidates import CandidateLists, Candidates, cut_answer, shorten
from training.corpus import Example
from training.cross import LABELS, answer_tokens, classifier, cross_loss, hardest, teaches_span
from training.losses import listwise_loss
from training.vocabulary import assemble, wrap

WORDS = [f"▁{word}" for word in ("where", "is", "the", "tower", "wall", "paris", "great", "in", "old", "tall")]
TOKENIZER = wrap(assemble(dict.fromkeys([*WORDS, *"长城有多高中国塔"], -10.0)), 48)
TOWER = Example("where is the tower", "en", "the tower is in paris", "en", "paris", "units")
WALL = Example("长城有多高", "zh", "the great wall is tall", "en", "tall", "units")
PASSAGES = ["the tower is in paris", "the great wall is tall", "the old tower", "中国塔"]


def test_kinds() -> None:
    """Only sets with every direction are mixed."""
    assert kind_of(TOWER) == "mixed"
    assert kind_of(Example("?", "fr", "…", "fr", "", "docs")) == "fr"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("the tower", (0, 1)), ("paris", (4, 4)), ("", None), ("London", None), ("is in paris", (2, 4))],
)
def test_answer_tokens(answer: str, expected: tuple[int, int] | None) -> None:
    """First occurrence, by overlap of character spans."""
    offsets = [[0, 3], [4, 9], [10, 12], [13, 15], [16, 21]]
    assert answer_tokens("the tower is in paris", answer, offsets) == expected


def test_an_answer_that_was_cut_off_is_not_taught() -> None:
    """The tokens end before it."""
    assert answer_tokens("the tower is in paris", "paris", [[0, 3], [4, 9]]) is None


@pytest.mark.parametrize(
    ("answer", "source", "language", "expected"),
    [("1994", "units", "en", True), ("", "units", "en", False), ("1994", "selqa", "en", False),
     ("x" * 61, "units", "fr", False), ("x" * 21, "units", "zh", False), ("x" * 20, "units", "zh", True)],
)  # fmt: skip
def test_only_short_answers_teach_a_span(answer: str, source: str, language: Language, expected: bool) -> None:
    """Some sets give the whole sentence as the answer: a reader taught so marks sentences."""
    assert teaches_span(Example("?", language, "…", language, answer, source)) is expected


def test_shortened_passages_hold_their_answer() -> None:
    """One to three sentences in a row around the answer's; without an answer, any."""
    text = "One is first. Two comes next. Three is here. Four ends it."
    found = {shorten(text, "Three", random.Random(seed)) for seed in range(60)}
    assert all("Three is here." in short for short in found)
    assert {"Three is here.", "Two comes next. Three is here.", "One is first. Two comes next. Three is here."} <= found
    assert len({shorten(text, "", random.Random(seed)) for seed in range(60)}) == 9  # 4 of one, 3 of two, 2 of three


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("One is first. Two comes next. Three.", "Two", "One is first. Three."),
        ("塔很高。墙很长。河很宽。", "墙", "塔很高。河很宽。"),
        ("Two. Two again. Three.", "Two", ""),  # too little would be left
        ("One is first. Three.", "Two", ""),
        ("One is first.", "", ""),
    ],
)
def test_cutting_the_answer_out(text: str, answer: str, expected: str) -> None:
    """What is left reads like any passage of its language."""
    assert cut_answer(text, answer) == expected


def pool() -> Pool:
    """Passages 0 and 1 have examples; 3 is a near copy of 0 by its vector."""
    vectors = np.array([[1, 0, 0], [0, 1, 0], [0.8, 0.6, 0], [0.99, 0.1, 0.1]], np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    neighbours = np.array([[2, 1, 2, 1], [2, 0, 3, 2], [1, 0, 3, 1], [2, 1, 2, 1]])
    return Pool(PASSAGES, vectors, [[TOWER], [WALL], [TOWER], [WALL]], neighbours)


def test_clustered_batches_repeat_no_passage_and_mark_near_copies() -> None:
    """All four passages, in an order that the step decides, and passages 0 and 3 no negatives of each other."""
    batches = ClusteredBatches(dict.fromkeys(("mixed", "zh", "en", "fr"), pool()), size=4)
    examples, alike = batches[7]
    again, _ = batches[7]
    assert examples == again
    assert sorted(example.passage for example in examples) == sorted([TOWER.passage] * 2 + [WALL.passage] * 2)
    assert int(alike.sum()) == 2
    assert torch.equal(alike, alike.T)


def test_candidate_lists_begin_with_the_right_passage() -> None:
    """Then the wrong ones of its language, then those of any."""
    mined = [Candidates(TOWER, [1, 2], [3]), Candidates(WALL, [0, 2], [3])] * 4
    lists = CandidateLists(
        dict.fromkeys(("mixed", "zh", "en", "fr"), pool()), dict.fromkeys(("mixed", "zh", "en", "fr"), mined)
    )
    for example, texts in lists[0]:
        assert texts[0] == example.passage
        assert texts[3] == PASSAGES[3]
        assert set(texts[1:3]) == {PASSAGES[place] for place in ([1, 2] if example == TOWER else [0, 2])}


def test_a_wrong_passage_that_holds_the_answer_is_drawn_last() -> None:
    """It may answer too; with enough others it is not drawn at all."""
    mined = [Candidates(TOWER, [0, 1, 2, 3, 1], [1, 0, 3])] * 8
    lists = CandidateLists(
        dict.fromkeys(("mixed", "zh", "en", "fr"), pool()), dict.fromkeys(("mixed", "zh", "en", "fr"), mined)
    )
    for _, texts in lists[0]:
        assert TOWER.passage not in texts[1:]
        assert len(texts) == 1 + 4 + 2


def test_the_hardest_are_those_the_model_scores_highest() -> None:
    """By scoring each pair alone, in float32; in the order of their scores, the right passage first."""
    model = tiny_classifier()
    batch = [
        (TOWER, [PASSAGES[0], PASSAGES[3], PASSAGES[1], PASSAGES[2]]),
        (WALL, [PASSAGES[1], *PASSAGES[2:], PASSAGES[0]]),
    ]
    for (example, texts), (same, kept) in zip(batch, hardest(model, TOKENIZER, batch), strict=True):
        scores = {
            text: model(**TOKENIZER(example.question, text, return_tensors="pt")).logits[0, 0, 0].item()
            for text in texts
        }
        assert same == example
        assert kept == [texts[0], *sorted(texts[1:], key=lambda text: -scores[text])[:2]]


def tiny_classifier() -> BertForTokenClassification:
    torch.manual_seed(0)
    return classifier(BertModel(tiny_bert(vocab_size=len(TOKENIZER)), add_pooling_layer=False))


def test_the_loss_is_that_of_the_candidates_in_their_order() -> None:
    """Sorting by length inside changes nothing: compared with one pair at a time, in float32."""
    model = tiny_classifier()
    assert not model.bert.embeddings.word_embeddings.weight.requires_grad
    batch = [(TOWER, [PASSAGES[0], PASSAGES[3], PASSAGES[1]]), (WALL, [PASSAGES[1], *PASSAGES[2:]])]
    scores, spans = [], []
    for example, texts in batch:
        for place, text in enumerate(texts):
            logits = model(**TOKENIZER(example.question, text, return_tensors="pt")).logits[0]
            scores.append(logits[0, LABELS["relevance"]])
            if place == 0:
                first = logits.shape[0] - 1 - len(text.split())
                answer = torch.tensor([text.split().index(example.answer)])
                spans += [
                    cross_entropy(logits[first:-1, LABELS[name]][None], answer)
                    for name in ("answer_start", "answer_end")
                ]
    expected = listwise_loss(torch.stack(scores).view(2, 3)) + 0.5 * torch.stack(spans).mean()
    found = cross_loss(model, TOKENIZER, {0: batch})(0)  # type: ignore[arg-type]
    assert found.item() == pytest.approx(expected.item(), abs=0.03)  # bfloat16 inside
