"""Requests and recipes to an address and back."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from retrieval.passages import Recipe, Selection
from ui.links import Request, read_recipe, read_request, to_address

OWN = Recipe(rerank_weight=0.7)


def fields(address: str) -> dict[str, str]:
    """Return an address's fields as a browser gives them."""
    return {name: values[0] for name, values in parse_qs(address).items()}


def test_usual_values_are_left_out() -> None:
    """The address of a plain question holds the question alone."""
    assert to_address(Request("à quoi ? 茶&co"), OWN, OWN) == "question=%C3%A0+quoi+%3F+%E8%8C%B6%26co"


def test_everything_comes_back() -> None:
    """What is written is read again, whatever was set."""
    request = Request("tea & 茶", 20, Selection(("fr", "zh"), ("id-1", "id-2")), "en", 0.25)
    recipe = replace(OWN, words=False, lexical_weight=0.25, rerank_depth=0)
    found = fields(to_address(request, recipe, OWN))
    assert read_request(found) == request
    assert read_recipe(found, OWN) == recipe


@pytest.mark.parametrize(
    "bad",
    [
        {"limit": "7", "language": "de", "passages": "xx", "within": "0.3"},
        {"limit": "many", "depth": "-1", "lexical_weight": "2"},
        {"lexical_weight": "nan"},
    ],
)
def test_unusable_values_count_as_absent(bad: dict[str, str]) -> None:
    """Anyone can write an address: it never fails."""
    assert read_request({"question": "tea", **bad}) == Request("tea")
    assert read_recipe(bad, OWN) == OWN
