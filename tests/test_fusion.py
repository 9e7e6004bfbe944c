"""Fusion against scores written as the formula, with K = 5: rank r is worth 6 / (5 + r)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from conftest import make_article

from retrieval.fusion import fuse, lexical_weight, reciprocal_rank
from retrieval.passages import LANGUAGES, FusionWeights, Language, Passage, ScoredPassage

# The shares the arithmetic below is written with; the shipped ones are tuned with the models.
WEIGHTS = FusionWeights(same_language=0.7, cross_language=0.1, into_chinese=0.1)

# Two passages of each language, by name: e0, e1, f0, f1, z0, z1, o0, o1 and four more English ones.
CODES: dict[str, Language] = {"e": "en", "f": "fr", "z": "zh", "o": "other"}
PASSAGES: dict[str, Passage] = {
    f"{code}{number}": make_article(f"{code}{number}", "text", language=language)[0]
    for code, language in CODES.items()
    for number in range(6)
}


def ranking(names: str) -> list[ScoredPassage]:
    """Return the passages named, with falling scores."""
    return [ScoredPassage(PASSAGES[name], 9.0 - rank) for rank, name in enumerate(names.split())]


def fused(lexical: str, dense: str, question_language: Language) -> str:
    """Return the names in their fused order."""
    return names_of(fuse(ranking(lexical), ranking(dense), question_language, WEIGHTS))


def names_of(hits: Sequence[ScoredPassage]) -> str:
    """Return the names of hits."""
    return " ".join(hit.passage.article.name for hit in hits)


def test_rank_one_is_worth_one() -> None:
    """The scores of ranks fall from 1 as 6 / (5 + rank)."""
    assert [reciprocal_rank(rank) for rank in (1, 2, 3, 7)] == [6 / 6, 6 / 7, 6 / 8, 6 / 12]


@pytest.mark.parametrize("question", LANGUAGES)
@pytest.mark.parametrize("passage", LANGUAGES)
def test_words_count_more_within_a_language(question: Language, passage: Language) -> None:
    """Words have most of the score within a language, less between two, least in a Chinese passage."""
    expected = 0.7 if question == passage else 0.05 if passage == "zh" else 0.1
    assert lexical_weight(FusionWeights(0.7, 0.1, 0.05), question, passage) == expected


def test_the_fused_scores_are_those_of_the_places() -> None:
    """Whatever the legs' scores, place r scores 6 / (5 + r)."""
    hits = fuse(ranking("e1 e2"), ranking("e0 e1 f0"), "en", WEIGHTS)
    assert [hit.score for hit in hits] == [6 / 6, 6 / 7, 6 / 8, 6 / 9]


def test_two_disagreeing_lists_within_a_language() -> None:
    """In the question's language words win, in another the vectors."""
    # w = 0.7: e0 0.7 * 6/6 + 0.3 * 6/8 = 0.925; e1 6/7 = 0.857; e2 0.7 * 6/8 + 0.3 * 6/6 = 0.825
    assert fused("e0 e1 e2", "e2 e1 e0", "en") == "e0 e1 e2"
    # w = 0.1: e0 0.1 * 6/6 + 0.9 * 6/8 = 0.775; e1 6/7 = 0.857; e2 0.1 * 6/8 + 0.9 * 6/6 = 0.975
    assert fused("e0 e1 e2", "e2 e1 e0", "fr") == "e2 e1 e0"


def test_both_legs_beat_one() -> None:
    """A passage that both legs have passes one that is first in one leg only."""
    # w = 0.7: e0 0.7 * 6/6 = 0.7; e1 0.7 * 6/7 + 0.3 * 6/7 = 0.857; e2 0.3 * 6/6 = 0.3
    assert fused("e0 e1", "e2 e1", "en") == "e1 e0 e2"


@pytest.mark.parametrize(
    ("lexical", "dense", "expected"),
    [
        ("", "f0 e0 z0 e1 f1", "f0 e0 z0 e1 f1"),
        ("e1 e0", "f0 e0 z0 e1 f1", "f0 e1 z0 e0 f1"),  # e1 0.7 + 0.3 * 6/7 = 0.957; e0 0.7 * 6/7 + 0.3 = 0.9
        ("e2", "f0 e0 z0 e1 f1", "f0 e2 z0 e0 f1 e1"),  # e2 0.7; e0 0.3; e1 0.3 * 6/7
        ("f1 f0", "f0 e0 z0 e1 f1", "f0 e0 z0 e1 f1"),  # f1 0.1 + 0.9 * 6/7 = 0.871; f0 0.1 * 6/7 + 0.9 = 0.986
    ],
)
def test_the_dense_ranking_says_which_language_stands_where(lexical: str, dense: str, expected: str) -> None:
    """Words reorder the passages of a language among its places: they never move the language."""
    assert fused(lexical, dense, "en") == expected


def test_ranks_are_counted_within_a_language() -> None:
    """The English passages fuse the same with other languages between them."""
    # e0 0.7; e1 0.7 * 6/7 + 0.3 * 6/8 = 0.825; e2 0.7 * 6/8 + 0.3 * 6/7 = 0.782; e3 0.3
    assert fused("e0 e1 e2", "e3 e2 e1", "en") == "e1 e2 e0 e3"
    assert fused("f0 e0 f1 z0 e1 e2", "e3 z0 z1 e2 f0 e1", "en") == "e1 z0 z1 e2 f0 e0 e3 f1"


def test_what_only_words_found_comes_last_by_score() -> None:
    """Beyond the dense leg's places the languages are merged by score, ties by first appearance."""
    # e1 0.7 * 6/6 takes the place of e0 0.3 * 6/6; then e0 0.3, f0 0.1 * 6/6, z0 0.1 * 6/6, f1 0.1 * 6/7
    assert fused("z0 f0 f1 e1", "e0", "en") == "e1 e0 z0 f0 f1"
    assert fused("f0 z0 f1 e1", "e0", "en") == "e1 e0 f0 z0 f1"


def test_empty_legs() -> None:
    """One leg alone keeps its order within a language; none gives nothing."""
    assert fused("e1 e0 e2", "", "en") == "e1 e0 e2"
    assert fused("", "e1 f0 e0", "zh") == "e1 f0 e0"
    assert fuse([], [], "en", WEIGHTS) == ()
    # Words alone, in several languages: 0.7 for e0, 0.6 for e1, 0.1 for f0 and 0.086 for f1.
    assert fused("f0 e0 f1 e1", "", "en") == "e0 e1 f0 f1"


def test_ties_keep_the_dense_order() -> None:
    """Equal scores stand as the vectors have them."""
    # e1 0.7 * 6/7 + 0.3 * 6/8 = 0.825; e2 0.7 * 6/8 + 0.3 * 6/6 = 0.825; e0 0.7; e3 0.3 * 6/7
    assert fused("e0 e1 e2", "e2 e3 e1", "en") == "e2 e1 e0 e3"
    assert fused("e1 e0", "", "fr") == "e1 e0"


def test_other_languages_are_one() -> None:
    """`other` fuses like a language: with words at 0.7 for a question in another language of the kind."""
    assert fused("o1 o0", "o0 o1 e0", "other") == "o1 o0 e0"
    assert fused("o1 o0", "o0 o1 e0", "en") == "o0 o1 e0"


def test_the_legs_are_left_as_they_were() -> None:
    """Fusing changes neither list."""
    lexical, dense = ranking("e1 e0"), ranking("e0 e1")
    fuse(lexical, dense, "en", WEIGHTS)
    assert (lexical, dense) == (ranking("e1 e0"), ranking("e0 e1"))
