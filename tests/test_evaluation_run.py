"""The evaluation runs the product's stages; with fakes every rank can be told by eye."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import FirstWordReader, LetterEncoder, OverlapReranker

from evaluation.__main__ import EVALUATED_STAGES, main
from evaluation.collection import indexed
from evaluation.datasets import Dataset, LabelledQuestion
from evaluation.reference import REFERENCE, reference_ranker
from evaluation.report import stage_results
from evaluation.run import STAGES, Plan, evaluate
from retrieval.search import Models
from retrieval.settings import Settings

DOCUMENTS = {
    "tea": ("", "the tea of the west aaa"),
    "silk": ("", "the silk of the west bbb"),
    "sea": ("", "the sea is over there ab"),
    "blank": ("", "  "),
}
# The first is found by its word alone, the second by its letters alone.
QUESTIONS = (
    LabelledQuestion("q1", "where is the silk", "en", {"silk": 1}),
    LabelledQuestion("q2", "aa", "en", {"tea": 1}),
)
DATASET = Dataset("three", DOCUMENTS, QUESTIONS)


def test_each_stage_is_measured() -> None:
    """Ranks by hand: BM25 has silk first and nothing for "aa"; letters have tea first and a tie for the other."""
    models = Models(LetterEncoder(), OverlapReranker(), FirstWordReader())
    steps: list[tuple[str, int, int]] = []
    plan = Plan(STAGES, peers={REFERENCE: reference_ranker(DATASET)})
    with indexed(DATASET, models.encoder, lambda *step: steps.append(step)) as collection:
        results = stage_results(evaluate(collection, models, Settings(), plan, lambda *step: steps.append(step)))
    assert set(results) == set(EVALUATED_STAGES)
    assert steps == [("index", 0, 3), ("encode", 0, 2), ("ask", 0, 2), ("ask", 1, 2), ("ask", 2, 2)]
    # "aa" matches no word: the right one of four documents is tied with the rest, (0 + 1 + 4) / 2.
    assert results["bm25"].measures.mrr == pytest.approx(100 * (1 + 1 / 2.5) / 2)
    assert results["bm25"].measures.missed == 1
    assert results["rank-bm25"].measures.mrr == pytest.approx(100 * (1 + 1 / 2.5) / 2)
    # The first has none of the letters a, b, c: three documents tie at 0, then the blank one, never found.
    assert results["dense"].measures.mrr == pytest.approx(100 * (1 / 2 + 1) / 2)
    assert results["fused"].measures.mrr == pytest.approx(100)
    assert results["reranked"].measures.questions == 2
    assert all(result.questions_per_second > 0 for result in results.values())


def write_folder(folder: Path) -> Path:
    """Write a tiny data set in three languages in the BEIR layout."""
    folder.mkdir()
    texts = {"fr": "Le phare fut construit en 1611.", "en": "Bees make honey.", "zh": "茶树原产于中国西南部。"}
    corpus = [json.dumps({"_id": name, "title": "", "text": text}) for name, text in texts.items()]
    (folder / "corpus.jsonl").write_text("\n".join(corpus), encoding="utf-8")
    question = {"_id": "q", "text": "When was the lighthouse built?"}
    (folder / "queries.jsonl").write_text(json.dumps(question), encoding="utf-8")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\tfr\t1\n", encoding="utf-8")
    return folder


def test_command_prints_a_table_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the bundled models; the JSON has the stable names."""
    folder = write_folder(tmp_path / "tiny")
    assert main([str(folder), "--stages", "bm25,reranked", "--json", str(tmp_path / "out.json")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Models: bi-encoder + cross-encoder\ntiny\nStage")
    figures = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert set(figures) == {"tiny"}
    assert set(figures["tiny"]) == {"bm25", "reranked"}
    wanted = {"top_mean", "top_std", "top1", "top5", "top10", "mrr", "ndcg10", "recall100"}
    assert wanted <= set(figures["tiny"]["reranked"])
    assert figures["tiny"]["reranked"]["top1"] == 100


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["nowhere"], "nowhere is not a folder"), (["nowhere", "--stages", "bm52"], "--stages bm52: use some of")],
)
def test_command_names_what_is_wrong(arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing folder and an unknown stage end with one line."""
    assert main(arguments) == 2
    assert expected in capsys.readouterr().err
