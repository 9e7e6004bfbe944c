"""Language of a text and its words: the one rule for questions and passages alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock

from langdetect import DetectorFactory, LangDetectException, detector_factory
from opencc import OpenCC
from snowballstemmer import stemmer

from retrieval.passages import Language

# Without a seed langdetect answers differently from run to run.
DetectorFactory.seed = 0
_FRENCH_OR_ENGLISH = {"fr": 0.5, "en": 0.5}
# Below this many characters langdetect's full list of languages is guesswork ("Paris" is Indonesian),
# so the text is taken for French or English; above it another language is believed.
_LONG_TEXT = 60
_detector_lock = Lock()  # langdetect loads its profiles on first use, without a lock of its own

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA_HANGUL = "\u3040-\u30ff\u1100-\u11ff\uac00-\ud7af"
_CJK = _HAN + _KANA_HANGUL
_APOSTROPHES = "'\u2019\u02bc"
_LETTER = rf"(?:(?![{_CJK}])[^\W_])"

_han = re.compile(f"[{_HAN}]")
_kana_hangul = re.compile(f"[{_KANA_HANGUL}]")
_spaced_word = re.compile(rf"(?:(?![{_CJK}])[^\W\d_])+")
_latin = re.compile(r"[A-Za-z\u00c0-\u024f]")
_token = re.compile(rf"[{_CJK}]+|{_LETTER}+(?:[{_APOSTROPHES}]{_LETTER}+)*")
# A token's run as written: with marks not yet joined to their letter, and a number's separators inside it.
_written = re.compile(
    rf"[{_CJK}]+|(?:{_LETTER}|[\u0300-\u036f]|(?<=\d)[,\u00a0\u202f](?=\d{{3}}(?!\d)))+"
    rf"(?:[{_APOSTROPHES}](?:{_LETTER}|[\u0300-\u036f])+)*"
)
_elision = re.compile(rf"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)[{_APOSTROPHES}](?=.)")
_possessive = re.compile(rf"[{_APOSTROPHES}]s$")
_apostrophe = re.compile(f"[{_APOSTROPHES}]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
# 1,204 in English and 1 204 (with a no-break space) in French are one number.
_thousands = re.compile(r"(?<=\d)[,\u00a0\u202f](?=\d{3}(?!\d))")

_to_simplified = OpenCC("t2s")
_english, _french = stemmer("english"), stemmer("french")

# Function and question words: kept, they would make nearly every passage of a language a match.
# fmt: off
_STOP_WORDS = frozenset([
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "by", "with", "and", "or", "is", "are", "was",
    "were", "be", "been", "it", "its", "this", "that", "these", "those", "as", "into", "than", "then", "there",
    "their", "they", "he", "she", "his", "her", "him", "them", "we", "you", "i", "which", "who", "whom", "whose",
    "what", "when", "where", "why", "how", "did", "do", "does", "had", "has", "have", "not", "no",
    "le", "la", "les", "un", "une", "des", "du", "de", "d", "l", "au", "aux", "et", "ou", "dans", "sur", "pour",
    "par", "avec", "sans", "est", "sont", "etait", "etaient", "etre", "ont", "avait", "il", "elle", "ils", "elles",
    "ce", "cet", "cette", "ces", "son", "sa", "ses", "leur", "leurs", "qui", "que", "quoi", "quel", "quelle", "quels",
    "quelles", "quand", "comment", "pourquoi", "combien", "ne", "pas", "plus", "se", "y", "en", "dont", "si",
])
# fmt: on


def detect_language(text: str) -> Language:
    """Return the language of a question or passage.

    The script decides first: `langdetect` calls one short Chinese question in five Korean. Kana or
    hangul make a text `other` even among Han characters. Latin letters go to `langdetect`, seeded
    and, for short texts, limited to French and English.
    """
    sample = text[:1000]
    han, kana_hangul = len(_han.findall(sample)), len(_kana_hangul.findall(sample))
    words = _spaced_word.findall(sample)
    if kana_hangul * 10 > han + kana_hangul and kana_hangul >= len(words):
        return "other"
    if han and han >= len(words):
        return "zh"
    letters = "".join(words)
    if not letters or len(_latin.findall(letters)) * 2 < len(letters):
        return "other"
    return _detect_latin(" ".join(words))


def tokenize(text: str) -> list[str]:
    """Split a text into the tokens of the lexical index, in order.

    Latin words and numbers: compatibility forms, case and accents folded, French elision and English
    possessive dropped, function words dropped, English then French Snowball stem (one rule, so that
    a word meets itself whatever the language of its text). Chinese, Japanese and Korean runs:
    traditional folded to simplified, then character bigrams, or the character of a run of one.

    >>> tokenize("L'été à Paris: 1,204 fêtes")
    ['ete', 'pari', '1204', 'fet']
    >>> tokenize("臺灣的GDP")
    ['台湾', '湾的', 'gdp']
    """
    folded = unicodedata.normalize("NFKC", _thousands.sub("", text)).casefold()
    whole = folded.translate(_LIGATURES).encode("utf-8", "replace").decode()  # OpenCC takes no half characters
    tokens: list[str] = []
    for run in _token.findall(_to_simplified.convert(whole)):
        if _han.match(run) or _kana_hangul.match(run):
            tokens.extend([run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)])
        else:
            bare = _possessive.sub("", _elision.sub("", run))
            tokens.extend(stem for part in _apostrophe.split(bare) if (stem := _stem(part)))
    return tokens


# Shown again at each click on a page, and slow to cut into words.
@lru_cache(maxsize=1000)
def token_spans(text: str) -> tuple[tuple[str, int, int], ...]:
    """Return the tokens of a text, each with the start and end of the characters it comes from.

    A pair of Chinese characters has these two, any other token its whole word.

    >>> token_spans("L'été 北京市")
    (('ete', 0, 5), ('北京', 6, 8), ('京市', 7, 9))
    """
    spans: list[tuple[str, int, int]] = []
    for run in _written.finditer(text):
        tokens = tokenize(run[0])
        if len(tokens) > 1 and len(tokens) == len(run[0]) - 1:
            spans.extend((token, run.start() + i, run.start() + i + 2) for i, token in enumerate(tokens))
        else:
            spans.extend((token, run.start(), run.end()) for token in tokens)
    return tuple(spans)


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    """Return the index form of one Latin word, empty for a function word."""
    if _fold_accents(word) in _STOP_WORDS:
        return ""
    # Stems are taken before accents are folded: the French stemmer relies on them.
    with _stem_lock:
        return _fold_accents(str(_french.stemWord(_english.stemWord(word))))


_stem_lock = Lock()  # a Snowball stemmer keeps its word in itself while it works


def _fold_accents(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _detect_latin(text: str) -> Language:
    if len(text) >= _LONG_TEXT:
        best, probability = _most_likely(text, prior=None)
        if best == "fr" or best == "en":
            return "fr" if best == "fr" else "en"
        if probability > 0.9:
            return "other"
    best, _ = _most_likely(text, prior=_FRENCH_OR_ENGLISH)
    if best == "fr":
        return "fr"
    return "en" if best == "en" else "other"


def _most_likely(text: str, prior: Mapping[str, float] | None) -> tuple[str, float]:
    """Return langdetect's first guess and its probability, ("", 0) where it finds no features."""
    with _detector_lock:
        detector_factory.init_factory()
        detector = detector_factory._factory.create()
    if prior is not None:
        detector.set_prior_map(dict(prior))
    detector.append(text)
    try:
        guesses = detector.get_probabilities()
    except LangDetectException:
        return "", 0.0
    return (guesses[0].lang, guesses[0].prob) if guesses else ("", 0.0)
