"""`python -m retrieval` on a small library made with the bundled models."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from ingest.pipeline import InputFile, ingest_files
from retrieval.__main__ import main
from retrieval.bi_encoder import BiEncoder
from retrieval.cross_encoder import CrossEncoder
from retrieval.passages import STAGES
from retrieval.reader import Reader
from retrieval.search import Models
from retrieval.settings import Settings
from retrieval.store.opening import open_store

QUESTION = "Who brought the bees to the lighthouse?"
ARTICLES = {
    "lighthouse.en.txt": "The keeper of the lighthouse was Anna. She brought the bees to the lighthouse in 1911.",
    "phare.fr.txt": "Le phare a été construit en 1842. Sa gardienne, Anna Moreau, y a apporté des abeilles.",
    "dengta.zh.txt": "灯塔建于1842年。看守人安娜把蜜蜂带到了灯塔。",
    "soup.en.txt": "Boil the onions for an hour, then add salt and bread.",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library of four one-passage articles."""
    folder = tmp_path_factory.mktemp("main") / "library"
    encoder = BiEncoder.from_pretrained(Settings().encoder, "cpu")
    files = [InputFile(name, len(text), text.encode) for name, text in ARTICLES.items()]
    with closing(open_store(Settings(library=folder), encoder.identity)) as store:
        reports = ingest_files(files, encoder, store)
    assert [report.passages for report in reports] == [1, 1, 1, 1]
    return folder


@pytest.fixture(autouse=True)
def environment(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the command at that library."""
    monkeypatch.setenv("QA_LIBRARY", str(library))
    monkeypatch.setenv("QA_DEVICE", "cpu")


def test_answer_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """The passage that answers comes first, the answer marked, with ranks, language and times."""
    assert main([QUESTION, "--passages", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1. lighthouse.en [en] ")
    assert all(f"{stage} 1" in lines[0] for stage in ("bm25", "dense", "fused", "reranked"))
    assert "[" in lines[1]
    assert lines[1].strip().replace("[", "").replace("]", "") == ARTICLES["lighthouse.en.txt"]
    assert lines[-1].startswith("bi-encoder + cross-encoder; question language en; bm25 ")
    assert "\033" not in "".join(lines)


def test_every_stage_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Hits in full, the four rankings with scores, the answer's offsets those of the text."""
    assert main([QUESTION, "--json", "--limit", "3"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["question"], result["language"], result["relevant"]) == (QUESTION, "en", True)
    assert set(result["rankings"]) == set(STAGES)
    assert set(result["seconds"]) == {"bm25", "encode", "dense", "fuse", "rerank", "read"}
    assert len(result["hits"]) == 3
    assert len(result["rankings"]["dense"]) == 4
    first = result["hits"][0]
    assert first["passage"]["article"]["name"] in ("lighthouse.en.txt", "phare.fr.txt")  # translations of each other
    assert first["passage"]["id"] == result["rankings"]["reranked"][0]["passage"]
    assert first["score"] == result["rankings"]["reranked"][0]["score"]
    answer = first["answer"]
    assert first["passage"]["text"][answer["start"] : answer["end"]] == answer["text"]


@pytest.mark.parametrize(
    ("languages", "names"),
    [
        ("zh", {"dengta.zh.txt"}),
        ("zh, fr", {"dengta.zh.txt", "phare.fr.txt"}),
        ("en", {"lighthouse.en.txt", "soup.en.txt"}),
        ("", set(ARTICLES)),
    ],
)
def test_chosen_languages(capsys: pytest.CaptureFixture[str], languages: str, names: set[str]) -> None:
    """Only passages in the languages named come back."""
    assert main([QUESTION, "--json", "--passages", languages]) == 0
    hits = json.loads(capsys.readouterr().out)["hits"]
    assert {hit["passage"]["article"]["name"] for hit in hits} == names


def test_chinese_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """No escapes in the JSON, so that it can be read."""
    assert main(["谁把蜜蜂带到了灯塔？", "--json", "--limit", "1"]) == 0
    output = capsys.readouterr().out
    assert "灯塔建于1842年" in output
    assert json.loads(output)["language"] == "zh"


def test_one_folder_is_loaded_once(bundled_models: Models) -> None:
    """The bundled reranker and reader are one model in memory; a reader from elsewhere is its own."""
    reranker, reader = bundled_models.reranker, bundled_models.reader
    assert isinstance(reranker, CrossEncoder)
    assert isinstance(reader, Reader)
    assert reader._pair_model is reranker.pair_model
    apart = Reader.from_pretrained(Settings().reader, "cpu")
    texts = [*ARTICLES.values()]
    assert reader.read(QUESTION, texts) == apart.read(QUESTION, texts)


def test_nothing_found(capsys: pytest.CaptureFixture[str]) -> None:
    """A language no passage has, and a blank question: exit status 1, no error."""
    for arguments in ([QUESTION, "--passages", "other"], ["  "]):
        assert main(arguments) == 1
        captured = capsys.readouterr()
        assert captured.out.startswith("Nothing found.")
        assert captured.err == ""


def test_nothing_relevant(capsys: pytest.CaptureFixture[str]) -> None:
    """Passages are shown, with the warning that they are only the nearest."""
    assert main(["How many moons does Saturn have?"]) == 0
    assert capsys.readouterr().out.startswith("Nothing relevant found; the nearest passages:\n1. ")


@pytest.mark.parametrize(
    ("variables", "arguments", "message"),
    [
        ({}, ["--passages", "en,de"], "--passages en,de: de is not one of fr, en, zh, other."),
        ({"QA_CANDIDATES": "many"}, [], "QA_CANDIDATES is 'many'; use a whole number from 1 to 1000."),
        ({"QA_DEVICE": "gpu"}, [], "QA_DEVICE is 'gpu'; use auto, cpu or cuda."),
        (
            {"QA_READER": "/nowhere"},
            [],
            "There is no model folder /nowhere. Give an existing folder or a hub id such as",
        ),
    ],
)
def test_errors_go_to_the_error_stream(
    variables: dict[str, str],
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit status 2 and one line without a traceback."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main([QUESTION, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(message)
    assert captured.err.count("\n") == 1


def test_new_library_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A question before any article finds nothing."""
    monkeypatch.setenv("QA_LIBRARY", str(tmp_path / "new"))
    assert main([QUESTION]) == 1
    assert capsys.readouterr().out.startswith("Nothing found.")
