"""A question and its settings in an address, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from retrieval.passages import LANGUAGES, Language, Recipe, Selection

LIMITS = (5, 10, 20)
# Seconds to answer within; 0 leaves the usual depth of reranking.
WITHIN = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Request:
    """All that decides a search; the same request is not searched again."""

    question: str
    limit: int = LIMITS[0]
    selection: Selection = field(default_factory=Selection)
    language: Language | None = None
    within: float = WITHIN[0]


def to_address(request: Request, recipe: Recipe, own: Recipe) -> str:
    """Return the part of an address after the question mark; what has its usual value is left out."""
    fields = {
        "question": request.question,
        "language": request.language or "",
        "passages": ",".join(request.selection.languages),
        "articles": ",".join(request.selection.article_ids),
        "limit": "" if request.limit == LIMITS[0] else str(request.limit),
        "within": f"{request.within:g}" if request.within else "",
    }
    if recipe != own:
        left_out = {"words": recipe.words, "vectors": recipe.vectors}
        fields |= {
            "lexical_weight": f"{recipe.lexical_weight:g}",
            "depth": str(recipe.rerank_depth),
            "without": ",".join(k for k, v in left_out.items() if not v),
        }
    return urlencode({name: value for name, value in fields.items() if value})


def read_request(fields: Mapping[str, str]) -> Request:
    """Return the request an address names; a value that can't be used counts as absent, since anyone can write one."""
    passages = _listed(fields, "passages")
    limit = _number(fields, "limit", float(LIMITS[0]), float(LIMITS[-1]))
    within = _number(fields, "within", WITHIN[0], WITHIN[-1])
    return Request(
        question=fields.get("question", ""),
        limit=int(limit) if limit in LIMITS else LIMITS[0],
        selection=Selection(tuple(code for code in LANGUAGES if code in passages), tuple(_listed(fields, "articles"))),
        language=next((code for code in LANGUAGES if code == fields.get("language")), None),
        within=within if within in WITHIN else WITHIN[0],
    )


def read_recipe(fields: Mapping[str, str], own: Recipe) -> Recipe:
    """Return the recipe an address names, the searcher's own where it says nothing."""
    share = _number(fields, "lexical_weight", 0.0, 1.0)
    depth = _number(fields, "depth", 0, 100)
    without = _listed(fields, "without")
    return replace(
        own,
        words="words" not in without,
        vectors="vectors" not in without,
        lexical_weight=own.lexical_weight if share is None else share,
        rerank_depth=own.rerank_depth if depth is None else int(depth),
    )


def _listed(fields: Mapping[str, str], name: str) -> list[str]:
    return [part for part in fields.get(name, "").split(",") if part]


def _number(fields: Mapping[str, str], name: str, lowest: float, highest: float) -> float | None:
    try:
        number = float(fields[name])
    except (KeyError, ValueError):
        return None
    return number if lowest <= number <= highest else None
