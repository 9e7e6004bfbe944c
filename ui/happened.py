"""What happened: uploads that failed, kept until somebody dismisses them."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from ingest.audit import dismiss_failed, read_failed
from ui.access import person
from ui.resources import settings
from ui.texts import InterfaceLanguage, text


def draw_happened(language: InterfaceLanguage) -> None:
    """Draw the failed uploads, the latest first, and the button that dismisses those shown; nothing without any."""
    folder = settings().library
    failed = read_failed(folder)
    if not failed:
        return
    with st.expander(text(language, "happened", count=len(failed)), icon=":material/history:"):
        st.caption(text(language, "happened_help"))
        st.dataframe(
            {
                text(language, "file"): [_shown(one.name) for one in failed],
                text(language, "happened_why"): [_shown(one.reason) for one in failed],
                text(language, "happened_when"): [datetime.fromisoformat(one.time) for one in failed],
                text(language, "happened_who"): [_shown(one.who) for one in failed],
            },
            hide_index=True,
            key="happened",
            column_config={text(language, "happened_when"): st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")},
        )
        if st.button(text(language, "dismiss"), key="dismiss", icon=":material/done_all:"):
            dismiss_failed(person(), folder, [one.id for one in failed])
            st.rerun()


def _shown(value: str) -> str:
    """Return a text as the browser can take it: a name may hold half a letter."""
    return value.encode("utf-8", "backslashreplace").decode()
