"""Hostile uploads through the process that reads: each ends in articles, or in errors that name file and reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import pytest
from conftest import LetterEncoder

from ingest.articles import SUPPORTED_SUFFIXES, Article
from ingest.parser import Parser
from ingest.split import split_article
from retrieval.errors import ArticleError
from retrieval.settings import Limits
from tests.hostile import ELSEWHERE, SECRET, SEED, case
from tests.hostile_documents import locked_pdf, sound

QUICK, ALL = 60, 1_500
SLACK = 15  # seconds for sending a file and ending a process on a busy machine
# A fault of ours, not of the file: an exception that no reader expected.
FAULT = "stops its reader (status"


def read(parser: Parser, name: str, data: bytes) -> tuple[list[Article], list[ArticleError]]:
    """Return what a case gives, the errors of rows and members before the one of the whole file."""
    articles: list[Article] = []
    errors: list[ArticleError] = []
    try:
        for item in parser.read(name, data):
            if isinstance(item, Article):
                articles.append(item)
            else:
                errors.append(item)
    except ArticleError as error:
        errors.append(error)
    return articles, errors


def peak(parser: Parser) -> int:
    """Return the most memory, in MB, that the process has had so far; 0 once a file has ended it."""
    if parser._process is None:
        return 0
    status = Path(f"/proc/{parser._process.pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def faults(parser: Parser, number: int) -> list[str]:
    """Return what is wrong with how a case ends."""
    name, data = case(number)
    start = monotonic()
    articles, errors = read(parser, name, data)
    seconds = monotonic() - start
    found = [] if articles or errors else ["nothing at all"]
    found += [f"{seconds:.0f} s"] if seconds > Limits().seconds + SLACK else []
    found += [f"{peak(parser)} MB"] if peak(parser) > Limits().memory else []
    for error in errors:
        if not error.name.startswith(name) or FAULT in error.reason or not re.match(r"[a-z]+ \w", error.reason):
            found.append(str(error)[:300])
        if len(str(error)) > 70_000 or "Traceback" in str(error):
            found.append(f"a long error: {str(error)[:300]}")
    secret = Path(SECRET).read_text(encoding="utf-8").splitlines()[0]
    for article in articles:
        if secret in article.text or not article.text or not article.title:
            found.append(f"{article.title!r} holds {article.text[:100]!r}")
        if len(article.text) < 20_000:
            split_article(article, LetterEncoder().count_tokens, 200)
        "".join((article.name, article.title, article.text)).encode()  # no half characters
    return found


def run(numbers: Sequence[int]) -> dict[int, list[str]]:
    """Return what is wrong with each case that does not end well."""
    with Parser(Limits()) as parser:
        found = {number: faults(parser, number) for number in numbers}
    return {number: [case(number).name, *wrong] for number, wrong in found.items() if wrong}


def test_cases_are_made_again_from_their_numbers() -> None:
    """The same bytes at every call, so that a case that fails can be looked at; all formats are among the first."""
    made = [case(number) for number in range(QUICK)]
    sound.cache_clear()
    locked_pdf.cache_clear()
    assert made == [case(number) for number in range(QUICK)]
    assert {f".{name.split('.')[-1]}" for name, _ in made} == set(SUPPORTED_SUFFIXES)
    assert ELSEWHERE.encode() in b"".join(data for _, data in made)


def test_hostile_uploads() -> None:
    """The quick share."""
    assert run(range(QUICK)) == {}, f"seed {SEED}"


@pytest.mark.torture
def test_every_hostile_upload() -> None:
    """All of them, fifty-megabyte lines and ten thousand pages too, and no process over the limit of memory."""
    bad = run(range(ALL))
    print(f"seed {SEED}: {ALL - len(bad)} of {ALL} end cleanly")  # noqa: T201
    assert bad == {}, f"seed {SEED}"
