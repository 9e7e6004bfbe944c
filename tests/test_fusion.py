"""Fusion against scores worked out by hand: shares of the best match by words, heights in standard deviations."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from conftest import make_article

from retrieval.fusion import fuse
from retrieval.passages import Language, Passage, ScoredPassage

# The share the arithmetic below is written with; the shipped one is tuned with the models.
HALF = 0.5
# Passages of each language, by name: e0, e1 … f0 … z0 … o0.
CODES: dict[str, Language] = {"e": "en", "f": "fr", "z": "zh", "o": "other"}
PASSAGES: dict[str, Passage] = {
    f"{code}{number}": make_article(f"{code}{number}", "text", language=language)[0]
    for code, language in CODES.items()
    for number in range(6)
}
# Scores 11, 7, 5, 2, 1: mean 5.2, variance (33.64 + 3.24 + 0.04 + 10.24 + 17.64) / 5 = 12.96, deviation 3.6; six of
# them are 21.6, more than the 10 between first and last.
DENSE = {"e0": 11.0, "e1": 7.0, "f0": 5.0, "e2": 2.0, "z0": 1.0}


def ranking(scores: dict[str, float]) -> list[ScoredPassage]:
    """Return the passages named with their scores."""
    return [ScoredPassage(PASSAGES[name], score) for name, score in scores.items()]


def fused(lexical: dict[str, float], dense: dict[str, float], share: float = HALF) -> list[tuple[str, float]]:
    """Return the names and scores in their fused order."""
    return scores_of(fuse(ranking(lexical), ranking(dense), share))


def scores_of(hits: Sequence[ScoredPassage]) -> list[tuple[str, float]]:
    """Return names and scores of hits."""
    return [(hit.passage.article.name, pytest.approx(hit.score)) for hit in hits]


def test_both_legs() -> None:
    """Half the share of the best by words, half the height by vectors; a leg that lacks a passage adds nothing."""
    assert fused({"e1": 8.0, "e2": 6.0, "e3": 2.0}, DENSE) == [
        ("e1", 0.5 * 8 / 8 + 0.5 * 6 / 21.6),
        ("e2", 0.5 * 6 / 8 + 0.5 * 1 / 21.6),
        ("e0", 0.5 * 10 / 21.6),
        ("e3", 0.5 * 2 / 8),
        ("f0", 0.5 * 4 / 21.6),
        ("z0", 0.0),
    ]


def test_words_count_within_their_language() -> None:
    """The best of every language is worth the same, whatever BM25 gave it there."""
    assert fused({"e0": 30.0, "e1": 15.0, "f0": 4.0, "z0": 9.0, "f1": 1.0}, {}) == [
        ("e0", 0.5), ("f0", 0.5), ("z0", 0.5), ("e1", 0.25), ("f1", 0.125),
    ]  # fmt: skip


@pytest.mark.parametrize(("share", "first"), [(0.0, "e0"), (1.0, "e2")])
def test_one_leg_may_have_all(share: float, first: str) -> None:
    """With 0 the vectors decide, with 1 the words."""
    assert fused({"e2": 3.0}, DENSE, share)[0][0] == first


def test_negative_distances() -> None:
    """A Euclidean encoder's scores are distances below zero; only the differences count."""
    shifted = {name: score - 40.0 for name, score in DENSE.items()}
    assert fused({}, shifted) == fused({}, DENSE)


def test_one_far_ahead_scores_one() -> None:
    """When first and last are more than six deviations apart, which takes over 36 passages, the first has 1."""
    crowd = [ScoredPassage(make_article(f"c{number}", "text")[0], 0.0) for number in range(60)]
    hits = fuse([], [*ranking({"e0": 1.0}), *crowd], 0.0)
    assert [hit.score for hit in hits[:2]] == [1.0, 0.0]


def test_equal_scores_tell_nothing() -> None:
    """A leg of one passage, or of equal ones, leaves the order to the other leg, ties as the vectors have them."""
    assert fused({}, {"e3": 0.7}) == [("e3", 0.0)]
    assert [name for name, _ in fused({"e2": 1.0}, {"e3": 0.7, "e1": 0.7, "e2": 0.7})] == ["e2", "e3", "e1"]
    assert fused({"e1": 0.0}, {}) == [("e1", 0.0)]


def test_empty_legs() -> None:
    """Nothing found gives nothing."""
    assert fuse([], [], HALF) == ()


def test_the_legs_are_left_as_they_were() -> None:
    """Fusing changes neither list."""
    lexical, dense = ranking({"e1": 2.0, "e0": 1.0}), ranking(DENSE)
    fuse(lexical, dense, HALF)
    assert (lexical, dense) == (ranking({"e1": 2.0, "e0": 1.0}), ranking(DENSE))
