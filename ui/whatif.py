"""The panel that tries another recipe on a result; the order comes from the kept stages."""

from __future__ import annotations

import streamlit as st

from retrieval.ordering import reorder, unread
from retrieval.passages import Recipe, SearchResult
from ui.texts import InterfaceLanguage, text

_LEGS = ("bm25", "dense", "reranked")
_DEEPEST = 100
_USUAL_DEPTH = 20


def tried_recipe(own: Recipe) -> Recipe:
    """Return the recipe that this session tries, the search's own if it tries none."""
    tried: Recipe = st.session_state.get("recipe") or own
    return tried


def draw_whatif(own: Recipe, language: InterfaceLanguage) -> None:
    """Draw the panel; what is chosen is kept for this session."""
    recipe = tried_recipe(own)
    st.caption(text(language, "whatif_help"))
    without = st.pills(
        text(language, "leave_out"),
        _LEGS,
        selection_mode="multi",
        default=_left_out(recipe),
        format_func=lambda leg: text(language, f"without_{leg}"),
        key="without",
    )
    left, right = st.columns(2)
    share = left.slider(text(language, "lexical_weight"), 0.0, 1.0, recipe.lexical_weight, 0.05, key="lexical_weight")
    depth = right.slider(
        text(language, "rerank_depth"),
        1,
        max(_DEEPEST, own.rerank_depth),
        recipe.rerank_depth or own.rerank_depth or _USUAL_DEPTH,
        key="depth",
    )
    st.session_state["recipe"] = Recipe(
        words="bm25" not in without,
        vectors="dense" not in without,
        lexical_weight=share,
        rerank_depth=0 if "reranked" in without else depth,
        rerank_weight=own.rerank_weight,
    )


def _left_out(recipe: Recipe) -> list[str]:
    kept = {"bm25": recipe.words, "dense": recipe.vectors, "reranked": recipe.rerank_depth > 0}
    return [leg for leg in _LEGS if not kept[leg]]


def apply_whatif(result: SearchResult, limit: int, language: InterfaceLanguage) -> SearchResult:
    """Return a result in the order of the tried recipe, with a line that says so where it is another one."""
    recipe = tried_recipe(result.recipe)
    if recipe == result.recipe:
        return result
    tried = reorder(result, recipe, limit)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/science: {text(language, 'whatif_on')}", width="content")
        st.button(text(language, "reset"), key="reset", type="tertiary", on_click=forget_trial)
    if missing := unread(tried):
        st.caption(text(language, "whatif_unread", count=missing))
    return tried


def forget_trial() -> None:
    """Return to the search's own recipe."""
    for key in ("recipe", "without", "depth", "lexical_weight"):
        st.session_state.pop(key, None)
