"""The doctor names every fault once, with what mends it, and finds nothing in a sound library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from conftest import IDENTITY, LetterEncoder, OpenStore, asked, make_article, put, texts_of

from ingest.doctor import Diagnosis, diagnose, repair
from ingest.mojibake import garbled_share
from retrieval.bm25 import SparseVector
from retrieval.passages import Passage, Selection
from retrieval.store.backend import Backend, Point
from retrieval.store.passage_store import PassageStore
from retrieval.store.payloads import to_point

TEA, SILK = make_article("tea", "a tea", "b leaf", "c cup"), make_article("silk", "a silk", "b moth")


def backend_of(store: PassageStore) -> Backend:
    """Return what is under the store: where damage is done."""
    return store._backend


def told(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    """Return the kinds of the findings, and the articles."""
    return [(finding.kind, finding.article) for finding in diagnosis.findings]


def write_point(store: PassageStore, passage: Passage, dense: list[float], words: SparseVector | None = None) -> None:
    """Write a passage with these vectors."""
    point = to_point(passage, dense)
    backend_of(store).upsert([Point(point.id, dense, words or point.bm25, point.payload)])


def is_as_new(store: PassageStore) -> bool:
    """Tell whether the library is what adding tea and silk makes, vectors and words too."""
    found = {stored.passage.id: stored for stored in store.stored() if stored}
    return found.keys() == {passage.id for passage in [*TEA, *SILK]} and all(
        stored.words_agree and list(stored.vector) == list(LetterEncoder().encode_passages([stored.passage.text])[0])
        for stored in found.values()
    )


def test_a_sound_library(store: PassageStore) -> None:
    """Nothing is found in it, nor in an empty one, and a repair changes nothing."""
    assert diagnose(store, LetterEncoder()).findings == ()
    put(store, TEA, SILK)
    diagnosis = diagnose(store, LetterEncoder())
    assert (diagnosis.findings, diagnosis.passages) == ((), 5)
    assert repair(store, LetterEncoder(), diagnosis) == 0
    assert is_as_new(store)


def lose_vector(store: PassageStore) -> None:
    """Zeros, as a hole in a file reads."""
    write_point(store, TEA[1], [0, 0, 0])


def lose_words(store: PassageStore) -> None:
    """Words of another rule."""
    write_point(store, TEA[1], [0, 1, 0], SparseVector((7,), (1.0,)))


def weigh_words(store: PassageStore) -> None:
    """The right words with a wrong weight."""
    words = to_point(TEA[1], []).bm25
    write_point(store, TEA[1], [0, 1, 0], replace(words, values=tuple(2 * value for value in words.values)))


def keep_old_version(store: PassageStore) -> None:
    """A replacement stopped before the older version went."""
    store.write(make_article("tea", "a old", version="0"), list(np.eye(3, dtype=np.float32)))


def add_stranger(store: PassageStore) -> None:
    """An entry that is no passage."""
    backend_of(store).upsert([replace(to_point(TEA[0], [1, 0, 0]), id="0" * 32, payload={"version": "x"})])


def turn_vectors(store: PassageStore) -> None:
    """Vectors of another model of the same name and dimension."""
    for passage in [*TEA, *SILK]:
        write_point(store, passage, [1, 1, 1])


@pytest.mark.parametrize(
    ("damage", "expected", "encoded"),
    [
        (lose_vector, ("vector", "tea"), 1),
        (lose_words, ("words", "tea"), 1),
        (weigh_words, ("words", "tea"), 1),
        (keep_old_version, ("orphan", "tea"), 0),
        (add_stranger, ("orphan", ""), 0),
        (turn_vectors, ("encoder", ""), 5),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_a_repair_mends(
    store: PassageStore, damage: Callable[[PassageStore], None], expected: tuple[str, str], encoded: int
) -> None:
    """The fault is named once, mended, and the library is as if it were added anew."""
    put(store, TEA, SILK)
    damage(store)
    diagnosis = diagnose(store, LetterEncoder())
    assert told(diagnosis) == [expected]
    assert "python -m ingest --repair" in diagnosis.findings[0].mend
    assert repair(store, LetterEncoder(), diagnosis) == encoded
    assert diagnose(store, LetterEncoder()).findings == ()
    assert is_as_new(store)
    assert texts_of(store.matching(asked("leaf"), 9, Selection())) == ["b leaf"]


@pytest.mark.parametrize("there", [TEA[:2], TEA[1:]], ids=["without its last", "without its first"])
def test_a_torn_article(store: PassageStore, there: list[Passage]) -> None:
    """It is named with its file; a repair leaves what is there, since it may still be wanted."""
    put(store, SILK)
    put(store, there)
    diagnosis = diagnose(store, LetterEncoder())
    (finding,) = diagnosis.findings
    assert (finding.kind, finding.article) == ("torn", "tea")
    assert finding.fault == "2 of its 3 passages are there"
    assert finding.mend == "add the file tea again: python -m ingest PATH"
    assert repair(store, LetterEncoder(), diagnosis) == 0
    assert store.passages(TEA[0].article.id) == there


def test_one_text_under_two_names(store: PassageStore) -> None:
    """Blanks and titles don't tell texts apart; the second name is the one to delete."""
    put(store, TEA, make_article("thé", "a  tea", "b leaf", "c cup"), make_article("half", "a tea"))
    (finding,) = diagnose(store, LetterEncoder()).findings
    assert (finding.kind, finding.article, finding.fault) == ("duplicate", "thé", "has the same text as tea")
    assert finding.mend == "python -m ingest --delete 'thé'"


def test_text_in_a_wrong_encoding(store: PassageStore) -> None:
    """The article is named."""
    put(store, make_article("good", "a été"), make_article("bad", "a sound line", "a Ã©tÃ©"))
    assert told(diagnose(store, LetterEncoder())) == [("mojibake", "bad")]


def test_a_library_of_another_encoder(open_library: OpenStore) -> None:
    """It is named with the two ways out; the rest is checked without its vectors."""
    put(open_library(IDENTITY), TEA, TEA[:0] or make_article("copy", "a tea", "b leaf", "c cup"))
    other = LetterEncoder()
    other.identity = replace(IDENTITY, name="other", weights="weights-2")
    first, second = diagnose(open_library(IDENTITY), other).findings
    assert first.fault == "built with letters (weights-1), the settings name other (weights-2)"
    assert first.mend == "set QA_ENCODER back, or python -m ingest --rebuild"
    assert second.kind == "duplicate"


FRENCH = "Le thé était servi à l’été où naît « l’œuvre », çà et là."
CHINESE = "茶是一种来自中国的饮料，锅炉房在北京。"


@pytest.mark.parametrize(
    "text",
    [
        FRENCH.encode().decode("cp1252", "replace"),
        FRENCH.encode().decode("latin-1"),
        FRENCH.encode().decode("gb18030", "replace"),
        FRENCH.encode("cp1252").decode("utf-8", "replace"),
        CHINESE.encode().decode("cp1252", "replace"),
        CHINESE.encode().decode("gb18030", "replace"),
        CHINESE.encode("gb18030").decode("latin-1"),
        CHINESE.encode("gb18030").decode("utf-8", "replace"),
        CHINESE.encode("gb18030").decode("utf-8", "replace").encode().decode("gb18030", "replace"),
        "It’s tea".encode().decode("cp1252"),
        "(cid:12)(cid:40)(cid:7)",
    ],
)
def test_wrong_encodings_are_suspected(text: str) -> None:
    """Every confusion of the three languages' encodings is over the limit of a fiftieth."""
    assert garbled_share(text) > 0.02


@pytest.mark.parametrize("text", ["", "plain", FRENCH, CHINESE, "“LIBERTÉ” CAFÉ… 5 °C, Straß”", "中华人民共和国联通"])
def test_sound_text_is_not(text: str) -> None:
    """Not even capitals before a quotation mark, which are valid UTF-8 too."""
    assert garbled_share(text) == 0.0
