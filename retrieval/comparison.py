"""How far rankings agree, and which language a ranking favours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from retrieval.passages import LANGUAGES, Language, ScoredPassage

# Weight of each place against the one above it: the first ten places carry 86 % of the measure.
PERSISTENCE = 0.9


def overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the share in 0-1 of what either list has that both have (Jaccard); 1 for two empty lists."""
    either = set(one) | set(other)
    return len(set(one) & set(other)) / len(either) if either else 1.0


def rank_biased_overlap(one: Sequence[str], other: Sequence[str], persistence: float = PERSISTENCE) -> float:
    """Return the agreement of two rankings in 0-1, the first places counting most; they need not hold the same items.

    RBO extrapolated from the k places both have, formula 30 of Webber, Moffat and Zobel, "A similarity
    measure for indefinite rankings", 2010: agreement_k * p^k + (1 - p) / p * sum over d of agreement_d * p^d,
    where agreement_d is the share of the first d places that both have. 1 for two empty lists.
    """
    depth = min(len(one), len(other))
    if depth == 0:
        return 1.0 if len(one) == len(other) else 0.0
    total = agreement = 0.0
    for d in range(1, depth + 1):
        agreement = len(set(one[:d]) & set(other[:d])) / d
        total += agreement * persistence**d
    return agreement * persistence**depth + (1 - persistence) / persistence * total


def found_by_one(rankings: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return for each ranking the items that no other has, in its order."""
    counts = Counter(item for ranking in rankings.values() for item in set(ranking))
    return {name: [item for item in ranking if counts[item] == 1] for name, ranking in rankings.items()}


def language_shares(ranking: Sequence[ScoredPassage]) -> dict[Language, float]:
    """Return the share in 0-1 of each language among passages; all 0 where there are none."""
    return shares(Counter(hit.passage.language for hit in ranking))


def shares(counts: Mapping[Language, int]) -> dict[Language, float]:
    """Return each language's share in 0-1 of a count; all 0 where nothing was counted."""
    total = sum(counts.values())
    return {language: counts.get(language, 0) / total if total else 0.0 for language in LANGUAGES}


def language_bias(found: Mapping[Language, float], library: Mapping[Language, float]) -> float:
    """Return how far the shares of a ranking are from the library's: 0 for the same, 1 for nothing in common.

    Total variation distance, half the sum of the differences. It sees one question: a topic that one
    language alone treats is no bias. Whether right passages of one language stand above equally right ones
    of another needs a test set, where the mean average precision over a pool of all languages shows it
    (LAReQA: Roy et al., "LAReQA: Language-agnostic answer retrieval from a multilingual pool", 2020).
    """
    return sum(abs(found[language] - library[language]) for language in LANGUAGES) / 2
