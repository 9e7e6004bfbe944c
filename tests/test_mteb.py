"""Our encoder and search as models of mteb: its figures on a task of ours are those of our own measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mteb
import numpy as np
import pytest
from conftest import IDENTITY, FirstWordReader, LetterEncoder, OverlapReranker
from datasets import Dataset as Table
from mteb.abstasks import AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata
from mteb.models import EncoderProtocol, SearchProtocol

from evaluation.collection import indexed
from evaluation.datasets import Dataset, LabelledQuestion
from evaluation.measures import summarise
from evaluation.mteb import __main__ as command
from evaluation.mteb.models import MtebEncoder, MtebSearch
from evaluation.run import Plan, evaluate
from retrieval.errors import InputError
from retrieval.passages import Distance
from retrieval.search import Models
from retrieval.settings import Settings
from tests.public_checkpoints import load_encoder, write_public

DOCUMENTS = {
    "tea-fr": "Le thé vient des montagnes du sud-ouest de la Chine.",
    "tea-en": "Tea plants were first grown in the mountains of south-western China.",
    "tea-zh": "茶树最早生长在中国西南部的山区。",
    "bee-fr": "Une abeille visite cent fleurs avant de rentrer à la ruche.",
    "bee-en": "A bee visits a hundred flowers before it returns to the hive.",
    "bee-zh": "蜜蜂回巢之前要采访一百朵花。",
    "light-fr": "Le phare de Cordouan fut achevé en 1611.",
    "light-en": "The lighthouse stands on a rock far from the shore.",
    "light-zh": "灯塔建在远离海岸的岩石上。",
    "silk-fr": "La soie est tissée à partir du cocon d'un papillon.",
    "silk-en": "Silk is woven from the cocoon of a moth.",
    "silk-zh": "丝绸由蚕茧抽丝织成。",
}
QUESTIONS = {
    "q1": ("Where does tea come from?", {"tea-zh": 1, "tea-fr": 1}),
    "q2": ("Combien de fleurs une abeille visite-t-elle ?", {"bee-en": 2, "bee-zh": 1}),
    "q3": ("灯塔是哪一年建成的？", {"light-fr": 1}),
    "q4": ("What is woven from cocoons?", {"silk-zh": 1}),
    "q5": ("Qui écrit des lettres ?", {"silk-en": 1}),
}
OURS = Dataset(
    "ours",
    {name: ("", text) for name, text in DOCUMENTS.items()},
    tuple(LabelledQuestion(name, text, None, grades) for name, (text, grades) in QUESTIONS.items()),
)


class OurTask(AbsTaskRetrieval):
    """Five questions and twelve documents in three languages, without a download."""

    metadata = TaskMetadata(
        name="OurTask",
        description="Questions answered in another language.",
        dataset={"path": "none", "revision": "none"},
        type="Retrieval",
        eval_langs=["fra-Latn", "eng-Latn", "cmn-Hans"],
        main_score="ndcg_at_10",
    )
    only: dict[str, list[str]] | None = None

    def load_data(self, *_: Any, **__: Any) -> None:
        """Put the texts where mteb looks for them."""
        corpus = [{"id": name, "title": "", "text": text} for name, text in DOCUMENTS.items()]
        queries = [{"id": name, "text": text} for name, (text, _grades) in QUESTIONS.items()]
        split = {
            "corpus": Table.from_list(corpus),
            "queries": Table.from_list(queries),
            "relevant_docs": {name: dict(grades) for name, (_text, grades) in QUESTIONS.items()},
            "top_ranked": self.only,
        }
        self.dataset = {"default": {"test": split}}
        self.data_loaded = True


def scores(model: MtebEncoder | MtebSearch, task: AbsTaskRetrieval | None = None) -> dict[str, Any]:
    """Return what mteb finds of a model on our task."""
    found = mteb.evaluate(model, task or OurTask(), cache=None, show_progress_bar=False)
    return dict(found.task_results[0].scores["test"][0])


@pytest.fixture
def search(bundled_models: Models) -> Iterator[MtebSearch]:
    """Give the whole search with the bundled models."""
    found = MtebSearch(bundled_models, Settings())
    yield found
    found.close()


def test_they_are_what_mteb_takes(bundled_models: Models, search: MtebSearch) -> None:
    """The encoder is no search, else mteb would treat it as one."""
    encoder = MtebEncoder(bundled_models.encoder)
    assert isinstance(encoder, EncoderProtocol)
    assert not isinstance(encoder, SearchProtocol)
    assert isinstance(search, SearchProtocol)
    assert encoder.mteb_model_meta.name == "local/bi-encoder"
    assert search.mteb_model_meta.name == "local/bi-encoder--cross-encoder"
    assert search.mteb_model_meta.experiment_kwargs == {"candidates": 50, "rerank_depth": 20}


def test_figures_equal_ours(bundled_models: Models, search: MtebSearch) -> None:
    """For the vectors alone and for the whole search; mteb rounds to five places."""
    with indexed(OURS, bundled_models.encoder, lambda *_: None) as collection:
        plan = Plan(("dense", "reranked"))
        ours = evaluate(collection, bundled_models, Settings(), plan, lambda *_: None).results
    for model, stage in ((MtebEncoder(bundled_models.encoder), "dense"), (search, "reranked")):
        measures, found = summarise([asked.outcomes[stage] for asked in ours]), scores(model)
        assert 100 * found["ndcg_at_10"] == pytest.approx(measures.ndcg10, abs=1e-3)
        assert 100 * found["mrr_at_10"] == pytest.approx(measures.mrr, abs=1e-3)
        assert measures.mrr < 100 or stage == "reranked"  # not so easy that every ranking gives the same


def test_questions_and_documents_have_the_encoders_own_form(tmp_path: Path) -> None:
    """E5 puts `query: ` before the one and `passage: ` before the other."""
    encoder = load_encoder(write_public(tmp_path, "intfloat/multilingual-e5-base"))
    model, batches = MtebEncoder(encoder), [{"text": ["the tower", "x"]}, {"text": ["a"]}]
    task = {"task_metadata": OurTask.metadata, "hf_split": "test", "hf_subset": "default"}
    questions = model.encode(batches, prompt_type=mteb.types.PromptType.query, **task)
    documents = model.encode(batches, prompt_type=mteb.types.PromptType.document, batch_size=1, **task)
    assert questions == pytest.approx(encoder.encode_questions(["the tower", "x", "a"]), abs=1e-6)
    assert documents == pytest.approx(encoder.encode_passages(["the tower", "x", "a"]), abs=1e-6)
    assert abs(questions - documents).max() > 0.01
    with pytest.raises(InputError, match="The task OurTask has no questions and documents"):
        model.encode(batches, **task)


@pytest.mark.parametrize(
    ("distance", "expected"), [("dot", [8, 0]), ("cosine", [8 / (5 * 2), 0]), ("euclid", [-(13**0.5), -5])]
)
def test_similarity_is_by_the_encoders_distance(distance: Distance, expected: list[float]) -> None:
    """Of (3, 4) with (0, 2) and (0, 0); a zero vector is like nothing."""
    encoder = LetterEncoder()
    encoder.identity = replace(IDENTITY, distance=distance)
    model = MtebEncoder(encoder)
    first, others = np.array([[3.0, 4.0]]), np.array([[0.0, 2.0], [0.0, 0.0]])
    assert model.similarity(first, others).tolist()[0] == pytest.approx(expected)
    assert model.similarity_pairwise(first.repeat(2, axis=0), others).tolist() == pytest.approx(expected)


@pytest.fixture
def letters() -> Iterator[MtebSearch]:
    """Give a search over three documents, one of them blank, with fakes."""
    search = MtebSearch(Models(LetterEncoder(), OverlapReranker(), FirstWordReader()), Settings())
    rows = [("tea", "", "the tea aaa"), ("silk", None, "the silk bbb"), ("blank", "Blank", " ")]
    search.index([{"id": name, "title": title, "text": text} for name, title, text in rows], num_proc=None)
    yield search
    search.close()


def ask(search: MtebSearch, text: Any, top_k: int = 10, only: dict[str, list[str]] | None = None) -> dict[str, float]:
    """Return what one question finds."""
    rows = [{"id": "q", "text": text}]
    return search.search(rows, task_metadata=OurTask.metadata, top_k=top_k, top_ranked=only)["q"]


def test_search_ranks_documents(letters: MtebSearch) -> None:
    """Best first with falling scores; fewer on demand; only those that may be found."""
    assert ask(letters, "the silk") == {"silk": 0, "tea": -1}
    assert ask(letters, "the silk", top_k=1) == {"silk": 0}
    assert ask(letters, "the silk", only={"q": ["tea", "blank"]}) == {"tea": 0}
    assert ask(letters, " ") == {}


def test_a_new_corpus_replaces_the_one_before(letters: MtebSearch) -> None:
    """Tasks with several subsets index one after the other."""
    letters.index([{"id": "sea", "text": "the sea"}])
    assert ask(letters, "the silk") == {"sea": 0}
    letters.close()
    with pytest.raises(ValueError, match="index comes before search"):
        ask(letters, "the silk")


def test_conversations_are_refused(letters: MtebSearch) -> None:
    """A list of turns is not a question."""
    with pytest.raises(InputError, match="OurTask asks in conversations or with instructions"):
        ask(letters, ["hello", "the silk"])


def test_command_prints_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each split, mteb's own file in the folder, nothing left of the library."""
    monkeypatch.setattr(command, "find_task", lambda name: OurTask())
    assert command.main(["search", "OurTask", "--out", str(tmp_path / "out")]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["task", "nDCG@10", "MRR@10"]
    assert line.split()[:3] == ["OurTask", "test", "default"]
    assert all(0 < float(figure) <= 100 for figure in line.split()[3:])
    assert len(list((tmp_path / "out").rglob("OurTask.json"))) == 1


def refuse(*_: Any, **__: Any) -> None:
    """Stand in for a hub that is not there."""
    raise OSError("no network")


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("T2Retrival", "mteb has no such task: 'T2Retrival' not found. Did you mean: 'T2Retrieval'?"),
        ("TNews", "TNews is of the type Classification; give tasks of the type Retrieval or Reranking."),
        ("T2Retrieval", "The data of T2Retrieval could not be fetched from the model hub (OSError)."),
    ],
)
def test_command_names_what_is_wrong(
    task: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown task, another kind of task and no network end with one line."""
    monkeypatch.setattr(AbsTaskRetrieval, "load_data", refuse)
    assert command.main(["encoder", task]) == 2
    assert capsys.readouterr().err.startswith(expected)
