"""Articles and errors between the page's process and the one that reads files, as JSON: a hostile file runs nothing."""

from __future__ import annotations

import json
from typing import NamedTuple

from ingest.articles import Article
from retrieval.errors import ArticleError


class Answer(NamedTuple):
    """What a file gave; with `is_last` it is the error of the whole file."""

    item: Article | ArticleError
    is_last: bool


def to_bytes(item: Article | ArticleError, is_last: bool = False) -> bytes:
    """Return an article or an error as bytes; half characters in names stay what they are."""
    if isinstance(item, ArticleError):
        fields: list[object] = [is_last, item.name, item.reason]
    else:
        fields = [is_last, item.source, item.name, item.title, item.text, item.headings]
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass")


def from_bytes(message: bytes) -> Answer:
    """Return what `to_bytes` was given.

    >>> from_bytes(to_bytes(Article("a.txt", "a.txt", "A", "Text", ((0, 1),)))).item
    Article(source='a.txt', name='a.txt', title='A', text='Text', headings=((0, 1),))
    """
    is_last, *fields = json.loads(message.decode("utf-8", "surrogatepass"))
    if len(fields) == 2:
        return Answer(ArticleError(*fields), is_last)
    source, name, title, text, headings = fields
    return Answer(Article(source, name, title, text, tuple((start, end) for start, end in headings)), is_last)
