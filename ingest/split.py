"""From an article to passages the encoder can read whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import pairwise
from math import ceil
from uuid import UUID, uuid5

from ingest.articles import Article
from retrieval.passages import CONTEXT_CHARACTERS, ArticleInfo, Language, Passage
from retrieval.sentences import Span, sentence_spans
from retrieval.text import detect_language

CountTokens = Callable[[Sequence[str]], list[int]]

# A passage of this many tokens holds about one paragraph: long enough to answer, short enough to rank.
PASSAGE_TOKENS = 180
# The last sentence is repeated in the next passage if it is no longer than this.
OVERLAP_TOKENS = 40
# A section shorter than this is joined with the next one.
_SHORT_SECTION_TOKENS = 60
# Below this many characters the language of a passage is its article's.
_LANGUAGE_CHARACTERS = 40
_NAMESPACE = UUID("5b0c6a4e-6f0d-5c55-9a53-0c1b4e6f7a21")
_BREAK = re.compile(r"[,;:\uff0c\u3001\uff1b\uff1a]\s*|\s+")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence or a part of one: its place, its tokens, the number of headings before it."""

    span: Span
    tokens: int
    section: int


def article_id(name: str) -> str:
    """Return the id of the article with this name in the library."""
    return str(uuid5(_NAMESPACE, name))


def article_version(article: Article, passage_tokens: int) -> str:
    """Return a digest of all that decides an article's passages."""
    digest = blake2b(digest_size=20)  # 16 bytes would look like a UUID, which Qdrant's client gives back with dashes
    for part in (
        article.name,
        article.source,
        article.title,
        article.text,
        str(article.headings),
        str(passage_tokens),
        # Articles without one keep the version they had before there was such an id.
        *filter(None, [article.shared_id]),
    ):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def split_article(article: Article, count_tokens: CountTokens, max_tokens: int) -> list[Passage]:
    """Cut an article into passages of whole sentences, none above the encoder's limit.

    A passage has at most `min(PASSAGE_TOKENS, max_tokens)` tokens with its title and heading, begins
    anew at a heading unless the section before is short, and repeats the last sentence of the one
    before it. Only a sentence that is too long by itself is cut, at a comma or blank near its middle.
    """
    budget = min(PASSAGE_TOKENS, max_tokens)
    title = article.title[:CONTEXT_CHARACTERS]
    headings = [article.text[start:end][:CONTEXT_CHARACTERS] for start, end in article.headings]
    context = max(count_tokens([title, *headings])) + count_tokens([title])[0]
    room = max(budget - context, budget // 2)
    groups = list(_group(list(_pieces(article, count_tokens, room)), room))
    language = detect_language(article.text)
    info = ArticleInfo(
        id=article_id(article.name),
        source=article.source,
        name=article.name,
        title=article.title,
        language=language,
        version=article_version(article, budget),
        passage_count=len(groups),
        added=datetime.now(UTC).isoformat(timespec="milliseconds"),
        shared_id=article.shared_id,
    )
    ends = [0, *(group[-1].span[1] for group in groups)]
    return [_passage(article, info, group, position, ends[position]) for position, group in enumerate(groups)]


def _pieces(article: Article, count_tokens: CountTokens, room: int) -> Iterator[_Piece]:
    spans = sentence_spans(article.text)
    counts = count_tokens([article.text[start:end] for start, end in spans])
    section = 0
    for span, tokens in zip(spans, counts, strict=True):
        while section < len(article.headings) and article.headings[section][0] <= span[0]:
            section += 1
        if tokens <= room:
            yield _Piece(span, tokens, section)
        else:
            for part, part_tokens in _cut(article.text, span, count_tokens, room):
                yield _Piece(part, part_tokens, section)


def _cut(text: str, span: Span, count_tokens: CountTokens, room: int) -> Iterator[tuple[Span, int]]:
    """Divide a span evenly, at commas or blanks where there are any, until no part has over `room` tokens."""
    waiting = [span]
    while waiting:
        start, end = waiting.pop()
        tokens = count_tokens([text[start:end]])[0]
        if tokens <= room or end - start <= 1:
            yield (start, end), tokens
            continue
        # All parts at once: halving would count a long text's tokens again at every level.
        parts = max(2, ceil(1.2 * tokens / room))
        width = max(1, (end - start) // parts)
        places = range(start + width, end - width // 2, width)
        edges = [start, *(_break_near(text, place, width // 2) for place in places), end]
        pieces = [_bare(text, left, right) for left, right in pairwise(edges)]
        waiting += [piece for piece in reversed(pieces) if piece[0] < piece[1]]


def _break_near(text: str, place: int, reach: int) -> int:
    """Return the end of the comma or blank nearest to a place, the place itself if none is within reach."""
    breaks = [mark.end() for mark in _BREAK.finditer(text, place - reach, place + reach)]
    return min(breaks, key=lambda found: abs(found - place), default=place)


def _bare(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


def _group(pieces: list[_Piece], room: int) -> Iterator[list[_Piece]]:
    """Join pieces, in order, into passages of at most `room` tokens."""
    group: list[_Piece] = []
    size = fresh = 0  # tokens in the group, and those among them that no earlier passage has
    for piece in pieces:
        new_section = bool(group) and piece.section != group[-1].section
        if group and (size + piece.tokens > room or (new_section and fresh >= _SHORT_SECTION_TOKENS)):
            yield group
            last = group[-1]
            fits = last.tokens <= OVERLAP_TOKENS and last.tokens + piece.tokens <= room
            group = [last] if fits and not new_section else []
            size, fresh = sum(kept.tokens for kept in group), 0
        group.append(piece)
        size, fresh = size + piece.tokens, fresh + piece.tokens
    if group:
        yield group


def _passage(article: Article, info: ArticleInfo, group: list[_Piece], position: int, end_before: int) -> Passage:
    start, end = group[0].span[0], group[-1].span[1]
    text = article.text[start:end]
    section = group[0].section
    heading = article.text[slice(*article.headings[section - 1])] if section else ""
    return Passage(
        id=str(uuid5(UUID(info.id), f"{info.version}:{position}")),
        article=info,
        position=position,
        start=start,
        end=end,
        text=text,
        language=_language(text, info.language),
        heading="" if text.startswith(heading) else heading,
        before=article.text[end_before:start],
        headings=tuple(span for span in article.headings if end_before <= span[0] < end),
    )


def _language(text: str, article_language: Language) -> Language:
    return detect_language(text) if len(text) >= _LANGUAGE_CHARACTERS else article_language
