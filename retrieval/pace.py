"""How long a question takes on this machine, measured once, and how deep to rerank within so many seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from retrieval.search import Models, Searcher

# The most passages that a time chooses to rerank: more are hardly ever among the fused.
DEEPEST = 100
_QUESTION = "How long did the masons work on the stone bridge over the river?"
# About as many tokens as passages have, 100 to 130.
_TEXTS = 2 * (
    "The masons worked on the bridge for eleven years. In spring, when the river was high, they cut the stone in a "
    "quarry three miles upstream, and in autumn they set it, arch by arch, on piers that stood on piles of oak. The "
    "town paid them by the day. A flood carried away the third arch in the ninth year, and the council then asked an "
    "engineer from the capital whether the piers were too thick; he had two of them rebuilt, half as wide.",
    "Les maçons travaillèrent onze ans au pont. Au printemps, quand la rivière était haute, ils taillaient la pierre "
    "dans une carrière en amont ; à l’automne ils la posaient, arche après arche, sur des piles fondées sur des pieux "
    "de chêne. La ville les payait à la journée. Une crue emporta la troisième arche la neuvième année, et le conseil "
    "fit venir un ingénieur de la capitale, qui fit rebâtir deux piles, deux fois moins larges.",
    "石匠们修建这座桥用了十一年。春天河水上涨时，他们在上游三里外的采石场开凿石料；到了秋天，再把石块一拱一拱地砌在桥墩上，"
    "桥墩下面是橡木桩。镇上按天给他们工钱。第九年，一场洪水冲走了第三个桥拱，议会于是请来首都的一位工程师，询问桥墩是否太厚；"
    "他让人重建了其中两个，宽度只有原来的一半。",
)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds for what every question needs, for each passage reranked and for each passage read for its answer."""

    question: float
    pair: float
    passage: float


def predicted_seconds(pace: Pace, depth: int, limit: int) -> float:
    """Return question + depth * pair + limit * passage."""
    return pace.question + depth * pace.pair + limit * pace.passage


def depth_within(pace: Pace, seconds: float, limit: int) -> int:
    """Return how many passages can be reranked within so many seconds, `limit` being shown, in 0-`DEEPEST`."""
    left = seconds - predicted_seconds(pace, 0, limit)
    return max(0, min(DEEPEST, int(left / pace.pair)))


def measure_pace(models: Models, searcher: Searcher) -> Pace:
    """Time the models on a handful of texts of typical length, and the library's two legs on a question."""
    return Pace(
        question=_seconds(lambda: searcher.search(_QUESTION, limit=0, depth=0)),
        pair=_seconds(lambda: models.reranker.score(_QUESTION, _TEXTS)) / len(_TEXTS),
        passage=_seconds(lambda: models.reader.read(_QUESTION, _TEXTS)) / len(_TEXTS),
    )


def _seconds(act: Callable[[], object]) -> float:
    """Return how long an act takes the second time: the first one sets memory and threads up."""
    act()
    start = perf_counter()
    act()
    return perf_counter() - start
