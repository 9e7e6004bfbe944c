"""Stage 6: which word of one language stands for which of another, learned from translation pairs (IBM Model 1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.bm25 import term_id
from retrieval.passages import Language
from retrieval.text import tokenize
from retrieval.translations import TermTable, Translations, save_translations
from training.corpus import read_lexicon, read_pairs

Ids = NDArray[np.uint32]
Pair = tuple[Ids, Ids]
# Takes up words that stand for nothing in the other text; no term has this id.
NULL = np.uint32(0)
STEPS = 6
# Longer sentences link everything with everything: many cells, little to learn.
MAX_TERMS = 50
MAX_TRANSLATIONS = 6
MIN_WEIGHT = 0.06
MIN_WEIGHT_THROUGH = 0.02
# One row of a lexicon counts nearly 1; what is linked less was explained by other words.
MIN_COUNT = 0.9


@dataclass(frozen=True)
class Links:
    """Pairs of terms with the probability of the target given the source, and how often they were linked."""

    sources: Ids
    targets: Ids
    probabilities: NDArray[np.float64]
    counts: NDArray[np.float64]


def term_pairs(pairs: Iterable[tuple[str, str]]) -> list[Pair]:
    """Return the distinct term ids of each pair of texts; pairs without terms or with too many are left out."""
    found = [(_terms(first), _terms(second)) for first, second in pairs]
    return [(first, second) for first, second in found if 0 < len(first) <= MAX_TERMS and 0 < len(second) <= MAX_TERMS]


def _terms(text: str) -> Ids:
    return np.unique(np.array([term_id(term) for term in tokenize(text)], np.uint32))


def learn_links(pairs: Sequence[Pair], steps: int = STEPS) -> Links:
    """Return p(target | source) by expectation maximisation (IBM Model 1, Brown et al. 1993).

    Every term of the second text is taken as the translation of one term of the first, or of none.
    """
    first = [np.append(NULL, source) for source, _ in pairs]
    sources = np.concatenate([np.tile(s, len(t)) for s, (_, t) in zip(first, pairs, strict=True)])
    targets = np.concatenate([np.repeat(t, len(s)) for s, (_, t) in zip(first, pairs, strict=True)])
    sizes = np.concatenate([np.full(len(t), len(s)) for s, (_, t) in zip(first, pairs, strict=True)])
    starts = np.cumsum(sizes) - sizes
    keys, cells = np.unique(_key(sources, targets), return_inverse=True)
    linked_sources, linked_targets = (keys >> 32).astype(np.uint32), keys.astype(np.uint32)
    _, of_source = np.unique(linked_sources, return_inverse=True)
    counts = probabilities = np.ones(len(keys))
    for _ in range(steps):
        shares = probabilities[cells]
        shares /= np.repeat(np.add.reduceat(shares, starts), sizes)
        counts = np.bincount(cells, shares, len(keys)).astype(np.float64)
        probabilities = counts / np.bincount(of_source, counts)[of_source]
    real = linked_sources != NULL
    return Links(linked_sources[real], linked_targets[real], probabilities[real], counts[real])


def agreed(forward: Links, backward: Links) -> TermTable:
    """Return the links both directions make, with the geometric mean of their probabilities, the weak ones pruned.

    Alone, a direction gives rare words whatever stood beside them.
    """
    order = np.argsort(there := _key(backward.targets, backward.sources))
    here = _key(forward.sources, forward.targets)
    places = np.minimum(np.searchsorted(there[order], here), len(order) - 1)
    same = there[order][places] == here
    weights = np.sqrt(forward.probabilities * np.where(same, backward.probabilities[order][places], 0.0))
    often = forward.counts >= MIN_COUNT
    return _pruned(forward.sources[often], forward.targets[often], weights[often], MIN_WEIGHT)


def through(first: TermTable, second: TermTable) -> TermTable:
    """Return the translations of translations, weights multiplied and summed over the words between."""
    sources = np.repeat(first.sources, first.starts[1:] - first.starts[:-1])
    places = np.minimum(np.searchsorted(second.sources, first.targets), len(second.sources) - 1)
    known = second.sources[places] == first.targets
    begins, ends = second.starts[places].astype(np.int64), second.starts[places + 1].astype(np.int64)
    sizes = np.where(known, ends - begins, 0)
    rows = np.repeat(begins - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    weights = np.repeat(first.probabilities, sizes) * second.probabilities[rows]
    keys, cells = np.unique(_key(np.repeat(sources, sizes), second.targets[rows]), return_inverse=True)
    summed = np.minimum(np.bincount(cells, weights, len(keys)), 1.0)
    return _pruned((keys >> 32).astype(np.uint32), keys.astype(np.uint32), summed, MIN_WEIGHT_THROUGH)


def _pruned(sources: Ids, targets: Ids, weights: NDArray[np.float64], least: float) -> TermTable:
    """Keep each source's heaviest translations, none below the least weight."""
    order = np.lexsort((-weights, sources))
    order = order[weights[order] >= least]
    starts = np.flatnonzero(np.append(True, sources[order][1:] != sources[order][:-1])) if len(order) else order
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    kept = order[rank < MAX_TRANSLATIONS]
    return TermTable.from_rows(sources[kept], targets[kept], weights[kept])


def _key(sources: Ids, targets: Ids) -> NDArray[np.uint64]:
    return (sources.astype(np.uint64) << np.uint64(32)) | targets.astype(np.uint64)


def learn_translations(train: Path, file: Path) -> Translations:
    """Learn the six directions from the training text and write them; French and Chinese meet through English."""
    tables: dict[tuple[Language, Language], TermTable] = {}
    languages: tuple[Language, ...] = ("fr", "zh")
    for language in languages:
        texts = read_pairs(train, language) + read_lexicon(train, language)
        pairs = term_pairs(texts)
        forward, backward = learn_links(pairs), learn_links([(second, first) for first, second in pairs])
        tables["en", language], tables[language, "en"] = agreed(forward, backward), agreed(backward, forward)
    tables["fr", "zh"] = through(tables["fr", "en"], tables["en", "zh"])
    tables["zh", "fr"] = through(tables["zh", "en"], tables["en", "fr"])
    file.parent.mkdir(parents=True, exist_ok=True)
    save_translations(tables, file)
    return tables
