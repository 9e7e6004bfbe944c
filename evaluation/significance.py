"""How sure a figure is, and whether two configurations differ; everything is seeded and pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from evaluation.measures import MEASURE_NAMES, Outcome, columns, from_means

SAMPLES = 1000
CONFIDENCE = 0.95
# Up to this many differing questions all 2**n signs are tried.
EXACT_QUESTIONS = 12
PERMUTATIONS = 10_000
_CHUNK = 500

Intervals = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two configurations on the same questions: the mean of the first minus the second's, and how likely by chance.

    `differing` counts the questions on which they differ.
    """

    difference: float
    p: float
    questions: int
    differing: int


def bootstrap_intervals(outcomes: Sequence[Outcome], seed: int = 0) -> dict[str, tuple[float, float]]:
    """Return the 95 % interval of each measure in `MEASURE_NAMES`, by the percentile bootstrap (Efron 1979).

    Questions are drawn with replacement `SAMPLES` times. ValueError for no outcome.
    """
    if not outcomes:
        raise ValueError("at least one question is needed")
    rows, number = columns(outcomes), len(outcomes)
    draws = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), size=SAMPLES)
    values = from_means(draws @ rows / number)
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(values, [tail, 100 - tail], axis=0)
    return {name: (float(low[i]), float(high[i])) for i, name in enumerate(MEASURE_NAMES)}


def paired_test(first: Sequence[float], second: Sequence[float], seed: int = 0) -> Comparison:
    """Compare two configurations question by question with Fisher's randomisation test, two-sided.

    Under the null hypothesis each question's difference could as well have the other sign; `p` is the share of sign
    patterns whose mean is at least as far from 0 (Smucker, Allan and Carterette, CIKM 2007). All patterns are tried
    for few differing questions; else `PERMUTATIONS` random ones and the observed one. ValueError for unequal lengths.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} values cannot be paired")
    differences = np.array(first, np.float64) - np.array(second, np.float64)
    moved = differences[differences != 0]
    observed = abs(moved.sum())
    # Sums in another order differ in the last bits.
    limit = observed - 1e-9 * np.abs(moved).sum()
    if len(moved) <= EXACT_QUESTIONS:
        signs = np.array(list(product((-1.0, 1.0), repeat=len(moved))), np.float64)
        p = float((np.abs(signs @ moved) >= limit).mean())
    else:
        p = (1 + _as_extreme(moved, limit, seed)) / (1 + PERMUTATIONS)
    mean = float(differences.mean()) if len(differences) else 0.0
    return Comparison(mean, p, len(differences), len(moved))


def _as_extreme(moved: NDArray[np.float64], limit: float, seed: int) -> int:
    generator, found = np.random.default_rng(seed), 0
    for _ in range(PERMUTATIONS // _CHUNK):
        signs = generator.integers(0, 2, size=(_CHUNK, len(moved))) * 2.0 - 1.0
        found += int((np.abs(signs @ moved) >= limit).sum())
    return found


def compare(first: Mapping[str, Outcome], second: Mapping[str, Outcome], measure: str) -> Comparison:
    """Compare two configurations by one of `MEASURE_NAMES` (not top_std), on the questions that both have.

    The outcomes are by question; the difference has the measure's unit.
    """
    shared = [question for question in first if question in second]
    if not shared:
        return Comparison(0.0, 1.0, 0, 0)
    place = MEASURE_NAMES.index(measure)
    sides = (from_means(columns([side[question] for question in shared])[:, None, :]) for side in (first, second))
    values = [side[:, 0, place].tolist() for side in sides]
    return paired_test(values[0], values[1])
