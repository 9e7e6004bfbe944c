"""Another model by one setting: three families of encoders and two of rerankers through every entry point."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reranker_checkpoints
from checkpoints import write_json
from streamlit.testing.v1 import AppTest

from evaluation.__main__ import main as evaluate
from ingest.__main__ import main as ingest
from retrieval.__main__ import main as ask
from retrieval.bi_encoder import BiEncoder
from retrieval.passages import Vectors
from retrieval.settings import Settings
from retrieval.store.opening import open_store
from tests.public_checkpoints import write_public
from tests.samples import ROOT
from ui.resources import open_resources

QUESTION = "the tower"
TEXTS = ("The wall is long.", "the tower is tall", "Où est la tour ?", "长城有多长？", "how tall is the tower of paris")


def cosine(question: Vectors, passages: Vectors) -> Vectors:
    """Return the cosines, (passages,)."""
    found: Vectors = passages @ question / np.linalg.norm(passages, axis=1) / np.linalg.norm(question)
    return found


def euclid(question: Vectors, passages: Vectors) -> Vectors:
    """Return the distances' negatives, (passages,)."""
    found: Vectors = -np.sqrt(np.square(passages - question).sum(axis=1))
    return found


# Each follows the one before it in one library.
ENCODERS: tuple[tuple[str, Callable[[Vectors, Vectors], Vectors], str], ...] = (
    ("BAAI/bge-small-zh", cosine, "bge-reranker-base"),
    ("cmarkea/bloomz-560m-retriever", euclid, "bloomz-560m-reranking"),
    ("Alibaba-NLP/gte-Qwen2-7B-instruct", cosine, "bge-reranker-base"),
)


@pytest.fixture
def rerankers(tmp_path: Path) -> Path:
    """Give a folder with two rerankers."""
    reranker_checkpoints.write_xlm_roberta(tmp_path / "bge-reranker-base", 512)
    reranker_checkpoints.write_bloom(tmp_path / "bloomz-560m-reranking")
    return tmp_path


def write_dataset(folder: Path) -> Path:
    """Write the texts as a data set with one question."""
    folder.mkdir()
    documents = [json.dumps({"_id": str(place), "title": "", "text": text}) for place, text in enumerate(TEXTS)]
    (folder / "corpus.jsonl").write_text("\n".join(documents), encoding="utf-8")
    write_json(folder / "queries.jsonl", {"_id": "q", "text": QUESTION})
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\t1\t1\n")
    return folder


def expected_ranking(compare: Callable[[Vectors, Vectors], Vectors]) -> list[str]:
    """Return the ids of all passages by the encoder's own vectors, nearest first."""
    settings = Settings.from_env(os.environ)
    encoder = BiEncoder.from_pretrained(settings.encoder, settings.device, settings.dtype)
    store = open_store(settings, encoder.identity)
    passages = [passage for article in store.articles() for passage in store.passages(article.id)]
    store.close()
    assert len(passages) == len(TEXTS)
    vectors = encoder.encode_passages([passage.indexed_text for passage in passages])
    scores = compare(encoder.encode_questions([QUESTION])[0], vectors)
    assert len(set(np.round(scores, 5))) == len(TEXTS)
    return [passages[place].id for place in np.argsort(-scores)]


def page() -> AppTest:
    """Return the page with the question asked."""
    open_resources.clear()  # type: ignore[attr-defined]
    opened = open_resources(Settings.from_env(os.environ))
    opened.loading.join()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=100)
    app.session_state["question"] = QUESTION
    app.run()
    opened.loading.join()  # tried once more for this visitor
    app.run()
    open_resources.clear()  # type: ignore[attr-defined]
    assert not app.exception
    return app


def test_each_model_by_its_setting(
    rerankers: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused on the other's library everywhere, mended by a rebuild, then right in every entry point."""

    def run(main: Callable[[list[str]], int], *arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(arguments))
        return code, *capsys.readouterr()

    files = rerankers / "files"
    files.mkdir()
    for place, text in enumerate(TEXTS):
        (files / f"{place}.txt").write_text(text, encoding="utf-8")
    dataset = write_dataset(rerankers / "dataset")
    monkeypatch.setenv("QA_DTYPE", "float32")
    monkeypatch.setenv("QA_DEVICE", "cpu")
    for place, (hub_id, compare, reranker) in enumerate(ENCODERS):
        name = hub_id.split("/")[1]
        monkeypatch.setenv("QA_ENCODER", str(write_public(rerankers, hub_id)))
        monkeypatch.setenv("QA_RERANKER", str(rerankers / reranker))
        if place:
            refusals = [run(ask, QUESTION), run(ingest, str(files))]
            assert [code for code, *_ in refusals] == [2, 2]
            for message in (*(error for *_, error in refusals), page().error[0].value):
                assert f"the settings name {name} " in message
                assert "python -m ingest --rebuild" in message
            code, out, error = run(ingest, "--rebuild")
            assert (code, error) == (0, "")
            assert f"for {name}: 5 articles, 5 passages encoded" in out
        code, out, _ = run(ingest, str(files))
        assert (code, f"with {name}; the library holds 5." in out) == (0, True)
        assert f"{0 if place else 5} articles added, 0 replaced, {5 if place else 0} unchanged" in out
        models = f"{name} + {reranker} + cross-encoder"
        code, out, _ = run(ask, QUESTION, "--json")
        answer: dict[str, Any] = json.loads(out)
        assert (code, answer["models"]) == (0, models)
        assert [hit["passage"] for hit in answer["rankings"]["dense"]] == expected_ranking(compare)
        assert len(answer["rankings"]["reranked"]) == 5
        assert models in run(ask, QUESTION)[1]
        assert any(caption.value.endswith(f"models: {models}") for caption in page().caption)
        code, out, _ = run(evaluate, str(dataset))
        assert (code, f"Models: {models}" in out) == (0, True)
        assert run(ingest, "--rebuild")[:2] == (
            0,
            f"The library is built with the encoder {name} already; there is nothing to do.\n",
        )
