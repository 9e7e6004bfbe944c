"""What takes seconds to make, made beside the pages, and what they show meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread
from time import monotonic
from typing import Generic, TypeVar

import streamlit as st

from retrieval.errors import QAError
from ui.draw import draw_title
from ui.texts import InterfaceLanguage, text

Value = TypeVar("Value")


class Loading(Generic[Value]):
    """Makes a value in a thread of its own; again, if told to, after that failed. Safe to use from several threads."""

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make, self._lock = make, Lock()
        self._thread: Thread | None = None
        self._begun = 0.0
        self._value: Value | None = None
        self._error: Exception | None = None

    @property
    def value(self) -> Value | None:
        """What was made, None until then."""
        return self._value

    @property
    def error(self) -> QAError | None:
        """Why the last try failed, if it did; a fault of the program itself is raised."""
        if self._error is not None and not isinstance(self._error, QAError):
            raise self._error
        return self._error

    @property
    def seconds(self) -> float:
        """How long ago the last try began."""
        return monotonic() - self._begun

    def start(self) -> None:
        """Begin, unless that is under way or done."""
        with self._lock:
            is_under_way = self._thread is not None and self._error is None
            if is_under_way:
                return
            self._error, self._begun = None, monotonic()
            # A daemon: closing the application does not wait for it.
            self._thread = Thread(target=self._run, name="loading", daemon=True)
            self._thread.start()

    def join(self) -> None:
        """Wait until the last try has ended, well or not."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._value = self._make()
        except Exception as error:
            self._error = error


def draw_loading(loading: Loading[Value], language: InterfaceLanguage, is_answering: bool = False) -> None:
    """Say that the models are still loading, and draw the page anew once they have; or why not, with a way to retry.

    `is_answering` tells that questions are answered from the words meanwhile.
    """
    with st.container(key="loading"):
        if loading.error is None:
            _watch(loading, "loading_words" if is_answering else "loading", language)
            return
        if is_answering:
            st.caption(text(language, "failed_words"))
        st.error(str(loading.error), icon=":material/error:")
        st.button(text(language, "retry"), icon=":material/refresh:", key="retry", on_click=loading.start)


@st.fragment(run_every=1.0)
def _watch(loading: Loading[Value], key: str, language: InterfaceLanguage) -> None:
    if loading.value is not None or loading.error is not None:
        st.rerun()
    st.caption(f":material/hourglass_top: {text(language, key, seconds=int(loading.seconds))}")


def draw_when_ready(
    loading: Loading[Value], draw: Callable[[Value], None], title: str, language: InterfaceLanguage
) -> None:
    """Draw a page that needs what is loading, or its title and the reason why not yet."""
    if loading.value is not None:
        draw(loading.value)
        return
    draw_title(language, title)
    draw_loading(loading, language)
