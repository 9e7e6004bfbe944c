"""From files to articles: the one entry for every format, with the limits on size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ingest.formats.archives import CheckedZip, member_name
from ingest.formats.blocks import TITLE_LIMIT, Block, Document, assemble, clean_line
from ingest.formats.epub import read_epub
from ingest.formats.html import read_html
from ingest.formats.markdown import read_markdown
from ingest.formats.pdf import read_pdf
from ingest.formats.plain import read_plain
from ingest.formats.rows import Row, read_csv, read_jsonl
from ingest.formats.word import read_docx
from retrieval.errors import ArticleError

FILE_LIMIT = 100_000_000  # bytes
TEXT_LIMIT = 20_000_000  # characters of one article

_DOCUMENT_READERS: Mapping[str, Callable[[str, bytes], Document]] = {
    ".txt": read_plain,
    ".md": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".epub": read_epub,
}
_ROW_READERS: Mapping[str, Callable[[str, bytes], Iterator[Row | ArticleError]]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".jsonl": read_jsonl,
}
_READABLE = (*_DOCUMENT_READERS, *_ROW_READERS)
SUPPORTED_SUFFIXES: tuple[str, ...] = (*_READABLE, ".zip")


@dataclass(frozen=True, slots=True)
class Article:
    r"""What a person gives to the library.

    `source` is the file as the person names it, `name` the article's own name: the same unless the file
    holds several ("table.csv#7", "archive.zip/inner.md"). `text` is clean, its paragraphs separated by
    "\n\n"; `headings` are the character spans of the heading lines inside it, ascending. `shared_id` is
    the same in the article's translations, empty where the file says nothing of any.
    """

    source: str
    name: str
    title: str
    text: str
    headings: tuple[tuple[int, int], ...] = ()
    shared_id: str = ""


def read_articles(source: str, data: bytes) -> Iterator[Article | ArticleError]:
    """Yield the articles in file `source`; a row or an archive's member that gives none is yielded as its error.

    Raises ArticleError if the file as a whole gives nothing, or once an archive unpacks to over the limit.
    """
    items = _read_archive(source, data) if _suffix(source) == ".zip" else _read_file(source, source, data)
    is_empty = True
    for item in items:
        is_empty = False
        yield item
    if is_empty:
        raise ArticleError(source, "holds no articles")


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _stem(name: str) -> str:
    return clean_line(PurePosixPath(name.replace("\\", "/")).stem)


def _read_file(source: str, name: str, data: bytes) -> Iterator[Article | ArticleError]:
    _check_size(name, data)
    suffix = _suffix(name)
    if suffix in _DOCUMENT_READERS:
        yield _article(source, name, _stem(name), _DOCUMENT_READERS[suffix](name, data))
    elif suffix in _ROW_READERS:
        for row in _ROW_READERS[suffix](name, data):
            yield row if isinstance(row, ArticleError) else _row_article(source, name, row)
    else:
        raise ArticleError(name, _unsupported(suffix, SUPPORTED_SUFFIXES))


def _check_size(name: str, data: bytes) -> None:
    if not data:
        raise ArticleError(name, "is empty")
    if len(data) > FILE_LIMIT:
        size, limit = f"{len(data) / 10**6:.0f} MB", f"{FILE_LIMIT // 10**6} MB"
        raise ArticleError(name, f"has {size}; the limit is {limit}: split it")


def _unsupported(suffix: str, supported: Sequence[str]) -> str:
    return f"its format {suffix or '(no suffix)'} is not supported; these are: {' '.join(supported)}"


def _article(source: str, name: str, default_title: str, document: Document) -> Article:
    text, headings = assemble(document.blocks)
    if not text:
        raise ArticleError(name, "holds no text")
    if len(text) > TEXT_LIMIT:
        reason = f"holds {len(text):,} characters; the limit for an article is {TEXT_LIMIT:,}: split it"
        raise ArticleError(name, reason)
    title = clean_line(document.title, TITLE_LIMIT) or default_title
    return Article(source, name, title, text, headings, document.shared_id)


def _row_article(source: str, name: str, row: Row) -> Article | ArticleError:
    document = Document(row.title, [Block(row.text)])
    try:
        return _article(source, f"{name}#{row.id}", f"{_stem(name)} {row.id}", document)
    except ArticleError as error:
        return error


def _read_archive(source: str, data: bytes) -> Iterator[Article | ArticleError]:
    _check_size(source, data)
    archive = CheckedZip(source, data)
    seen: set[str] = set()
    for member in archive.members:
        path = member_name(member)
        if path.endswith("/") or any(part == "__MACOSX" or part.startswith(".") for part in path.split("/")):
            continue
        name = f"{source}/{path}"
        try:
            if name in seen:
                raise ArticleError(name, "is in the archive twice: rename or remove one")
            seen.add(name)
            if _suffix(path) not in _READABLE:
                raise ArticleError(name, _unsupported(_suffix(path), _READABLE))
            yield from _read_file(source, name, archive.read(member, FILE_LIMIT))
        except ArticleError as error:
            if archive.is_exhausted:
                raise
            yield ArticleError(name, error.reason)
