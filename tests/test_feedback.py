"""Thumbs kept in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.access import ANYONE
from retrieval.errors import LibraryError
from retrieval.feedback import (
    JudgedQuestion,
    Judgement,
    forget_judgement,
    keep_judgement,
    read_feedback,
    read_judgements,
)


def thumb(passage: str, is_right: bool, question: str = "Où est le thé ?") -> Judgement:
    """Return a judgement on a passage "article/number"."""
    return Judgement(question, "fr", passage.split("/")[0], passage, is_right)


def test_right_passages_become_test_questions(tmp_path: Path) -> None:
    """Each question once, with its articles once, in the order they were marked; wrong ones are not offered."""
    for judgement in (thumb("b/1", True), thumb("a/1", True), thumb("b/2", True), thumb("c/1", False)):
        keep_judgement(ANYONE, tmp_path, judgement)
    keep_judgement(ANYONE, tmp_path, thumb("c/1", False, "茶在哪里？"))
    assert read_feedback(tmp_path) == [JudgedQuestion("Où est le thé ?", "fr", ("b", "a"))]
    assert len(read_judgements(tmp_path)) == 5
    assert sorted(file.name for file in tmp_path.iterdir()) == ["feedback.jsonl"]


def test_the_last_thumb_counts(tmp_path: Path) -> None:
    """A second thumb on the same passage replaces the first; taken back, none is left."""
    keep_judgement(ANYONE, tmp_path, thumb("a/1", True))
    keep_judgement(ANYONE, tmp_path, thumb("a/1", False))
    assert read_judgements(tmp_path) == [thumb("a/1", False)]
    forget_judgement(ANYONE, tmp_path, "Où est le thé ?", "a/1")
    assert read_judgements(tmp_path) == []


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x1c", "\n", "\r"])
def test_a_question_with_a_line_break_of_any_kind(tmp_path: Path, mark: str) -> None:
    """It comes back as it was; the file is not damaged by it."""
    judgement = thumb("a/1", True, f"one{mark}two")
    keep_judgement(ANYONE, tmp_path, judgement)
    assert read_judgements(tmp_path) == [judgement]


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """Nothing is read from it; the first thumb makes it."""
    folder = tmp_path / "of a server" / "library"
    assert read_feedback(folder) == []
    keep_judgement(ANYONE, folder, thumb("a/1", True))
    assert read_judgements(folder) == [thumb("a/1", True)]


def test_a_damaged_file_is_named_and_left(tmp_path: Path) -> None:
    """Neither reading nor a further thumb loses what a person could still mend."""
    file = tmp_path / "feedback.jsonl"
    file.write_text("{not json}\n", encoding="utf-8")
    for act in (lambda: read_feedback(tmp_path), lambda: keep_judgement(ANYONE, tmp_path, thumb("a/1", True))):
        with pytest.raises(LibraryError, match=r"feedback\.jsonl cannot be read"):
            act()
    assert file.read_text(encoding="utf-8") == "{not json}\n"


def test_a_failed_write_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the middle of a thumb."""

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    keep_judgement(ANYONE, tmp_path, thumb("a/1", True))
    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(LibraryError, match="cannot be written: No space left on device"):
        keep_judgement(ANYONE, tmp_path, thumb("a/2", True))
    assert read_judgements(tmp_path) == [thumb("a/1", True)]
    assert [file.name for file in tmp_path.iterdir()] == ["feedback.jsonl"]
