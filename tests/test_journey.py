"""Journeys and fates in rankings written by hand."""

from __future__ import annotations

import pytest
from conftest import make_article

from retrieval.journey import Fate, Stop, explain, journeys
from retrieval.ordering import make_hits
from retrieval.passages import Passage, ScoredPassage, SearchResult, Selection, Stage

PASSAGES: dict[str, Passage] = {name: make_article(name, name)[0] for name in "abcdefg"}


def result(shown: int = 2, **rankings: str) -> SearchResult:
    """Return a result whose stages rank the passages named by letters, with scores 9, 8, 7, ..."""
    by_stage: dict[Stage, tuple[ScoredPassage, ...]] = {
        stage: tuple(ScoredPassage(PASSAGES[name], 9.0 - place) for place, name in enumerate(names))  # type: ignore[misc]
        for stage, names in rankings.items()
    }
    last = by_stage.get("reranked", by_stage["fused"])
    return SearchResult("question", "en", make_hits(last[:shown], by_stage, {}), by_stage)


# a rises by words, c falls in reranking, d and e are past the depth of 4, g is in no leg.
RESULT = result(bm25="ab", dense="cbdaef", fused="bcadef", reranked="badc")


def test_the_whole_pool_has_journeys_in_the_final_order() -> None:
    """The reranked ones first, then the rest as fused; each has its rank and score at every stage that had it."""
    found = journeys(RESULT)
    assert [journey.passage.text for journey in found] == list("badcef")
    first = found[0]
    assert first.stops == {"bm25": Stop(2, 8), "dense": Stop(2, 8), "fused": Stop(1, 9), "reranked": Stop(1, 9)}
    assert found[4].stops == {"dense": Stop(5, 5), "fused": Stop(5, 5)}


def test_where_a_passage_entered_and_rose() -> None:
    """The legs that found it; places won in fusion against the better leg, then in reranking against fusion."""
    by_name = {journey.passage.text: journey for journey in journeys(RESULT)}
    assert by_name["a"].entered == ("bm25", "dense")
    assert by_name["a"].rises == {"fused": 1 - 3, "reranked": 3 - 2}
    assert by_name["c"].entered == ("dense",)
    assert by_name["c"].rises == {"fused": 1 - 2, "reranked": 2 - 4}
    assert by_name["f"].rises == {"fused": 6 - 6}


@pytest.mark.parametrize(
    ("name", "fate"),
    [("b", "shown"), ("c", "lost_reranking"), ("d", "below_cut"), ("e", "lost_fusion"), ("g", "never_retrieved")],
)
def test_the_fate_of_an_article(name: str, fate: Fate) -> None:
    """Two are shown: c was second before reranking, d never was, e was not reranked, g not found."""
    found = explain(RESULT, PASSAGES[name].article, Selection())
    assert found.fate == fate
    assert (found.journey is None) == (name == "g")


def test_without_reranking_what_is_not_shown_is_below_the_cut() -> None:
    """The fused ranking is final then."""
    fused_only = result(bm25="", dense="abc", fused="abc")
    assert explain(fused_only, PASSAGES["c"].article, Selection()).fate == "below_cut"


def test_the_passage_that_came_farthest_speaks_for_its_article() -> None:
    """Of a shown passage and one lost in fusion, the shown one counts."""
    first, second = make_article("two", "first", "second")
    ranked = (ScoredPassage(second, 2.0), ScoredPassage(first, 1.0))
    rankings: dict[Stage, tuple[ScoredPassage, ...]] = {"dense": ranked, "fused": ranked, "reranked": ranked[:1]}
    found = explain(
        SearchResult("question", "en", make_hits(ranked[:1], rankings, {}), rankings), first.article, Selection()
    )
    assert found.fate == "shown"
    assert found.journey is not None
    assert found.journey.passage == second


@pytest.mark.parametrize("selection", [Selection(languages=("fr",)), Selection(article_ids=("another",))])
def test_an_article_the_selection_leaves_out(selection: Selection) -> None:
    """It was not looked for; one whose passages were found all the same keeps its own fate."""
    assert explain(RESULT, PASSAGES["g"].article, selection).fate == "filtered_out"
    assert explain(RESULT, PASSAGES["b"].article, selection).fate == "shown"


def test_an_empty_result() -> None:
    """No stage, no journey."""
    assert journeys(SearchResult("", "en")) == ()
    assert explain(SearchResult("", "en"), PASSAGES["a"].article, Selection()).fate == "never_retrieved"
