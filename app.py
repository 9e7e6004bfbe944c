"""The web application: `streamlit run app.py`."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from retrieval.errors import QAError
from ui.access import draw_account, let_in
from ui.ask import draw_ask_page
from ui.compare import draw_compare_page
from ui.evaluate import draw_evaluate_page
from ui.library import draw_library_page
from ui.record import record_error
from ui.resources import Resources, interface_language, open_resources, settings
from ui.texts import INTERFACE_LANGUAGES, OWN_NAMES, InterfaceLanguage, text
from ui.watch import start_watch


def draw_language_choice(language: InterfaceLanguage) -> DeltaGenerator:
    """Draw the switch of the interface's language; return the row that it is in."""
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center") as row:
        st.segmented_control(
            "Langue · Language · 语言",
            INTERFACE_LANGUAGES,
            default=language,
            format_func=OWN_NAMES.__getitem__,
            key="lang",
            bind="query-params",
            label_visibility="collapsed",
            required=True,
        )
    return row


def open_or_explain(language: InterfaceLanguage) -> Resources:
    """Return the shared resources, or show why there are none and end the page."""
    try:
        start_watch(settings())
        with st.spinner(text(language, "loading")):
            return open_resources(settings())
    except QAError as error:
        record_error(error, "opening")
        st.error(str(error), icon=":material/error:")
        st.stop()


st.set_page_config(page_icon=":material/translate:", layout="wide")
row = draw_language_choice(interface_language())
language = interface_language()
let_in(language)
with row:
    draw_account(language)
st.set_page_config(page_title=text(language, "app"))
resources = open_or_explain(language)
pages = [
    st.Page(
        lambda: draw_ask_page(resources),
        title=text(language, "ask"),
        icon=":material/search:",
        url_path="ask",
        default=True,
    ),
    st.Page(
        lambda: draw_compare_page(resources),
        title=text(language, "compare"),
        icon=":material/compare:",
        url_path="compare",
    ),
    st.Page(
        lambda: draw_library_page(resources),
        title=text(language, "library"),
        icon=":material/library_books:",
        url_path="library",
    ),
    st.Page(
        lambda: draw_evaluate_page(resources),
        title=text(language, "evaluate"),
        icon=":material/monitoring:",
        url_path="evaluate",
    ),
]
try:
    st.navigation(pages, position="top").run()
except QAError as error:  # the library went away while a page was drawn
    record_error(error, "page")
    st.error(str(error), icon=":material/error:")
except Exception as error:  # a fault of ours: counted here, shown and logged by Streamlit
    record_error(error, "page")
    raise
