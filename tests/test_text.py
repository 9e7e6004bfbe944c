"""Tokens and languages, worked out by hand."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from retrieval.passages import Language
from retrieval.text import detect_language, token_spans, tokenize

TOKENS = [
    # French elision, with the typewriter's, the printer's and the modifier apostrophe
    ("L'eau", ["eau"]),
    ("l’eau", ["eau"]),
    ("lʼeau", ["eau"]),
    ("d'Arc, qu'Orléans, jusqu’Amiens, puisqu'Alice", ["arc", "orlean", "amien", "alic"]),
    ("aujourd'hui", ["aujourd", "hui"]),
    ("qu'il", []),
    ("l'", []),
    # accents and case
    ("ÉTÉ été Ete e\u0301te\u0301", ["ete", "ete", "ete", "ete"]),
    ("naïve garçon Noël", ["naiv", "garcon", "noel"]),
    ("Straße", ["strass"]),
    # possessive and stems
    ("John's dog’s", ["john", "dog"]),
    ("bridge bridges bridge's", ["bridg", "bridg", "bridg"]),
    ("villes ville", ["vill", "vill"]),
    # function words of both languages
    ("Who is the king of the cats?", ["king", "cat"]),
    ("Quelle est la ville où elle était ?", ["vill"]),
    # numbers: thousands only where three digits follow
    ("1,204", ["1204"]),
    ("1\u202f204", ["1204"]),
    ("1\u00a0204", ["1204"]),
    ("12,345,678", ["12345678"]),
    ("3,14 and 1,2045", ["3", "14", "1", "2045"]),
    ("1900, 1901", ["1900", "1901"]),
    # compatibility forms
    ("ＧＤＰ　２０１０", ["gdp", "2010"]),
    ("ﬁle Ⅳ", ["fil", "iv"]),
    # Chinese: simplified, in pairs
    ("中", ["中"]),
    ("中国", ["中国"]),
    ("臺灣島", ["台湾", "湾岛"]),
    ("万里长城。多长？", ["万里", "里长", "长城", "多长"]),
    ("2010年中国", ["2010", "年中", "中国"]),
    ("中国的GDP是", ["中国", "国的", "gdp", "是"]),
    ("\U00020000\U00020001", ["\U00020000\U00020001"]),
    # kana and hangul
    ("ひらがな", ["ひら", "らが", "がな"]),
    ("カ", ["カ"]),
    ("한국어", ["한국", "국어"]),
    # nothing to index
    ("", []),
    (" \n\t", []),
    ("😀 … —?!", []),
    ("a😀pont_wall", ["pont", "wall"]),
]

LANGUAGES: list[tuple[str, Language]] = [
    ("Où est Paris ?", "fr"),
    ("Qu'est-ce que c'est ?", "fr"),
    ("La Révolution", "fr"),
    ("Where is Paris?", "en"),
    ("Who wrote it?", "en"),
    ("What does 茶 mean in this sentence?", "en"),
    ("长城有多长？", "zh"),
    ("臺灣的首都", "zh"),
    ("中", "zh"),
    ("中国GDP是多少", "zh"),
    ("2010年中国的GDP是多少？", "zh"),
    ("iPhone 是什么", "zh"),
    ("什么是machine learning？", "zh"),
    ("日本の首都はどこですか", "other"),
    ("これは日本語です", "other"),
    ("한국의 수도는 어디입니까", "other"),
    ("Кто такой Пушкин?", "other"),
    ("Ελλάδα", "other"),
    ("مرحبا", "other"),
    (
        "Die Hauptstadt von Deutschland ist Berlin und sie liegt an der Spree im Osten des Landes, umgeben von "
        "Brandenburg.",
        "other",
    ),
    (
        "La capital de España es Madrid y está situada en el centro de la península ibérica, a orillas del río "
        "Manzanares.",
        "other",
    ),
    ("", "other"),
    (" \n", "other"),
    ("12345", "other"),
    ("3.14 + 2 = ?", "other"),
    ("😀", "other"),
]
SHORT_FRAGMENTS = ["Paris", "GDP", "tea", "le", "Victor Hugo", "https://example.com/page", "Wo ist Berlin?"]


@pytest.mark.parametrize(("text", "tokens"), TOKENS)
def test_tokenize(text: str, tokens: list[str]) -> None:
    """Each rule of the lexical index on a case of its own."""
    assert tokenize(text) == tokens


@pytest.mark.parametrize(
    ("question", "passage", "shared"),
    [
        ("Combien d'habitants à Québec ?", "Les habitants de QUÉBEC sont 1,204.", {"hab", "quebec"}),
        ("How many bridges does Pa\u0301ris have?", "Le pont Neuf, Bridge of Paris", {"bridg"}),
        ("萬里長城", "万里长城的历史", {"万里", "里长", "长城"}),
        ("1204 people", "1\u202f204 personnes", {"1204"}),
    ],
)
def test_question_and_passage_meet(question: str, passage: str, shared: set[str]) -> None:
    """A question's words are those of the passage, whatever accent, script, number form or inflection."""
    assert set(tokenize(question)) & set(tokenize(passage)) >= shared


@pytest.mark.parametrize(("text", "language"), LANGUAGES)
def test_detect_language(text: str, language: Language) -> None:
    """Script first, then French, English or another language."""
    assert detect_language(text) == language


@pytest.mark.parametrize("text", SHORT_FRAGMENTS)
def test_short_latin_text_is_french_or_english(text: str) -> None:
    """Below 60 characters langdetect's other languages are guesswork and are left out."""
    assert detect_language(text) in ("fr", "en")


def test_language_is_stable() -> None:
    """The same text gets the same language 20 times, though langdetect draws random numbers."""
    for text in [*SHORT_FRAGMENTS, *(text for text, _ in LANGUAGES)]:
        assert len({detect_language(text) for _ in range(20)}) == 1


def test_threads_agree_with_one_thread() -> None:
    """Eight threads get the languages and tokens that one thread gets."""
    texts = [text for text, _ in [*LANGUAGES, *TOKENS]] * 8
    # New words, so that the stems are not all in the cache.
    texts += [f"national{n}ities bridges{n}s l'habitation{n}s" for n in range(400)]
    random.Random(0).shuffle(texts)
    with ThreadPoolExecutor(8) as pool:
        tokens, languages = list(pool.map(tokenize, texts)), list(pool.map(detect_language, texts[:300]))
    assert tokens == [tokenize(text) for text in texts]
    assert languages == [detect_language(text) for text in texts[:300]]


@pytest.mark.parametrize("text", ["L'été à Paris: 1,204 fêtes", "臺灣的GDP", "Ｆｕｌｌ ＷＩＤＴＨ 茶"])
def test_token_spans_have_the_tokens(text: str) -> None:
    """The same tokens in the same order as the index has them."""
    assert [token for token, _, _ in token_spans(text)] == tokenize(text)
