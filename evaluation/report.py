"""What an evaluation found, as JSON for programs and as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from evaluation.measures import Measures

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
    """How good one stage was on one data set, and how many questions a second it answered."""

    measures: Measures
    questions_per_second: float


Results = Mapping[str, Mapping[str, StageResult]]
"""Folder name, then stage name, to result; both are reported in the order given."""


def to_json(results: Results) -> dict[str, dict[str, dict[str, float]]]:
    """Return the results as plain numbers: folder, then stage, then the names of `Measures`' fields.

    `questions_per_second` stands beside them; units are those of `Measures`, unrounded.
    """
    return {
        folder: {
            stage: {**asdict(result.measures), "questions_per_second": result.questions_per_second}
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
    return "\n".join(lines) + "\n"


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
