"""Published figures of the SQuAD 2.0 development protocol, to stand beside ours.

The protocol (model page of cmarkea/bloomz-560m-retriever-v2): 1204 paragraphs, 5921 answerable questions, the rank of
the one right paragraph among all. Only what could be read from the pages is here; a missing figure is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.measures import Measures

PARAGRAPHS, QUESTIONS = 1204, 5921
V2_PAGE, V1_PAGE = "bloomz-560m-retriever-v2", "bloomz-560m-retriever"


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One model's figures: ranks, then percentages, and the model page they stand on."""

    model: str
    page: str
    top_mean: float | None = None
    top_std: float | None = None
    top1: float | None = None
    top5: float | None = None
    top10: float | None = None
    mrr: float | None = None


# By language of question and paragraph. Their "EN/FR" is a question in French, a paragraph in English.
PUBLISHED: Mapping[str, tuple[PublishedRow, ...]] = {
    "fr-fr": (
        PublishedRow("BM25", V2_PAGE, 16.8, 100.8, 71.7, 88.3, 91.8, 79.2),
        PublishedRow("E5-large", V2_PAGE, top1=67.0, mrr=76.7),
        PublishedRow("bloomz-560m-retriever-v2", V2_PAGE, top1=68.0, mrr=77.7),
        PublishedRow("bloomz-3b-retriever-v2", V2_PAGE, top1=76.5, mrr=84.4),
        PublishedRow("TF-IDF", V1_PAGE, 128, 269, 23, 46, 56),
        PublishedRow("CamemBERT", V1_PAGE, 417, 347, 1, 2, 3),
        PublishedRow("Sentence-BERT", V1_PAGE, 11, 41, 43, 71, 82),
        PublishedRow("bloomz-560m-retriever", V1_PAGE, 10, 47, 51, 78, 86),
        PublishedRow("bloomz-3b-retriever", V1_PAGE, 9, 37, 50, 79, 87),
    ),
    "fr-en": (
        PublishedRow("BM25", V2_PAGE, top_mean=280.7, top1=23.9, mrr=30.4),
        PublishedRow("E5-large", V2_PAGE, top1=62.9, mrr=73.8),
        PublishedRow("bloomz-560m-retriever-v2", V2_PAGE, top1=66.6, mrr=76.6),
        PublishedRow("bloomz-3b-retriever-v2", V2_PAGE, top1=75.7, mrr=83.9),
        PublishedRow("TF-IDF", V1_PAGE, 607, 334, 0, 0, 0),
        PublishedRow("CamemBERT", V1_PAGE, 432, 345, 0, 1, 1),
        PublishedRow("Sentence-BERT", V1_PAGE, 12, 47, 44, 73, 83),
        PublishedRow("bloomz-560m-retriever", V1_PAGE, 10, 44, 49, 77, 86),
        PublishedRow("bloomz-3b-retriever", V1_PAGE, 9, 38, 50, 78, 87),
    ),
}
DIFFERENCES = (
    "The French texts are another translation: no page names theirs.",
    "BM25: no page tells its tokens, k1 or b; tokens alone move BM25 more than most models differ.",
    "Tied paragraphs have their mean rank here, and a long paragraph stands where its best passage does; the pages say "
    "neither.",
    "The v1 page counts about 6000 questions. A dash is a figure we could not read; E5-base and STS-CamemBERT are "
    "missing for that reason.",
)
_COLUMNS = ("top_mean", "top_std", "top1", "top5", "top10", "mrr")
_HEADER = ("Model", "Top-mean", "Top-std", "Top-1", "Top-5", "Top-10", "MRR", "From")


def protocol_pair(documents: int, questions: int, pairs: Mapping[str, Measures]) -> str | None:
    """Return "fr-fr" or "fr-en" if figures are those of the protocol, None otherwise.

    The pair is that of most questions: a few are detected as of another language.
    """
    if (documents, questions) != (PARAGRAPHS, QUESTIONS):
        return None
    largest = max(pairs, key=lambda pair: pairs[pair].questions)
    return largest if largest in PUBLISHED else None


def beside(pair: str, ours: Mapping[str, Measures]) -> list[tuple[str, ...]]:
    """Return a header and a line for each of our stages and each published model, as texts."""
    lines: list[tuple[str, ...]] = [_HEADER]
    lines += [(stage, *_cells(measures), "here") for stage, measures in ours.items()]
    lines += [(row.model, *_cells(row), row.page) for row in PUBLISHED[pair]]
    return lines


def to_markdown(lines: list[tuple[str, ...]]) -> str:
    """Return the lines as a table in Markdown, with what differs below."""
    table = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([table[0], "|---" * len(lines[0]) + "|", *table[1:], "", *(f"- {line}" for line in DIFFERENCES)])


def _cells(row: Measures | PublishedRow) -> list[str]:
    values = [getattr(row, name) for name in _COLUMNS]
    return ["–" if value is None else f"{value:.1f}" for value in values]
