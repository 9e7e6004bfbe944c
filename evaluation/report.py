"""What an evaluation found, as JSON for programs and as a table for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evaluation.measures import Measures, Outcome, summarise
from evaluation.run import AskedResult, Evaluated
from evaluation.significance import Intervals, bootstrap_intervals
from retrieval.passages import Language

COLUMNS = (
    "Top-mean",
    "Top-std",
    "Top-1",
    "Top-5",
    "Top-10",
    "MRR",
    "nDCG@10",
    "Recall@100",
    "Missed",
    "Questions/s",
)


@dataclass(frozen=True, slots=True)
class StageResult:
    """How good one stage was on one set of questions, and how many it answered in a second.

    `intervals` are the measures' 95 % intervals. `mean_ranks` are by language of the right documents, empty where no
    question is answered in several; the gaps between them are the bias of a ranking between languages (compare
    LAReQA, Roy et al. 2020). `pairs` gives the measures by question language and document language ("fr-zh").
    """

    measures: Measures
    questions_per_second: float
    mean_ranks: Mapping[Language, float] = field(default_factory=dict)
    intervals: Intervals = field(default_factory=dict)
    pairs: Mapping[str, Measures] = field(default_factory=dict)


Results = Mapping[str, Mapping[str, StageResult]]
"""Folder name, then stage name, to result; both are reported in the order given."""


def stage_results(evaluated: Evaluated) -> dict[str, StageResult]:
    """Measure every stage of a run over all its questions, of which there must be one at least."""
    results = evaluated.results
    return {
        stage: StageResult(
            measures=summarise([result.outcomes[stage] for result in results]),
            questions_per_second=len(results) / max(seconds, 1e-9),
            mean_ranks=_mean_ranks(results, stage),
            intervals=bootstrap_intervals([result.outcomes[stage] for result in results]),
            pairs={pair: summarise(outcomes) for pair, outcomes in by_pair(results, stage).items()},
        )
        for stage, seconds in evaluated.seconds.items()
    }


def by_pair(results: Sequence[AskedResult], stage: str) -> dict[str, list[Outcome]]:
    """Return a stage's outcomes by pair of languages, question then document ("fr-zh")."""
    outcomes: dict[str, list[Outcome]] = {}
    for result in results:
        for language, outcome in result.by_language[stage].items():
            outcomes.setdefault(f"{result.language}-{language}", []).append(outcome)
    return dict(sorted(outcomes.items()))


def _mean_ranks(results: Sequence[AskedResult], stage: str) -> dict[Language, float]:
    ranks: dict[Language, list[float]] = {}
    for result in results:
        for language, rank in result.language_ranks.get(stage, {}).items():
            ranks.setdefault(language, []).append(rank)
    return {language: sum(found) / len(found) for language, found in sorted(ranks.items())}


def to_json(results: Results) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the results as plain numbers: folder, then stage, then the names of `Measures`' fields.

    `questions_per_second`, the mean ranks by language, the intervals and the language pairs stand beside them; units
    are those of `Measures`, unrounded.
    """
    return {
        folder: {
            stage: {
                **asdict(result.measures),
                "questions_per_second": result.questions_per_second,
                **{f"mean_rank_{language}": rank for language, rank in result.mean_ranks.items()},
                "intervals": {name: list(interval) for name, interval in result.intervals.items()},
                "pairs": {pair: asdict(measures) for pair, measures in result.pairs.items()},
            }
            for stage, result in stages.items()
        }
        for folder, stages in results.items()
    }


def to_table(results: Results) -> str:
    """Return one aligned table per folder, one line per stage, for a fixed-width font.

    Columns are those of the bloomz-560m-retriever-v2 page first (ranks, then percentages). "Missed"
    counts the questions whose right documents the stage did not rank at all, of all questions.
    """
    return "\n".join(_folder_table(folder, stages) for folder, stages in results.items())


def _folder_table(folder: str, stages: Mapping[str, StageResult]) -> str:
    rows = [("Stage", *COLUMNS), *((stage, *_cells(result)) for stage, result in stages.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [folder]
    for name, *numbers in rows:
        cells = [name.ljust(widths[0])]
        cells += [number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True)]
        lines.append("  ".join(cells))
    lines += [_interval_line(name, result.intervals["mrr"]) for name, result in stages.items() if result.intervals]
    lines += [_language_line(name, result.mean_ranks) for name, result in stages.items() if result.mean_ranks]
    return "\n".join(lines) + "\n"


def _interval_line(stage: str, interval: tuple[float, float]) -> str:
    return f"{stage}: MRR between {interval[0]:.1f} and {interval[1]:.1f} with 95 % confidence"


def _language_line(stage: str, ranks: Mapping[Language, float]) -> str:
    means = ", ".join(f"{language} {rank:.2f}" for language, rank in ranks.items())
    gap = max(ranks.values()) - min(ranks.values())
    return f"{stage}: mean rank of the right documents {means}; largest gap {gap:.2f}"


def _cells(result: StageResult) -> tuple[str, ...]:
    measures = result.measures
    numbers = (
        measures.top_mean,
        measures.top_std,
        measures.top1,
        measures.top5,
        measures.top10,
        measures.mrr,
        measures.ndcg10,
        measures.recall100,
    )
    missed = f"{measures.missed}/{measures.questions}"
    return (*(f"{number:.2f}" for number in numbers), missed, f"{result.questions_per_second:.1f}")
