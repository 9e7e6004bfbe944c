"""Real documents of each kind become searchable, across languages, within half a minute."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ingest.pipeline import InputFile, ingest_files
from retrieval.opening import make_searcher
from retrieval.search import Models
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from tests.documents import chinese_pdf, word_file

CHINESE = (
    "青石镇的老水塔建于1931年，设计师是林慕白。水塔高四十七米，顶部有一座铜钟，每天正午敲响十二下。",
    "镇上的集市每逢初三和初八开放，农民在那里出售茶叶、竹篮和蜂蜜。",
)
FRENCH = "Le moulin de Corvelle, bâti en 1674 par Étienne Vasseur, moulait le blé de dix-sept villages de la vallée."
ENGLISH = "The Harrow observatory was opened in 1892 by Margaret Ellwood, who discovered four comets from its dome."


def large_chinese_pdf() -> bytes:
    """Return a PDF of just over a megabyte in which one paragraph holds the answer."""
    filler = [
        f"第{number}章记录了当地第{number}年的天气：春天多雨，夏天炎热，秋天有雾，冬天下雪，收成为{number * 7}石。"
        for number in range(1, 3800)
    ]
    return chinese_pdf([*filler[:1900], *CHINESE, *filler[1900:]])


DOCUMENTS = {
    "年鉴.pdf": (large_chinese_pdf, "青石镇的老水塔是谁设计的？", "林慕白"),
    "笔记.txt": (lambda: "\n".join(CHINESE).encode("gbk"), "老水塔有多高？", "四十七米"),
    "moulin.docx": (lambda: word_file("Les moulins", [FRENCH]), "Who built the Corvelle mill?", "Étienne Vasseur"),
    "observatory.html": (
        lambda: f"<html><title>Observatories</title><nav>Menu</nav><p>{ENGLISH}</p></html>".encode(),
        "Qui a ouvert l’observatoire de Harrow ?",
        "Margaret Ellwood",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_is_searchable(name: str, bundled_models: Models, tmp_path: Path) -> None:
    """From bytes to the passage that holds the answer, at the first place."""
    make, question, expected = DOCUMENTS[name]
    data = make()
    assert name != "年鉴.pdf" or len(data) > 1_000_000
    with closing(PassageStore(EdgeBackend(tmp_path), bundled_models.encoder.identity)) as store:
        (report,) = ingest_files([InputFile(name, len(data), lambda: data)], bundled_models.encoder, store)
        assert report.failures == []
        result = make_searcher(Settings(), store, bundled_models).search(question)
    assert expected in result.hits[0].passage.text
    assert result.hits[0].passage.article.name == name
