"""The published figures and ours side by side."""

from __future__ import annotations

import pytest

from evaluation.measures import Measures
from evaluation.published import DIFFERENCES, PARAGRAPHS, QUESTIONS, beside, protocol_pair, to_markdown
from ui.texts import TEXTS

OURS = Measures(9.04, 51.3, 77.7, 91.2, 94.4, 83.6, 86.0, 98.0, 83.6, 3, 5900)


@pytest.mark.parametrize(
    ("documents", "questions", "pairs", "expected"),
    [
        (PARAGRAPHS, QUESTIONS, {"en-fr": 21, "fr-fr": 5900}, "fr-fr"),
        (PARAGRAPHS, QUESTIONS, {"fr-en": 5900}, "fr-en"),
        (PARAGRAPHS, QUESTIONS, {"zh-en": 5900}, None),
        (PARAGRAPHS, 150, {"fr-fr": 150}, None),
        (65, QUESTIONS, {"fr-fr": QUESTIONS}, None),
    ],
)
def test_only_the_protocol_is_compared(
    documents: int, questions: int, pairs: dict[str, int], expected: str | None
) -> None:
    """Fewer questions or other languages have nothing published beside them."""
    found = {pair: Measures(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, count) for pair, count in pairs.items()}
    assert protocol_pair(documents, questions, found) == expected


def test_rows_stand_beside_each_other() -> None:
    """Ours first; a figure that could not be read is a dash."""
    lines = beside("fr-fr", {"fused": OURS})
    assert lines[1] == ("fused", "9.0", "51.3", "77.7", "91.2", "94.4", "83.6", "here")
    assert lines[2] == ("BM25", "16.8", "100.8", "71.7", "88.3", "91.8", "79.2", "bloomz-560m-retriever-v2")
    assert ("E5-large", "–", "–", "67.0", "–", "–", "76.7", "bloomz-560m-retriever-v2") in lines
    table = to_markdown(lines)
    assert table.startswith("| Model | Top-mean |")
    assert table.endswith("\n".join(f"- {line}" for line in DIFFERENCES))


def test_the_page_says_the_same() -> None:
    """What differs is told on the page in three languages; its English is the command's."""
    assert tuple(TEXTS[f"ev_differs_{number}"][1] for number in range(1, len(DIFFERENCES) + 1)) == DIFFERENCES
