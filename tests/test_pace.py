"""How long a question takes and how deep to rerank, worked out by hand; measuring, by a clock that the fakes move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from conftest import FirstWordReader, LetterEncoder, OverlapReranker, make_article, put
from numpy.typing import NDArray

from retrieval.pace import Pace, depth_within, measure_pace, predicted_seconds
from retrieval.passages import Answer, Vectors
from retrieval.search import Models, Searcher
from retrieval.store.passage_store import PassageStore

PACE = Pace(question=0.125, pair=0.0625, passage=0.03125)


def test_a_prediction_is_the_sum_of_its_steps() -> None:
    """An eighth of a second, twenty pairs of a sixteenth, five passages of a thirty-second."""
    assert predicted_seconds(PACE, 20, 5) == 0.125 + 20 / 16 + 5 / 32
    assert predicted_seconds(PACE, 0, 0) == 0.125


@pytest.mark.parametrize(
    ("seconds", "limit", "depth"),
    [
        (1.0, 4, 12),  # 1 - 1/8 - 4/32 = 3/4, which is 12/16
        (1.0, 5, 11),  # 23/32: eleven sixteenths and a half
        (0.25, 4, 0),  # nothing is left
        (0.125, 20, 0),  # less than nothing
        (5.0, 4, 76),  # 4.75 * 16
        (60.0, 4, 100),  # no deeper than that
    ],
)
def test_the_depth_that_a_time_allows(seconds: float, limit: int, depth: int) -> None:
    """As many pairs as fit in what the other steps leave; what is predicted for them is within the time."""
    assert depth_within(PACE, seconds, limit) == depth
    if depth:
        assert predicted_seconds(PACE, depth, limit) <= seconds


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class TimedEncoder(LetterEncoder):
    """Takes 0.5 s for a question."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return the letter counts."""
        self._clock.now += 0.5 * len(questions)
        return super().encode_questions(questions)


class TimedReranker(OverlapReranker):
    """Takes 0.25 s for a pair, and 8 s more the first time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock, self._first = clock, 8.0

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the shares."""
        self._clock.now += 0.25 * len(texts) + self._first
        self._first = 0.0
        return super().score(question, texts)


class TimedReader(FirstWordReader):
    """Takes 0.125 s for a passage."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def read(self, question: str, texts: Sequence[str]) -> list[Answer | None]:
        """Return the first words."""
        self._clock.now += 0.125 * len(texts)
        return super().read(question, texts)


@pytest.mark.parametrize("texts", [(), ("bb tea", "stone bridge")])
def test_each_step_is_measured_alone(
    texts: tuple[str, ...], store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question without reranking and reading, a pair, a passage; the first, slower run of each does not count."""
    if texts:
        put(store, make_article("one", *texts))
    clock = Clock()
    monkeypatch.setattr("retrieval.pace.perf_counter", clock)
    models = Models(TimedEncoder(clock), TimedReranker(clock), TimedReader(clock))
    assert measure_pace(models, Searcher(store, models)) == Pace(0.5, 0.25, 0.125)
