"""From files to the library, with an encoder that counts letters and a token a word."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import IDENTITY, LetterEncoder

from ingest.pipeline import FileReport, InputFile, Progress, ingest_files
from retrieval.passages import Selection, Vectors
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore


class RecordingEncoder(LetterEncoder):
    """Remembers the size of each batch, and fails at the one numbered `failing`."""

    def __init__(self, failing: int | None = None, max_tokens: int = 1000) -> None:
        super().__init__(max_tokens)
        self.failing = failing
        self.batches: list[int] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the letter counts, unless this batch fails."""
        if len(self.batches) == self.failing:
            raise RuntimeError("out of memory")
        self.batches.append(len(texts))
        return super().encode_passages(texts)


@pytest.fixture
def store(tmp_path: Path) -> PassageStore:
    """Give an empty embedded library."""
    return PassageStore(EdgeBackend(tmp_path / "library"), IDENTITY)


def file(name: str, text: str) -> InputFile:
    """Return a file in memory."""
    data = text.encode()
    return InputFile(name, len(data), lambda: data)


def many(name: str, passages: int, word: str = "bee") -> InputFile:
    """Return a file whose article has so many passages with an encoder that reads 5 words, 2 of them the title's."""
    return file(name, " ".join(f"{word.capitalize()} {word} {n}." for n in range(passages)))


def add(store: PassageStore, *files: InputFile) -> list[tuple[object, ...]]:
    """Add files; return name, outcomes, passages, dropped names and failures of each report."""
    return [summary(report) for report in ingest_files(files, LetterEncoder(), store)]


def summary(report: FileReport) -> tuple[object, ...]:
    """Return a report as a tuple."""
    return report.name, dict(report.outcomes), report.passages, report.dropped, [str(e) for e in report.failures]


def texts(store: PassageStore) -> dict[str, list[str]]:
    """Return the passages' texts by their article's name."""
    return {article.name: [passage.text for passage in store.passages(article.id)] for article in store.articles()}


def test_added_unchanged_replaced(store: PassageStore) -> None:
    """A file is added once, left alone when it is the same, and replaced when it changed."""
    assert add(store, file("a.txt", "A bee."), file("b.txt", "Tea.")) == [
        ("a.txt", {"added": 1}, 1, [], []),
        ("b.txt", {"added": 1}, 1, [], []),
    ]
    assert add(store, file("a.txt", "A bee."), file("b.txt", "Green tea.")) == [
        ("a.txt", {"unchanged": 1}, 0, [], []),
        ("b.txt", {"replaced": 1}, 1, [], []),
    ]
    assert texts(store) == {"a.txt": ["A bee."], "b.txt": ["Green tea."]}


def test_nothing_to_add(store: PassageStore) -> None:
    """No files give no reports."""
    assert add(store) == []


def test_an_unchanged_article_is_not_encoded(store: PassageStore) -> None:
    """Only what is new costs the encoder anything."""
    encoder = RecordingEncoder()
    ingest_files([file("a.txt", "A bee.")], encoder, store)
    ingest_files([file("a.txt", "A bee."), file("b.txt", "Tea.")], encoder, store)
    assert encoder.batches == [1, 1]


def test_rows_that_are_gone_are_dropped(store: PassageStore) -> None:
    """A table added again without a row loses that article; other files keep theirs."""
    add(store, file("t.csv", "id,text\n1,Bee.\n2,Tea.\n3,Sea."), file("u.csv", "id,text\n2,Ash."))
    assert add(store, file("t.csv", "id,text\n1,Bee.\n3,Sea and sand.\n4,Oak.")) == [
        ("t.csv", {"unchanged": 1, "replaced": 1, "added": 1}, 2, ["t.csv#2"], [])
    ]
    assert texts(store) == {"t.csv#1": ["Bee."], "t.csv#3": ["Sea and sand."], "t.csv#4": ["Oak."], "u.csv#2": ["Ash."]}


def test_a_failing_row_keeps_its_older_version(store: PassageStore) -> None:
    """It is named, and neither it nor the rest of its table suffers."""
    add(store, file("t.csv", "id,text\n1,Bee.\n2,Tea."))
    assert add(store, file("t.csv", "id,text\n1,\n2,Green tea.")) == [
        ("t.csv", {"replaced": 1}, 1, [], ["t.csv#1: row 1 holds no text"])
    ]
    assert texts(store) == {"t.csv#1": ["Bee."], "t.csv#2": ["Green tea."]}


def test_a_failing_file_keeps_its_older_version(store: PassageStore) -> None:
    """Whatever is wrong with a file, its articles stay and the other files are added."""

    def vanished() -> bytes:
        raise FileNotFoundError(2, "No such file or directory")

    add(store, file("a.txt", "A bee."), file("t.csv", "id,text\n1,Tea."))
    files = [
        file("a.txt", ""),
        file("t.csv", "id,title\n1,Tea"),
        InputFile("c.txt", 9, vanished),
        file("b.txt", "Oak."),
    ]
    reports = ingest_files(files, LetterEncoder(), store)
    failures = [[(error.name, error.reason[:33]) for error in report.failures] for report in reports]
    assert failures == [
        [("a.txt", "is empty")],
        [("t.csv", "has no text column: found id, tit")],
        [("c.txt", "cannot be read: No such file or d")],
        [],
    ]
    assert texts(store) == {"a.txt": ["A bee."], "b.txt": ["Oak."], "t.csv#1": ["Tea."]}


def test_two_files_of_one_name(store: PassageStore) -> None:
    """The first is added, the second is a failure: together each would drop the other's articles."""
    first, second = file("t.csv", "id,text\n1,Bee.\n2,Tea."), file("t.csv", "id,text\n3,Sea.")
    assert [report[3:] for report in add(store, first, second)] == [
        ([], []),
        ([], ["t.csv: is the name of two files in this run: rename one"]),
    ]
    assert texts(store) == {"t.csv#1": ["Bee."], "t.csv#2": ["Tea."]}


def test_batches_reach_across_articles(store: PassageStore) -> None:
    """Passages of several articles are encoded together once there are 128, in batches of at most 128."""
    encoder = RecordingEncoder(max_tokens=5)
    ingest_files([many("a.txt", 50), many("b.txt", 77), many("c.txt", 130), many("d.txt", 1)], encoder, store)
    assert encoder.batches == [128, 128, 1, 1]  # 50 + 77 + 130 = 257, then 1
    assert [article.passage_count for article in store.articles()] == [50, 77, 130, 1]


def test_each_passage_keeps_its_own_vector(store: PassageStore) -> None:
    """Across the border of a batch no article gets its neighbour's vectors."""
    ingest_files([many("a.txt", 100, "abba"), many("c.txt", 100, "cocoa")], RecordingEncoder(max_tokens=5), store)
    for letter in "abc":
        vector = LetterEncoder().encode_questions([letter])[0]
        for article in store.articles():
            for hit in store.nearest(vector, 200, Selection((), (article.id,))):
                assert hit.score == hit.passage.indexed_text.count(letter)


def test_progress_only_grows(store: PassageStore) -> None:
    """Bytes and passages never go back, and end at all there was."""
    seen: list[Progress] = []
    files = [many("a.txt", 300), file("bad.txt", ""), many("b.txt", 3)]
    ingest_files(files, LetterEncoder(max_tokens=5), store, seen.append)
    assert [progress.passages for progress in seen] == [128, 256, 300, 303, 303]
    assert [progress.bytes_done for progress in seen] == [0, 0, 0, *[sum(f.size for f in files)] * 2]


def test_an_encoder_that_fails_midway(store: PassageStore) -> None:
    """The run ends, the older versions are whole, and the next run does all that is left."""
    files = [many("a.txt", 130), many("b.txt", 300), many("c.txt", 1)]
    ingest_files([many("b.txt", 2, "oak")], LetterEncoder(max_tokens=5), store)
    with pytest.raises(RuntimeError, match="out of memory"):
        ingest_files(files, RecordingEncoder(failing=3, max_tokens=5), store)
    assert {name: len(found) for name, found in texts(store).items()} == {"a.txt": 130, "b.txt": 2}
    assert texts(store)["b.txt"] == ["Oak oak 0.", "Oak oak 1."]
    encoder = RecordingEncoder(max_tokens=5)
    reports = ingest_files(files, encoder, store)
    assert [dict(report.outcomes) for report in reports] == [{"unchanged": 1}, {"replaced": 1}, {"added": 1}]
    assert encoder.batches == [128, 128, 44, 1]
