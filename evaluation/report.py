"""What an evaluation found, as JSON for programs and as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from evaluation.measures import Measures
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
    """How good one stage was on one data set, and how many questions a second it answered.

    `mean_ranks` are by language of the document, empty where no question is answered in several.
    """

    measures: Measures
    questions_per_second: float
    mean_ranks: Mapping[Language, float] = field(default_factory=dict)


Results = Mapping[str, Mapping[str, StageResult]]
"""Folder name, then stage name, to result; both are reported in the order given."""


def to_json(results: Results) -> dict[str, dict[str, dict[str, float]]]:
    """Return the results as plain numbers: folder, then stage, then the names of `Measures`' fields.

    `questions_per_second` and the mean ranks by language stand beside them; units are those of `Measures`, unrounded.
    """
    return {
        folder: {
            stage: {
                **asdict(result.measures),
                "questions_per_second": result.questions_per_second,
                **{f"mean_rank_{language}": rank for language, rank in result.mean_ranks.items()},
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
    lines += [_language_line(name, result.mean_ranks) for name, result in stages.items() if result.mean_ranks]
    return "\n".join(lines) + "\n"


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
