"""Intervals and tests against closed forms, brute force and scipy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import bootstrap, permutation_test  # type: ignore[import-untyped]

from evaluation.measures import MEASURE_NAMES, Outcome
from evaluation.significance import EXACT_QUESTIONS, PERMUTATIONS, bootstrap_intervals, paired_test


def outcomes(ranks: list[float]) -> list[Outcome]:
    """Return outcomes whose other values follow from the rank."""
    return [Outcome(rank, 1 / np.log2(1 + rank), float(rank <= 100), 1 / rank, True) for rank in ranks]


def test_equal_questions_leave_no_doubt() -> None:
    """Every sample is the same, so each interval is a point."""
    found = bootstrap_intervals(outcomes([2, 2, 2]))
    assert list(found) == list(MEASURE_NAMES)
    assert found["top_mean"] == (2, 2)
    assert found["top_std"] == pytest.approx((0, 0), abs=1e-6)
    assert found["top1"] == (0, 0)
    assert found["mrr"] == pytest.approx((50, 50))


def test_intervals_are_repeatable_and_agree_with_scipy() -> None:
    """Percentile intervals of scipy's own resampling, within the noise of 1000 samples."""
    ranks = [float(rank) for rank in np.random.default_rng(3).integers(1, 60, size=200)]
    found = bootstrap_intervals(outcomes(ranks))
    assert found == bootstrap_intervals(outcomes(ranks))
    assert found != bootstrap_intervals(outcomes(ranks), seed=1)
    for name, statistic in (
        ("top_mean", np.mean),
        ("top_std", np.std),
        ("top10", lambda x, axis: 100 * (x <= 10).mean(axis)),
        ("mrr", lambda x, axis: 100 * (1 / x).mean(axis)),
    ):
        theirs = bootstrap((ranks,), statistic, method="percentile", n_resamples=5000, rng=0).confidence_interval
        width = theirs.high - theirs.low
        assert found[name] == pytest.approx((theirs.low, theirs.high), abs=0.12 * width), name


@pytest.mark.parametrize("second", [[0, 0, 0], [1, 0, 2], [3, 1, 2]])
def test_few_questions_are_exact(second: list[float]) -> None:
    """By brute force over all eight patterns of signs."""
    first = [3.0, 1.0, 0.5]
    differences = np.array(first) - np.array(second)
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in product((-1, 1), repeat=3)]
    found = paired_test(first, second)
    assert found.p == sum(total >= abs(differences.sum()) - 1e-12 for total in sums) / 8
    assert found.difference == pytest.approx(differences.mean())


def test_clear_difference_by_hand() -> None:
    """Five questions all better by one: only the two patterns of equal signs are as far, 2 / 32."""
    found = paired_test([1, 1, 1, 1, 1, 0.5], [0, 0, 0, 0, 0, 0.5])
    assert (found.p, found.questions, found.differing) == (2 / 32, 6, 5)


def test_the_same_results_are_no_difference() -> None:
    """Nothing moved: p is 1."""
    found = paired_test([1.0, 0.5], [1.0, 0.5])
    assert (found.difference, found.p, found.differing) == (0, 1, 0)
    assert paired_test([], []).p == 1


def test_many_questions_agree_with_scipy() -> None:
    """A random choice of patterns is close to scipy's own."""
    generator = np.random.default_rng(5)
    first, second = generator.random(60), generator.random(60) - 0.09
    assert len(first) > EXACT_QUESTIONS
    theirs = permutation_test(
        (first, second), lambda x, y, axis: (x - y).mean(axis), permutation_type="samples", n_resamples=20_000, rng=0
    )
    found = paired_test(list(first), list(second))
    assert 0.01 < theirs.pvalue < 0.2
    assert found.p == pytest.approx(theirs.pvalue, abs=0.015)
    assert found == paired_test(list(first), list(second))


def test_a_random_p_is_never_zero() -> None:
    """The observed pattern counts as one."""
    assert paired_test([1.0] * 40, [0.0] * 40).p == 1 / (1 + PERMUTATIONS)


def test_refuses_what_cannot_be_paired() -> None:
    """Different numbers of questions, or none, are errors."""
    with pytest.raises(ValueError, match="2 and 1 values"):
        paired_test([1, 2], [1])
    with pytest.raises(ValueError, match="at least one"):
        bootstrap_intervals([])
