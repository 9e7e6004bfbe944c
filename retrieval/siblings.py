"""Passages that say the same in another language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from retrieval.passages import ArticleInfo, Hit, Language, Passage
from retrieval.text import tokenize

# A number of two digits or more, or a name: what a translation keeps. No name can be told in Chinese text by its
# letters, so between Chinese and another language numbers and names left in Latin letters must do.
_ANCHOR = re.compile(r"\d[\d.,\u00a0\u202f]*\d|(?<![^\W\d_])[A-ZÀ-Þ][^\W\d_]{2,}")
_LEAST_SHARED = 2
_LEAST_SHARE = 0.5


def topics(article: ArticleInfo) -> frozenset[str]:
    """Return what an article shares with its translations: the id its file gives, its name without the language.

    `tea.fr.md` and `tea_zh.pdf` are both `tea`, `guide/fr/tea.md` and `guide/en/tea.md` both `guide//tea`.
    """
    return frozenset(filter(None, [article.shared_id, _bare_name(article)]))


def _bare_name(article: ArticleInfo) -> str:
    code = re.escape(article.language)
    stem = article.name.rsplit(".", 1)[0]
    for pattern, shared in ((rf"[._-]{code}$", ""), (rf"(^|/){code}/", r"\1/")):
        if re.search(pattern, stem, re.IGNORECASE):
            return re.sub(pattern, shared, stem, count=1, flags=re.IGNORECASE)
    return ""


def are_translations(one: ArticleInfo, other: ArticleInfo) -> bool:
    """Tell whether two articles are on one topic in two languages."""
    return one.language != other.language and not topics(one).isdisjoint(topics(other))


def anchors(text: str) -> frozenset[str]:
    """Return the numbers and names of a text in the form of the index."""
    return frozenset(token for match in _ANCHOR.finditer(text) for token in tokenize(match[0]))


def likeness(one: Passage, other: Passage) -> float:
    """Return how surely two passages are translations of one another: 0 for no, else the share of matching anchors.

    They must be of articles on one topic in two languages and share two anchors or more, and at least
    half of those of the passage that has fewer (overlap coefficient). The only passages of articles whose
    files give one id need share none.
    """
    if one.language == other.language or not are_translations(one.article, other.article):
        return 0.0
    are_whole = one.article.passage_count == other.article.passage_count == 1
    if are_whole and one.article.shared_id == other.article.shared_id != "":
        return 1.0
    mine, theirs = anchors(one.text), anchors(other.text)
    shared = len(mine & theirs)
    share = shared / max(1, min(len(mine), len(theirs)))
    return share if shared >= _LEAST_SHARED and share >= _LEAST_SHARE else 0.0


def sibling(passage: Passage, candidates: Iterable[Passage]) -> Passage | None:
    """Return the candidate most surely a translation of a passage, None if none is; the first of equal ones."""
    best = max(candidates, key=lambda candidate: likeness(passage, candidate), default=None)
    return best if best is not None and likeness(passage, best) > 0 else None


def articles_on_topic(article: ArticleInfo, articles: Iterable[ArticleInfo], language: Language) -> list[ArticleInfo]:
    """Return an article's translations in a language."""
    if article.language == language or not (shared := topics(article)):
        return []
    return [other for other in articles if other.language == language and not shared.isdisjoint(topics(other))]


def other_languages(articles: Sequence[ArticleInfo]) -> list[frozenset[Language]]:
    """Return, for each article, the languages of its translations, going through all articles once."""
    shared = [topics(article) for article in articles]
    languages: dict[str, set[Language]] = {}
    for article, names in zip(articles, shared, strict=True):
        for name in names:
            languages.setdefault(name, set()).add(article.language)
    return [
        frozenset(language for name in names for language in languages[name]) - {article.language}
        for article, names in zip(articles, shared, strict=True)
    ]


def fold(hits: Sequence[Hit]) -> list[tuple[Hit, ...]]:
    """Group hits that are translations of the first of their group; groups and hits keep their order."""
    groups: list[tuple[Hit, ...]] = []
    for hit in hits:
        for place, group in enumerate(groups):
            is_new = all(hit.passage.language != other.passage.language for other in group)
            if is_new and likeness(group[0].passage, hit.passage) > 0:
                groups[place] = (*group, hit)
                break
        else:
            groups.append((hit,))
    return groups
