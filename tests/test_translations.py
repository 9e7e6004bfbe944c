"""The question's words in the other languages: the table, what is asked of each language, and how it is learned."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from retrieval.bm25 import question_vector, term_id
from retrieval.errors import ModelError
from retrieval.text import tokenize
from retrieval.translations import TermTable, load_translations, question_terms, save_translations
from training import translations as training
from training.translations import agreed, learn_links, learn_translations, term_pairs, through


def tid(word: str) -> int:
    """Return the id of a word that stands for one token."""
    return term_id(*tokenize(word))


def ids(*words: str) -> np.ndarray:
    """Return the ids of words, as the tables keep them."""
    return np.array([tid(word) for word in words], np.uint32)


def table(rows: list[tuple[str, str, float]]) -> TermTable:
    """Return a table of (word, translation, weight)."""
    sources, targets, weights = zip(*rows, strict=True)
    return TermTable.from_rows(ids(*sources), ids(*targets), np.array(weights))


WAR = table([("war", "guerre", 0.8), ("king", "roi", 1.0), ("war", "conflit", 0.2)])


def test_a_term_has_its_translations() -> None:
    """Weights are kept as 255ths: 0.8 and 0.2 are 204 and 51 of them."""
    found = dict(WAR.translate(tid("war")))
    assert found == {tid("guerre"): 204 / 255, tid("conflit"): 51 / 255}
    assert WAR.translate(tid("tower")) == WAR.translate(0) == WAR.translate(2**32 - 1) == []


def test_each_language_is_asked_with_its_own_words() -> None:
    """French passages by the English words and their translations, all others by the English words alone."""
    terms = question_terms("the kings war tower", "en", {("en", "fr"): WAR})
    own = question_vector("kings war tower")
    assert terms["en"] == terms["zh"] == terms["other"] == own
    french = dict(zip(terms["fr"].indices, terms["fr"].values, strict=True))
    expected = {**dict.fromkeys(own.indices, 1.0), tid("guerre"): 0.8**0.35, tid("conflit"): 0.2**0.35, tid("roi"): 1.0}
    assert french == pytest.approx(expected)
    assert list(terms["fr"].indices) == sorted(terms["fr"].indices)


def test_weights_of_one_translation_are_added() -> None:
    """Two words that may mean the same, and one that is spelled alike in both languages."""
    both = {("en", "fr"): table([("war", "conflit", 0.2), ("conflict", "conflit", 0.6), ("table", "table", 1.0)])}
    terms = question_terms("war conflict table", "en", both)["fr"]
    weights = dict(zip(terms.indices, terms.values, strict=True))
    assert weights[tid("conflit")] == pytest.approx(0.2**0.35 + 0.6**0.35, abs=0.003)
    assert weights[tid("table")] == 2.0


@pytest.mark.parametrize(("question", "language"), [("", "en"), ("?!", "en"), ("guerre", "fr"), ("戦争", "other")])
def test_without_words_or_table_nothing_is_added(question: str, language: str) -> None:
    """Every language is asked with the question's own terms."""
    terms = question_terms(question, language, {("en", "fr"): WAR})  # type: ignore[arg-type]
    assert set(terms.values()) == {question_vector(question)}


def test_tables_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Several directions in one file."""
    save_translations({("en", "fr"): WAR, ("fr", "en"): table([("guerre", "war", 0.5)])}, tmp_path / "table")
    found = load_translations(tmp_path / "table")
    assert set(found) == {("en", "fr"), ("fr", "en")}
    assert found["en", "fr"].translate(tid("war")) == WAR.translate(tid("war"))
    assert found["fr", "en"].translate(tid("guerre")) == [(tid("war"), 128 / 255)]


@pytest.mark.parametrize("content", [None, b"", b"damaged" * 99])
def test_a_missing_or_damaged_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    """With the setting that points to it."""
    if content is not None:
        (tmp_path / "table").write_bytes(content)
    with pytest.raises(ModelError, match=r"table.*QA_TRANSLATIONS"):
        load_translations(tmp_path / "table")


PAIRS = [("war king", "guerre roi"), ("war", "guerre"), ("old king", "vieux roi"), ("tower", "tour")]


def test_the_first_step_of_learning_by_hand() -> None:
    """Two texts, "war king" and "war": every source of a text, none included, first has an equal share."""
    links = learn_links(term_pairs(PAIRS[:2]), steps=1)
    war, king, guerre, roi = ids("war", "king", "guerre", "roi")
    found = {
        (s, t): (p, c)
        for s, t, p, c in zip(links.sources, links.targets, links.probabilities, links.counts, strict=True)
    }
    assert found[war, guerre] == pytest.approx((5 / 7, 1 / 3 + 1 / 2))
    assert found[war, roi] == pytest.approx((2 / 7, 1 / 3))
    assert found[king, guerre] == found[king, roi] == pytest.approx((1 / 2, 1 / 3))
    assert len(found) == 4


def plain_model_1(pairs: list[tuple[str, str]], steps: int) -> dict[tuple[str, str], float]:
    """Return p(target | source) by the pseudo-code of Brown et al., with dictionaries."""
    texts = [(["", *sorted(set(tokenize(a)))], sorted(set(tokenize(b)))) for a, b in pairs]
    probability: dict[tuple[str, str], float] = defaultdict(lambda: 1.0)
    for _ in range(steps):
        count: dict[tuple[str, str], float] = defaultdict(float)
        total: dict[str, float] = defaultdict(float)
        for sources, targets in texts:
            for target in targets:
                norm = sum(probability[source, target] for source in sources)
                for source in sources:
                    count[source, target] += probability[source, target] / norm
                    total[source] += probability[source, target] / norm
        probability = defaultdict(float, {key: value / total[key[0]] for key, value in count.items()})
    return probability


def test_learning_equals_the_plain_algorithm() -> None:
    """Six steps over four texts, every link."""
    links = learn_links(term_pairs(PAIRS))
    names = {term_id(term): term for pair in PAIRS for text in pair for term in tokenize(text)}
    found = {
        (names[int(s)], names[int(t)]): p
        for s, t, p in zip(links.sources, links.targets, links.probabilities, strict=True)
    }
    expected = {key: value for key, value in plain_model_1(PAIRS, 6).items() if key[0]}
    assert found == pytest.approx(expected)


def test_only_links_both_directions_make_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The weight is the geometric mean of the two probabilities."""
    monkeypatch.setattr(training, "MIN_COUNT", 0.0)
    pairs = term_pairs(PAIRS)
    result = agreed(learn_links(pairs), learn_links([(b, a) for a, b in pairs]))
    there, back = plain_model_1(PAIRS, 6), plain_model_1([(b, a) for a, b in PAIRS], 6)
    war = dict(result.translate(tid("war")))
    assert war[tid("guerre")] == pytest.approx((there["war", "guerr"] * back["guerr", "war"]) ** 0.5, abs=1 / 255)
    assert max(war, key=war.__getitem__) == tid("guerre")
    assert [target for target, _ in result.translate(tid("tower"))] == [tid("tour")]


def test_rare_links_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """`tower` was seen once."""
    monkeypatch.setattr(training, "MIN_COUNT", 1.01)
    pairs = term_pairs(PAIRS)
    result = agreed(learn_links(pairs), learn_links([(b, a) for a, b in pairs]))
    assert result.translate(tid("tower")) == []
    assert result.translate(tid("war"))


def test_through_another_language() -> None:
    """Weights are multiplied along a way and summed over the ways; a word without a second step has no translation."""
    first = table([("guerre", "war", 0.8), ("guerre", "conflict", 0.2), ("roi", "king", 1.0), ("mur", "wall", 1.0)])
    second = table([("war", "战争", 1.0), ("conflict", "战争", 0.6), ("conflict", "冲突", 0.6), ("king", "国王", 0.4)])
    result = through(first, second)
    assert dict(result.translate(tid("guerre"))) == pytest.approx(
        {tid("战争"): 0.8 + 0.2 * 0.6, tid("冲突"): 0.2 * 0.6}, abs=0.005
    )
    assert dict(result.translate(tid("roi"))) == pytest.approx({tid("国王"): 0.4}, abs=0.003)
    assert result.translate(tid("mur")) == []


def test_no_more_than_the_heaviest_translations_are_kept() -> None:
    """Seven words of falling weight: the first six."""
    names = ("un", "deux", "trois", "quatre", "cinq", "six", "sept")
    rows = [("war", f"{name}ieme", 0.9 - 0.1 * place) for place, name in enumerate(names)]
    result = through(table(rows), table([(target, target, 1.0) for _, target, _ in rows]))
    weights = [weight for _, weight in result.translate(tid("war"))]
    assert sorted(weights, reverse=True) == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], abs=0.005)
    assert all(first < second for first, second in pairwise(result.sources.tolist()))


def test_six_directions_are_learned_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """French and Chinese meet through English."""
    french, chinese = [("war", "guerre"), ("king", "roi")], [("war", "战争"), ("king", "国王")]
    texts = {"fr": french, "zh": chinese}
    monkeypatch.setattr(training, "read_pairs", lambda train, language: texts[language] * 3)
    monkeypatch.setattr(training, "read_lexicon", lambda train, language: texts[language])
    learn_translations(tmp_path, tmp_path / "new" / "table.safetensors")
    found = load_translations(tmp_path / "new" / "table.safetensors")
    assert len(found) == 6
    assert [target for target, _ in found["fr", "zh"].translate(tid("guerre"))] == [tid("战争")]
    assert [target for target, _ in found["zh", "fr"].translate(tid("国王"))] == [tid("roi")]
