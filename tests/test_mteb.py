"""Our encoder and search as models of mteb: its figures on a task of ours are those of our own measures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mteb
import pytest
from conftest import FirstWordReader, LetterEncoder, OverlapReranker
from datasets import Dataset as Table
from mteb.abstasks import AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata
from mteb.models import EncoderProtocol, SearchProtocol

from evaluation.datasets import Dataset, LabelledQuestion
from evaluation.mteb import __main__ as command
from evaluation.mteb.models import MtebEncoder, MtebSearch
from evaluation.run import evaluate
from retrieval.bi_encoder import BiEncoder
from retrieval.errors import InputError
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
    ours = evaluate(OURS, bundled_models, Settings(), ["dense", "reranked"], lambda: None)
    for model, stage in ((MtebEncoder(bundled_models.encoder), "dense"), (search, "reranked")):
        found = scores(model)
        assert 100 * found["ndcg_at_10"] == pytest.approx(ours[stage].measures.ndcg10, abs=1e-3)
        assert 100 * found["mrr_at_10"] == pytest.approx(ours[stage].measures.mrr, abs=1e-3)
    assert ours["dense"].measures.mrr < 100  # the task is not so easy that every ranking gives the same
