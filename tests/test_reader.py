"""Answers against spans worked out by hand and a plain search through every span."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from checkpoints import VOCABULARY, tiny_bert, write_model, write_tokenizer
from transformers import (
    AutoModelForQuestionAnswering,
    AutoTokenizer,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
)

from retrieval.batching import Compute
from retrieval.errors import ModelError
from retrieval.pairs import PairModel
from retrieval.reader import Reader, best_span

BUNDLED = Path(__file__).resolve().parent.parent / "models" / "cross-encoder"
CPU = Compute(torch.device("cpu"), torch.float32)


@pytest.fixture(autouse=True)
def float32_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute as on a processor without bfloat16, whatever this one has."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)


@pytest.fixture(scope="module")
def bundled() -> Iterator[Reader]:
    """Return the bundled model in float32."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)
        yield Reader.from_pretrained(str(BUNDLED), "cpu")


def logits(*probabilities: float) -> torch.Tensor:
    """Return logits whose softmax is the given probabilities."""
    return torch.tensor(probabilities, dtype=torch.float64).log()


def check_span(found: tuple[int, int, float], first: int, last: int, confidence: float) -> None:
    """Compare a span and its probability with the expected ones."""
    assert found[:2] == (first, last)
    assert found[2] == pytest.approx(confidence)


def test_best_span_by_hand() -> None:
    """The likeliest start and end, where they agree, with the product of their probabilities."""
    check_span(best_span(logits(0.7, 0.3), logits(0.2, 0.8)), 0, 1, 0.7 * 0.8)
    check_span(best_span(logits(0.1, 0.6, 0.3), logits(0.1, 0.5, 0.4)), 1, 1, 0.6 * 0.5)
    check_span(best_span(logits(1.0), logits(1.0)), 0, 0, 1.0)


def test_a_span_does_not_end_before_it_starts() -> None:
    """Start at 2 and end at 0 would be 0.9 * 0.8; of the rest, 2 to 3 with 0.9 * 0.15 is best."""
    starts, ends = logits(0.04, 0.03, 0.9, 0.03), logits(0.8, 0.03, 0.02, 0.15)
    check_span(best_span(starts, ends), 2, 3, 0.9 * 0.15)


@pytest.mark.parametrize(("end", "expected"), [(39, (0, 39)), (40, (0, 0))])
def test_a_span_has_at_most_40_tokens(end: int, expected: tuple[int, int]) -> None:
    """Tokens 0 to 39 are 40; with the end at 40 the start alone is left."""
    starts, ends = torch.zeros(60, dtype=torch.float64), torch.zeros(60, dtype=torch.float64)
    starts[0], ends[end], ends[0] = 20, 20, 10
    assert best_span(starts, ends)[:2] == expected


class Pointer(torch.nn.Module):
    """Starts the answer at one token of the vocabulary and ends it at another."""

    def __init__(self, start: str, end: str, floor: float) -> None:
        super().__init__()
        self.config = tiny_bert(answer_floor=floor)
        self._ids = (VOCABULARY.index(start), VOCABULARY.index(end))

    def forward(self, input_ids: torch.Tensor, **_: torch.Tensor) -> SimpleNamespace:
        """Return 20 at the two tokens, 0 elsewhere."""
        start, end = (20.0 * (input_ids == token) for token in self._ids)
        return SimpleNamespace(start_logits=start, end_logits=end)


def pointed(tmp_path: Path, text: str, start: str, end: str, floor: float = 0.5) -> tuple[str, bool]:
    """Return the answer that a reader pointing at two tokens gives, and whether it is exact."""
    write_tokenizer(tmp_path)
    pointer, tokenizer = Pointer(start, end, floor), AutoTokenizer.from_pretrained(tmp_path)
    reader = Reader(PairModel(pointer, tokenizer, CPU))  # type: ignore[arg-type]
    (answer,) = reader.read("where", [text])
    assert answer is not None
    assert text[answer.start : answer.end] == answer.text
    return answer.text, answer.exact


@pytest.mark.parametrize(
    ("text", "start", "end", "answer"),
    [
        ("The tower is 330 m", "tower", "is", "tower is"),
        ("a zebra, b", "##b", "##r", "zebra"),
        ("a Zébra-", "z", "##e", "Zébra"),
        ("is 330 m", "##3", "##3", "330"),
        ("(zap)", "##a", "##a", "zap"),
        ("长城有多高", "城", "有", "城有"),
        ("中国paris塔", "paris", "paris", "paris"),
        ("中国zoo塔", "z", "z", "zoo"),
    ],
)
def test_words_are_whole(tmp_path: Path, text: str, start: str, end: str, answer: str) -> None:
    """A piece of a Latin word or number is widened to the whole, a Chinese character is not."""
    assert pointed(tmp_path, text, start, end) == (answer, True)


def test_below_the_floor_the_sentence_stands_in(tmp_path: Path) -> None:
    """Two walls share the probability: a start at either has 0.5, the span 0.25 at most."""
    text = "Paris is great. The wall is tall, the wall is great. Where is paris?"
    assert pointed(tmp_path, text, "wall", "wall", floor=0.3) == ("The wall is tall, the wall is great.", False)
    assert pointed(tmp_path, text, "wall", "wall", floor=0.2) == ("wall", True)
    assert pointed(tmp_path, "长城有多高？中国有塔。", "中", "塔", floor=1.1) == ("中国有塔。", False)


def test_a_heading_is_not_the_sentence(tmp_path: Path) -> None:
    """From a line without an end mark the next sentence stands in, and the line itself where there is none."""
    text = "Paris is great.\nGreat wall\nThe tower is tall."
    assert pointed(tmp_path, text, "wall", "wall", floor=1.1) == ("The tower is tall.", False)
    assert pointed(tmp_path, "Paris.\nGreat wall", "wall", "wall", floor=1.1) == ("Great wall", False)


def test_question_answering_model_equals_a_plain_search(tmp_path: Path) -> None:
    """Every span tried in turn, probabilities over the text's tokens only; whole words, so nothing is widened."""
    write_model(tmp_path, BertForQuestionAnswering, tiny_bert())
    question, texts = "how tall ?", ["the tower is tall", "长城 有 多 高", "wall", "the great wall is tall . " * 20]
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    model = AutoModelForQuestionAnswering.from_pretrained(tmp_path).eval()
    answers = Reader.from_pretrained(str(tmp_path), "cpu").read(question, texts)
    for text, answer in zip(texts, answers, strict=True):
        pair = tokenizer([question], [text], truncation="only_second", return_tensors="pt")
        with torch.no_grad():
            output = model(**pair)
        tokens = [place for place, part in enumerate(pair.sequence_ids(0)) if part == 1]
        starts, ends = (side[0, tokens].softmax(0).tolist() for side in (output.start_logits, output.end_logits))
        spans = [(p * q, i, j) for i, p in enumerate(starts) for j, q in enumerate(ends) if i <= j < i + 40]
        confidence, first, last = max(spans)
        assert answer is not None
        assert answer.start == pair.token_to_chars(0, tokens[first]).start
        assert answer.end == pair.token_to_chars(0, tokens[last]).end
        assert answer.text == text[answer.start : answer.end]
        assert answer.confidence == pytest.approx(confidence, abs=1e-5)
        assert answer.exact  # no floor in the configuration


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("How tall is the tower?", "It was built in 1889. The tower is 330 metres tall.", "330 metres"),
        ("Où se trouve la tour Eiffel ?", "La tour Eiffel se trouve à Paris, en France.", "Paris"),
        ("谁发明了纸？", "公元105年，蔡伦改进了造纸术，发明了纸。", "蔡伦"),
    ],
)
def test_bundled_model_finds_answers(bundled: Reader, question: str, text: str, answer: str) -> None:
    """One clear case a language; the offsets are those of the text's own characters."""
    (found,) = bundled.read(question, [text])
    assert found is not None
    assert answer in found.text
    assert text[found.start : found.end] == found.text
    assert 0 <= found.confidence <= 1
    assert found.exact == (found.confidence >= bundled.floor)


def test_texts_without_tokens(bundled: Reader) -> None:
    """No text, no answer; an empty or blank one has none beside one that has."""
    assert bundled.read("Where?", []) == []
    answers = bundled.read("Where is Paris?", ["", "Paris is in France.", " \n"])
    assert [answer is None for answer in answers] == [True, False, True]


def test_models_that_mark_no_answers(tmp_path: Path) -> None:
    """The message says what the folder holds and what would do."""
    for model_class in (BertForSequenceClassification, BertForTokenClassification, BertModel):
        write_model(tmp_path, model_class, tiny_bert(num_labels=3))
        with pytest.raises(ModelError, match=f"{model_class.__name__}, which does not mark answers: use an extractive"):
            Reader.from_pretrained(str(tmp_path), "cpu")
