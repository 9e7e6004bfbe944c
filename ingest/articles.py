"""From files to articles: the one entry for every format, with the limits on size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from zipfile import ZipInfo

from ingest.formats.archives import MEGABYTE, CheckedZip, member_name
from ingest.formats.blocks import TITLE_LIMIT, Block, Document, assemble, clean_line
from ingest.formats.epub import read_epub
from ingest.formats.html import read_html
from ingest.formats.markdown import read_markdown
from ingest.formats.pdf import read_pdf
from ingest.formats.plain import read_plain
from ingest.formats.rows import Row, read_csv, read_jsonl
from ingest.formats.word import read_docx
from retrieval.errors import ArticleError
from retrieval.settings import Limits

_TEXT_READERS: Mapping[str, Callable[[str, bytes], Document]] = {
    ".txt": read_plain,
    ".md": read_markdown,
    ".html": read_html,
    ".htm": read_html,
}
_PACKED_READERS: Mapping[str, Callable[[str, bytes, Limits], Document]] = {
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".epub": read_epub,
}
_ROW_READERS: Mapping[str, Callable[[str, bytes], Iterator[Row | ArticleError]]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".jsonl": read_jsonl,
}
_READABLE = (*_TEXT_READERS, *_PACKED_READERS, *_ROW_READERS)
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


def read_articles(
    source: str,
    data: bytes,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> Iterator[Article | ArticleError]:
    """Yield the articles in file `source`; a row or an archive's member that gives none is yielded as its error.

    Raises ArticleError if the file as a whole gives nothing, or once an archive unpacks to over the limit.
    """
    check_size(source, len(data), limits)
    if _suffix(source) == ".zip":
        items = _read_archive(source, CheckedZip(source, data, limits))
    else:
        items = _read_file(source, source, data, limits)
    is_empty = True
    for item in items:
        is_empty = False
        yield item
    if is_empty:
        raise ArticleError(source, "holds no articles")


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _stem(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    return clean_line(path.stem) or clean_line(path.name)


def check_size(name: str, size: int, limits: Limits) -> None:
    """Raise ArticleError for a file of no bytes, or of more than the limit."""
    if not size:
        raise ArticleError(name, "is empty")
    if size > limits.file_size * MEGABYTE:
        raise ArticleError(name, f"has {size / MEGABYTE:.1f} MB; the limit is {limits.file_size} MB: split it")


def _read_file(source: str, name: str, data: bytes, limits: Limits) -> Iterator[Article | ArticleError]:
    suffix = _suffix(name)
    if suffix in _TEXT_READERS:
        yield _article(source, name, _TEXT_READERS[suffix](name, data), limits)
    elif suffix in _PACKED_READERS:
        yield _article(source, name, _PACKED_READERS[suffix](name, data, limits), limits)
    elif suffix in _ROW_READERS:
        for row in _ROW_READERS[suffix](name, data):
            yield row if isinstance(row, ArticleError) else _row_article(source, name, row, limits)
    else:
        raise ArticleError(name, _unsupported(suffix, SUPPORTED_SUFFIXES))


def _unsupported(suffix: str, supported: Sequence[str]) -> str:
    return f"its format {suffix or '(no suffix)'} is not supported; these are: {' '.join(supported)}"


def _article(source: str, name: str, document: Document, limits: Limits, default_title: str = "") -> Article:
    text, headings = assemble(document.blocks)
    if not text:
        raise ArticleError(name, "holds no text")
    if len(text) > limits.characters:
        reason = f"holds {len(text):,} characters; the limit for an article is {limits.characters:,}: split it"
        raise ArticleError(name, reason)
    title = clean_line(document.title, TITLE_LIMIT) or default_title or _stem(name)
    return Article(source, name, title, text, headings, document.shared_id)


def _row_article(source: str, name: str, row: Row, limits: Limits) -> Article | ArticleError:
    document = Document(row.title, [Block(row.text)])
    try:
        return _article(source, f"{name}#{row.id}", document, limits, f"{_stem(name)} {row.id}")
    except ArticleError as error:
        return error


def _read_archive(source: str, archive: CheckedZip) -> Iterator[Article | ArticleError]:
    seen: set[str] = set()
    for member in archive.members:
        path = member_name(member)
        if path.endswith("/") or any(part == "__MACOSX" or part.startswith(".") for part in path.split("/")):
            continue
        name = f"{archive.name}/{path}"
        try:
            if name in seen:
                raise ArticleError(name, "is in the archive twice: rename or remove one")
            seen.add(name)
            yield from _read_member(source, name, archive, member)
        except ArticleError as error:
            if archive.is_exhausted:
                raise
            yield ArticleError(name, error.reason)


def _read_member(source: str, name: str, archive: CheckedZip, member: ZipInfo) -> Iterator[Article | ArticleError]:
    suffix, limits = _suffix(name), archive.limits
    if suffix not in SUPPORTED_SUFFIXES:
        raise ArticleError(name, _unsupported(suffix, _READABLE))
    if suffix == ".zip" and archive.depth == limits.depth:
        raise ArticleError(name, f"is an archive in an archive, beyond the limit of {limits.depth}: unpack it")
    data = archive.read(member, limits.file_size)
    check_size(name, len(data), limits)
    if suffix == ".zip":
        yield from _read_archive(source, CheckedZip(name, data, limits, archive))
    else:
        yield from _read_file(source, name, data, limits)
