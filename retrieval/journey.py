"""A passage's way through the stages, and what became of an article that is not shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from retrieval.passages import STAGES, ArticleInfo, Passage, SearchResult, Selection, Stage

Fate = Literal["shown", "below_cut", "lost_reranking", "lost_fusion", "never_retrieved", "filtered_out"]
# From the one that came farthest.
FATES: tuple[Fate, ...] = (
    "shown",
    "below_cut",
    "lost_reranking",
    "lost_fusion",
    "never_retrieved",
    "filtered_out",
)


@dataclass(frozen=True, slots=True)
class Stop:
    """A passage's rank, from 1, and score at one stage."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Journey:
    """The stops of one passage, in the order of the stages; a stage that lacks it has none."""

    passage: Passage
    stops: Mapping[Stage, Stop]

    @property
    def entered(self) -> tuple[Stage, ...]:
        """Return the legs that found the passage."""
        return tuple(stage for stage in STAGES[:2] if stage in self.stops)

    @property
    def rises(self) -> Mapping[Stage, int]:
        """Return the places won, negative for lost, at each stage after the legs.

        Fusion is compared with the better leg, reranking with fusion.
        """
        before = min(self.stops[leg].rank for leg in self.entered)
        rises: dict[Stage, int] = {}
        for stage in STAGES[2:]:
            if stage in self.stops:
                rises[stage] = before - self.stops[stage].rank
                before = self.stops[stage].rank
        return rises


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of an article, with the journey of the passage of it that came farthest, if any was found."""

    fate: Fate
    journey: Journey | None = None


def last_stage(result: SearchResult) -> Stage:
    """Return the stage whose order is shown."""
    return "reranked" if "reranked" in result.rankings else "fused"


def journeys(result: SearchResult) -> tuple[Journey, ...]:
    """Return the journey of every passage of the pool, the shown ones first, then by the last stage reached."""
    stops: dict[str, dict[Stage, Stop]] = {}
    passages: dict[str, Passage] = {}
    for stage in STAGES:
        for rank, hit in enumerate(result.rankings.get(stage, ()), start=1):
            passages[hit.passage.id] = hit.passage
            stops.setdefault(hit.passage.id, {})[stage] = Stop(rank, hit.score)
    # The fused ranking has the whole pool; what was reranked stands before what was not.
    order = [hit.passage.id for stage in ("reranked", "fused") for hit in result.rankings.get(stage, ())]
    return tuple(Journey(passages[name], stops[name]) for name in dict.fromkeys(order))


def explain(result: SearchResult, article: ArticleInfo, selection: Selection) -> Explanation:
    """Say from the kept stages why an article is, or is not, among the hits.

    Never retrieved: no leg has a passage of it. Lost in fusion: none of its passages stood high enough
    after fusion to be reranked. Lost in reranking: one would have been shown before reranking, and not
    after. Below the cut: ranked to the end, past the number shown. Filtered out: the selection leaves
    this article out, or its language, and none of its passages was found.
    """
    own = [journey for journey in journeys(result) if journey.passage.article.id == article.id]
    shown = {hit.passage.id for hit in result.hits}
    explained = [Explanation(_fate(journey, shown, result), journey) for journey in own]
    if not explained:
        return Explanation("filtered_out" if _is_left_out(article, selection) else "never_retrieved")
    return min(explained, key=lambda found: FATES.index(found.fate))


def _is_left_out(article: ArticleInfo, selection: Selection) -> bool:
    by_name = bool(selection.article_ids) and article.id not in selection.article_ids
    return by_name or (bool(selection.languages) and article.language not in selection.languages)


def _fate(journey: Journey, shown: set[str], result: SearchResult) -> Fate:
    if journey.passage.id in shown:
        return "shown"
    if "reranked" not in result.rankings:
        return "below_cut"
    if "reranked" not in journey.stops:
        return "lost_fusion"
    return "lost_reranking" if journey.stops["fused"].rank <= len(shown) else "below_cut"
