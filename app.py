"""The web application: `streamlit run app.py`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from retrieval.errors import QAError
from ui.access import draw_account, let_in
from ui.ask import draw_ask_page
from ui.faults import draw_fault
from ui.loading import draw_when_ready
from ui.record import record_error
from ui.resources import Opening, interface_language, open_resources, settings
from ui.texts import INTERFACE_LANGUAGES, OWN_NAMES, InterfaceLanguage, preferred_language, text
from ui.watch import start_watch


def draw_language_choice() -> DeltaGenerator:
    """Draw the switch of the interface's language, which the address keeps; return the row that it is in."""
    # Not bound to the address by Streamlit, which would write the language's name there and read no code.
    st.session_state.setdefault("lang", interface_language())
    row = st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center")
    with row:
        st.segmented_control(
            "Langue · Language · 语言",
            INTERFACE_LANGUAGES,
            format_func=OWN_NAMES.__getitem__,
            key="lang",
            label_visibility="collapsed",
            required=True,
        )
    language = interface_language()
    if language != preferred_language(st.context.locale):
        st.query_params["lang"] = language
    elif "lang" in st.query_params:
        del st.query_params["lang"]
    return row


def open_or_explain(language: InterfaceLanguage) -> Opening:
    """Return the open library and the models on their way, or show why there is no library and end the page."""
    try:
        start_watch(settings())
        with st.spinner(text(language, "opening")):
            opening = open_resources(settings())
    except QAError as error:
        record_error(error, "opening")
        draw_fault(error, language)
        st.stop()
    if "opened" not in st.session_state:
        st.session_state["opened"] = True
        opening.loading.start()  # tried again for each visitor after it failed
    return opening


# What a page alone needs is imported when it is opened: parsers for files, charts.
def draw_compare() -> None:
    """Draw the page that sets stages side by side."""
    from ui.compare import draw_compare_page

    draw_when_ready(opening.loading, draw_compare_page, text(language, "compare"), language)


def draw_library() -> None:
    """Draw the page that keeps articles."""
    from ui.library import draw_library_page

    draw_when_ready(opening.loading, draw_library_page, text(language, "library"), language)


def draw_evaluate() -> None:
    """Draw the page that measures."""
    from ui.evaluate import draw_evaluate_page

    draw_when_ready(opening.loading, draw_evaluate_page, text(language, "evaluate"), language)


# A picture of ours: for an icon of Streamlit's the browser would ask another host.
st.set_page_config(page_icon=str(Path(__file__).parent / "ui" / "icon.svg"), layout="wide")
row = draw_language_choice()
language = interface_language()
let_in(language)
with row:
    draw_account(language)
st.set_page_config(page_title=text(language, "app"))
opening = open_or_explain(language)
pages = [
    st.Page(
        lambda: draw_ask_page(opening),
        title=text(language, "ask"),
        icon=":material/search:",
        url_path="ask",
        default=True,
    ),
    st.Page(
        draw_compare,
        title=text(language, "compare"),
        icon=":material/compare:",
        url_path="compare",
    ),
    st.Page(
        draw_library,
        title=text(language, "library"),
        icon=":material/library_books:",
        url_path="library",
    ),
    st.Page(
        draw_evaluate,
        title=text(language, "evaluate"),
        icon=":material/monitoring:",
        url_path="evaluate",
    ),
]
try:
    st.navigation(pages, position="top").run()
except QAError as error:  # the library went away while a page was drawn
    record_error(error, "page")
    draw_fault(error, language)
except Exception as error:  # a fault of ours: counted here, shown and logged by Streamlit
    record_error(error, "page")
    raise
