"""What is evaluated: a store, its questions and their right answers; a person's library or a data set's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from evaluation.answers import normalise
from evaluation.datasets import Dataset, LabelledQuestion, Unit
from evaluation.questions import AskedQuestion
from ingest.articles import Article
from ingest.split import split_article
from retrieval.errors import InputError
from retrieval.passages import ArticleInfo, Encoder, Language, Passage
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from retrieval.text import detect_language

_ENCODE_SIZE = 32
_SHOWN_FAULTS = 5

OnStep = Callable[[str, int, int], None]
"""Told the phase ("index", "encode" or "ask"), how much of it is done, and the whole; may raise to stop."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A store and the questions asked of it.

    `languages` gives, for articles by name and for passages by id, each one's language: all that can be ranked.
    `left_out` counts the questions that were given and cannot be asked.
    """

    name: str
    store: PassageStore
    languages: Mapping[Unit, Mapping[str, Language]]
    questions: tuple[LabelledQuestion, ...]
    left_out: int = 0


@contextmanager
def indexed(dataset: Dataset, encoder: Encoder, on_step: OnStep) -> Iterator[Collection]:
    """Split, encode and store a data set's documents as articles are, in a library that is deleted afterwards."""
    articles = [
        split_article(Article(name, name, title, text), encoder.count_tokens, encoder.max_tokens)
        for name, (title, text) in dataset.documents.items()
        if text.strip()
    ]
    with (
        TemporaryDirectory() as folder,
        closing(PassageStore(EdgeBackend(Path(folder)), encoder.identity)) as store,
    ):
        for first in range(0, len(articles), _ENCODE_SIZE):
            on_step("index", first, len(articles))
            group = articles[first : first + _ENCODE_SIZE]
            vectors = iter(encoder.encode_passages([passage.indexed_text for article in group for passage in article]))
            for article in group:
                store.replace_article(article, [next(vectors) for _ in article])
        blank = {name: detect_language(text) for name, (_, text) in dataset.documents.items() if not text.strip()}
        known = {article[0].article.name: article[0].article.language for article in articles}
        questions = (_with_findable(q, [dataset.documents[name][1] for name in q.relevant]) for q in dataset.questions)
        languages: dict[Unit, Mapping[str, Language]] = {"article": known | blank, "passage": {}}
        yield Collection(dataset.name, store, languages, tuple(questions), dataset.left_out)


def in_library(name: str, asked: Sequence[AskedQuestion], store: PassageStore) -> Collection:
    """Find what the questions name in a library: articles by name, source or title, passages by their text.

    InputError tells the place and reason of those that name nothing there.
    """
    contents = {article.name: (article, store.passages(article.id)) for article in store.articles()}
    infos = [article for article, _ in contents.values()]
    questions: list[LabelledQuestion] = []
    faults: list[str] = []
    for number, question in enumerate(asked, start=1):
        try:
            questions.append(_label(str(number), question, infos, contents))
        except InputError as error:
            faults.append(str(error))
    if faults:
        more = f"\n(and {len(faults) - _SHOWN_FAULTS} more)" if len(faults) > _SHOWN_FAULTS else ""
        raise InputError("\n".join(faults[:_SHOWN_FAULTS]) + more)
    languages: dict[Unit, Mapping[str, Language]] = {
        "article": {article.name: article.language for article in infos},
        "passage": {passage.id: passage.language for _, passages in contents.values() for passage in passages},
    }
    return Collection(name, store, languages, tuple(questions))


Contents = Mapping[str, tuple[ArticleInfo, list[Passage]]]


def _label(number: str, asked: AskedQuestion, articles: Sequence[ArticleInfo], contents: Contents) -> LabelledQuestion:
    names = [name for wanted in asked.articles for name in _named(wanted, asked.place, articles)]
    if asked.passage:
        within = names or list(contents)
        right = [p for name in within for p in passages_holding(asked.passage, contents[name][1])]
        if not right:
            shown = asked.passage if len(asked.passage) <= 60 else f"{asked.passage[:60]}…"
            raise InputError(f'{asked.place}: the passage "{shown}" stands in no article of the library.')
        relevant, unit, texts = {passage.id: 1 for passage in right}, "passage", [passage.text for passage in right]
    else:
        relevant, unit = dict.fromkeys(names, 1), "article"
        texts = [passage.text for name in names for passage in contents[name][1]]
    language = None
    question = LabelledQuestion(number, asked.question, language, relevant, asked.answers, _unit(unit))
    return _with_findable(question, texts)


def _unit(unit: str) -> Unit:
    return "passage" if unit == "passage" else "article"


def _named(wanted: str, place: str, articles: Sequence[ArticleInfo]) -> list[str]:
    """Return the articles of that name, else of that source file, else of that title."""
    for key in ("name", "source", "title"):
        found = [article.name for article in articles if getattr(article, key).casefold() == wanted.casefold()]
        if found:
            return found
    raise InputError(f'{place}: the library has no article named or titled "{wanted}"; the Library page lists them.')


def passages_holding(text: str, passages: Sequence[Passage]) -> list[Passage]:
    """Return an article's passages that a text, blanks apart, overlaps where it stands in the article."""
    characters: dict[int, str] = {}
    for passage in passages:
        characters |= {passage.start + i: c for i, c in enumerate(passage.text) if not c.isspace()}
    places = sorted(characters)
    wanted = "".join(text.split())
    at = "".join(characters[place] for place in places).find(wanted)
    if at < 0 or not wanted:
        return []
    start, end = places[at], places[at + len(wanted) - 1] + 1
    return [passage for passage in passages if passage.start < end and start < passage.end]


def _with_findable(question: LabelledQuestion, texts: Sequence[str]) -> LabelledQuestion:
    """Keep the answers that stand in a right text: a reader marks words of a text, it does not translate."""
    if not question.answers:
        return question
    whole = " ".join(f" {' '.join(normalise(text))} " for text in texts)
    found = tuple(answer for answer in question.answers if f" {' '.join(normalise(answer))} " in whole)
    return replace(question, answers=found)
