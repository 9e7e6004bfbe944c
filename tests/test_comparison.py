"""Agreement and shares worked out by hand."""

from __future__ import annotations

import pytest
from conftest import make_article

from retrieval.comparison import (
    found_by_one,
    language_bias,
    language_shares,
    overlap,
    rank_biased_overlap,
    shares,
)
from retrieval.passages import Language, ScoredPassage


@pytest.mark.parametrize(
    ("one", "other", "share"), [("abc", "cba", 1), ("abc", "cde", 1 / 5), ("a", "", 0), ("", "", 1)]
)
def test_overlap(one: str, other: str, share: float) -> None:
    """What both have, of what either has."""
    assert overlap(one, other) == share


def test_rank_biased_overlap() -> None:
    """With p = 0.5: the sum of agreement * p^d for d = 1, 2, 3, and the last agreement for all that follows."""
    # ab|c against ba|c: agreements 0, 1, 1.
    assert rank_biased_overlap("abc", "bac", 0.5) == pytest.approx(1 * 0.125 + 1 * (0 * 0.5 + 1 * 0.25 + 1 * 0.125))
    # abc against axb: agreements 1, 1/2, 2/3.
    expected = 2 / 3 * 0.125 + 1 * (1 * 0.5 + 1 / 2 * 0.25 + 2 / 3 * 0.125)
    assert rank_biased_overlap("abc", "axb", 0.5) == pytest.approx(expected)
    assert rank_biased_overlap("abc", "abc") == pytest.approx(1)
    assert rank_biased_overlap("abc", "xyz") == 0
    assert (rank_biased_overlap("", ""), rank_biased_overlap("a", "")) == (1, 0)


def test_the_first_places_count_most() -> None:
    """An exchange at the top costs more than one at the end."""
    assert rank_biased_overlap("abcd", "bacd") < rank_biased_overlap("abcd", "abdc")


def test_found_by_one() -> None:
    """What no other ranking has, in order."""
    assert found_by_one({"x": "abc", "y": "bd", "z": "be"}) == {"x": ["a", "c"], "y": ["d"], "z": ["e"]}


def test_language_shares_and_bias() -> None:
    """Two of three French against a library that is half French, half Chinese: 2/3 - 1/2 and 1/3, halved, and 1/2."""
    codes: tuple[Language, ...] = ("fr", "en", "fr")
    ranking = [
        ScoredPassage(make_article(str(place), "text", language=code)[0], 1.0) for place, code in enumerate(codes)
    ]
    found = language_shares(ranking)
    assert found == {"fr": 2 / 3, "en": 1 / 3, "zh": 0, "other": 0}
    library = shares({"fr": 5, "zh": 5})
    assert library == {"fr": 0.5, "en": 0, "zh": 0.5, "other": 0}
    assert language_bias(found, library) == pytest.approx((1 / 6 + 1 / 3 + 1 / 2) / 2)
    assert (language_bias(found, found), language_bias(found, shares({"zh": 1}))) == (0, 1)
    assert language_shares([]) == shares({}) == {"fr": 0, "en": 0, "zh": 0, "other": 0}
