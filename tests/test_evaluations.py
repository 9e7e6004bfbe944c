"""Evaluations as the page runs them: uploads, the background, what is kept."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conftest import IDENTITY, FirstWordReader, LetterEncoder, OverlapReranker, make_article, put

from evaluation.background import Background
from evaluation.collection import OnStep
from evaluation.datasets import Dataset
from evaluation.evaluations import Evaluations
from evaluation.kept import forget, kept_results, kept_runs
from evaluation.questions import AskedQuestion
from evaluation.report import by_pair
from evaluation.run import STAGES, Plan
from evaluation.uploads import read_upload
from retrieval.access import ANYONE
from retrieval.errors import InputError
from retrieval.search import Models
from retrieval.settings import Limits, Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore

QUESTIONS = [
    AskedQuestion("1", "is the silk here", ("silk", "soie"), "", ("silk",)),
    AskedQuestion("2", "aa", (), "aaa is tea."),
]


@pytest.fixture
def evaluations(tmp_path: Path) -> Iterator[Evaluations]:
    """Give fakes and a library of three articles, the first of two passages."""
    settings = Settings(library=tmp_path / "library")
    with closing(PassageStore(EdgeBackend(settings.library), IDENTITY)) as store:
        put(store, make_article("tea", "tea bbb.", "aaa is tea."), make_article("silk", "silk is fine here."))
        put(store, make_article("soie", "de la soie", language="fr"))
        yield Evaluations(Models(LetterEncoder(), OverlapReranker(), FirstWordReader()), store, settings, ANYONE)


def no_step(phase: str, done: int, total: int) -> None:
    """Do nothing."""


def test_a_library_is_evaluated_and_kept(evaluations: Evaluations) -> None:
    """Ranks by hand; what is read back is what was written."""
    evaluations.run("mine", QUESTIONS, Plan(STAGES, answers=True), no_step)
    (run,) = kept_runs(evaluations.folder)
    assert (run.name, run.questions, run.documents, run.left_out) == ("mine", 2, 3 + 4, 0)
    assert run.settings["QA_ENCODER"] == "letters (weights-1)"
    # "silk" is marked in the first passage, which ends in a full stop; the second question has no known answer.
    assert run.answers == (100.0, 100.0, 1)
    first, second = kept_results(evaluations.folder, run.id)
    assert {stage: outcome.rank for stage, outcome in first.outcomes.items()}["bm25"] == 1
    assert first.by_language["bm25"]["fr"].found is False
    # No word is the French article's: "silk" left out, it is tied with "tea"; with "silk", both are behind it.
    assert first.by_language["bm25"]["fr"].rank == (1 + 2) / 2
    assert first.language_ranks["bm25"] == {"en": 1, "fr": (2 + 3) / 2}
    # Passages: "aaa is tea." has the letters, no word is shared: tied with the other three in words.
    assert second.outcomes["dense"].rank == 1
    assert second.outcomes["bm25"].rank == (0 + 1 + 4) / 2
    assert run.stages["dense"].measures.mrr == pytest.approx(
        100 * sum(1 / result.outcomes["dense"].rank for result in (first, second)) / 2
    )
    assert set(by_pair([first, second], "dense")) == set(run.stages["dense"].pairs)
    forget(ANYONE, evaluations.folder, run.id)
    assert kept_runs(evaluations.folder) == []
    with pytest.raises(InputError, match="cannot be read"):
        kept_results(evaluations.folder, run.id)


def test_a_damaged_file_is_named(evaluations: Evaluations) -> None:
    """So that it can be deleted."""
    evaluations.folder.mkdir()
    (evaluations.folder / "1.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"1\.jsonl is damaged"):
        kept_runs(evaluations.folder)


def zipped(**files: str) -> bytes:
    """Return an archive of a folder that holds the files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"tea/{name.replace('__', '/').replace('_', '.')}", content)
    return data.getvalue()


CORPUS = '{"_id": "d", "title": "", "text": "aaa"}\n'
QUERIES = '{"_id": "q", "text": "aa?"}\n'
QRELS = "query-id\tcorpus-id\tscore\nq\td\t1\n"


def test_uploads_of_each_kind(evaluations: Evaluations) -> None:
    """Questions, and a zipped folder that is evaluated in a library of its own."""
    assert read_upload("q.csv", b"question,article\nWho?,tea\n", Limits()) == [
        AskedQuestion("q.csv, line 2", "Who?", ("tea",))
    ]
    dataset = read_upload(
        "my set.zip", zipped(corpus_jsonl=CORPUS, queries_jsonl=QUERIES, qrels__test_tsv=QRELS), Limits()
    )
    assert isinstance(dataset, Dataset)
    assert (dataset.name, list(dataset.documents)) == ("my set", ["d"])
    evaluations.run(dataset.name, dataset, Plan(("dense",)), no_step)
    (run,) = kept_runs(evaluations.folder)
    assert (run.stages["dense"].measures.top1, run.documents) == (100, 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no zip", "it cannot be opened"),
        (zipped(queries_jsonl=QUERIES), "holds 0 files corpus"),
        (zipped(corpus_jsonl=CORPUS, queries_jsonl="{", qrels_tsv=QRELS), r"^set\.zip/queries\.jsonl, line 1: not va"),
    ],
)
def test_a_zip_that_cannot_be_used(data: bytes, message: str) -> None:
    """The message names the upload, not a temporary folder."""
    with pytest.raises(InputError, match=message):
        read_upload("set.zip", data, Limits())


def test_background_tells_progress_and_cancels() -> None:
    """Steps are seen while the work runs; it stops at the step after the cancelling; then another may start."""
    background, told, go_on = Background(), threading.Event(), threading.Event()

    def work(on_step: OnStep) -> None:
        on_step("ask", 3, 10)
        told.set()
        go_on.wait(10)
        on_step("ask", 4, 10)

    assert background.progress() is None
    background.start("mine", work)
    assert told.wait(10)
    progress = background.progress()
    assert progress is not None
    assert (progress.state, progress.phase, progress.done, progress.total) == ("running", "ask", 3, 10)
    with pytest.raises(InputError, match='"mine" is still running'):
        background.start("other", work)
    background.cancel()
    go_on.set()
    background.wait(10)
    assert ended(background) == ("cancelled", "")
    background.start("mine", lambda on_step: on_step("ask", 1, 1))
    background.wait(10)
    assert ended(background) == ("done", "")


def test_background_keeps_the_reason_of_a_failure() -> None:
    """A person's mistake is told as it is."""

    def work(on_step: OnStep) -> None:
        raise InputError("no such article")

    background = Background()
    background.start("mine", work)
    background.wait(10)
    assert ended(background) == ("failed", "no such article")


def ended(background: Background) -> tuple[str, str]:
    """Return the state and the message."""
    progress = background.progress()
    assert progress is not None
    return progress.state, progress.message
