"""All stages in a row, on a few sentences and a tiny body, through to the folders that ship."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoModelForTokenClassification, BertModel

from retrieval.bi_encoder import BiEncoder
from retrieval.cross_encoder import CrossEncoder
from retrieval.errors import InputError
from retrieval.reader import Reader
from tests.checkpoints import tiny_bert, write_tokenizer
from training import batches, candidates, corpus, distillation, stages
from training.log import TrainingLog
from training.stages import STAGES, Run, run_stage

WORDS = ("tower", "wall", "river", "city", "king", "war", "bridge", "mountain", "book", "song", "lamp", "train")
FRENCH = ("tour", "mur", "fleuve", "ville", "roi", "guerre", "pont", "montagne", "livre", "chanson", "lampe", "train")
CHINESE = ("高塔", "城墙", "河流", "城市", "国王", "战争", "桥梁", "山脉", "书籍", "歌曲", "灯火", "火车")


def write_rows(path: Path, rows: list[str]) -> None:
    """Write lines, compressed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(f"{row}\n" for row in rows)


def write_corpus(data: Path) -> None:
    """Write training text in the layout the stages read: each language has the same dozen words."""
    train = data / "train"
    sentences = [f"the {word} of the {other} is old" for word in WORDS for other in WORDS]
    french = [f"la {mot} de la {autre} est vieille" for mot in FRENCH for autre in FRENCH]
    chinese = [f"{a}旁边的{b}很老" for a in CHINESE for b in CHINESE]
    for language, lines, words in (("fr", french, FRENCH), ("zh", chinese, CHINESE)):
        write_rows(
            train / f"en-{language}.tsv.gz", ["\t".join((*pair, "s")) for pair in zip(sentences, lines, strict=True)]
        )
        write_rows(
            train / f"lexicon-en-{language}.tsv.gz",
            ["\t".join((*pair, "s")) for pair in zip(WORDS, words, strict=True)],
        )
    by_language = {"en": sentences, "fr": french, "zh": chinese}
    rows: dict[str, list[str]] = {"trilingual": []}
    for language, lines in by_language.items():
        rows[language] = [
            json.dumps({"question": f"{line} ?", "passage": f"{line}. {line}. {line}.", "answer": line, "source": "s"})
            for line in lines
        ]
        rows["trilingual"] += [
            json.dumps(
                {**json.loads(row), "question_lang": language, "passage_lang": language, "passage_id": str(number)}
            )
            for number, row in enumerate(rows[language])
        ]
        write_rows(train / f"qa-{language}.jsonl.gz", rows[language])
    write_rows(train / "qa-trilingual.jsonl.gz", rows["trilingual"])
    write_rows(train / "passages-trilingual.jsonl.gz", [])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose base is a tiny random BERT, with seconds for each stage."""
    monkeypatch.setattr(corpus, "OWN_UNITS", tmp_path / "none")
    monkeypatch.setattr(stages, "PIECES", 400)
    monkeypatch.setattr(stages, "BATCH", 8)
    monkeypatch.setattr("training.alignment.BATCH", 64)
    monkeypatch.setattr(distillation, "BATCH", 16)
    monkeypatch.setattr(stages, "MINED_QUESTIONS", 800)
    monkeypatch.setattr(batches, "DUPLICATE", 0.99999)  # untrained vectors are all alike
    monkeypatch.setattr(candidates, "DUPLICATE", 0.99999)
    base = tmp_path / "base"
    write_tokenizer(base)
    vocabulary = json.loads((base / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    (base / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.__getitem__)), "utf-8")
    torch.manual_seed(0)
    BertModel(tiny_bert(vocab_size=len(vocabulary), max_position_embeddings=256)).save_pretrained(base)
    write_corpus(tmp_path / "data")
    minutes = dict.fromkeys(STAGES, 0.02)
    return Run(tmp_path / "data", tmp_path / "out", base, minutes, torch.device("cpu"), TrainingLog(tmp_path / "out"))


def test_every_stage_leads_to_models_that_load_and_share_their_input_vectors(run: Run) -> None:
    """By our classes and by plain transformers, which finds every weight; the table is stored once."""
    for name in STAGES:
        run_stage(name, run)
    bi_folder, cross_folder = run.out / "models" / "bi-encoder", run.out / "models" / "cross-encoder"
    encoder = BiEncoder.from_pretrained(str(bi_folder))
    assert encoder.encode_passages(["高塔 tower", ""]).shape == (2, 16)
    assert 0 < CrossEncoder.from_pretrained(str(cross_folder)).score("tower ?", ["the tower is old."])[0] < 1
    assert Reader.from_pretrained(str(cross_folder)).read("tower ?", ["the tower is old."])[0] is not None
    body, found = AutoModel.from_pretrained(bi_folder, add_pooling_layer=False, output_loading_info=True)
    classifier, found_too = AutoModelForTokenClassification.from_pretrained(cross_folder, output_loading_info=True)
    for info in (found, found_too):
        assert not info["missing_keys"]
        assert not info["unexpected_keys"]
    assert torch.equal(body.embeddings.word_embeddings.weight, classifier.bert.embeddings.word_embeddings.weight)
    assert classifier.config.label2id == {"relevance": 0, "answer_start": 1, "answer_end": 2}
    assert not list(run.out.glob("*.state.pt"))
    assert {record["stage"] for record in run.log.records()} >= {"alignment"}


def test_a_missing_training_file_is_named(run: Run) -> None:
    """The message says what DATA_DIR is for."""
    (run.data / "train" / "en-zh.tsv.gz").unlink()
    with pytest.raises(InputError, match=r"en-zh\.tsv\.gz.*DATA_DIR"):
        run_stage("vocabulary", run)


def test_a_stage_cut_off_while_it_writes_is_not_taken_as_done(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it left is thrown away, and it is done anew; done, it is left alone."""
    done = []

    def cut_off(run: Run) -> None:
        run.unfinished("vocabulary").mkdir(parents=True)
        (run.unfinished("vocabulary") / "half").touch()
        raise KeyboardInterrupt

    def whole(run: Run) -> None:
        done.append(list(run.unfinished("vocabulary").parent.glob("vocabulary*/half")))
        run.unfinished("vocabulary").mkdir()

    monkeypatch.setitem(STAGES, "vocabulary", (cut_off, 0.0))
    with pytest.raises(KeyboardInterrupt):
        run_stage("vocabulary", run)
    monkeypatch.setitem(STAGES, "vocabulary", (whole, 0.0))
    run_stage("vocabulary", run)
    run_stage("vocabulary", run)
    assert done == [[]]
