"""The door of the page: who is there, signed in by Streamlit's own OpenID Connect login, and in which role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit import config

from retrieval.access import ANYONE, Person, check_listening, check_login, signed_in
from retrieval.errors import NotAllowed, QAError
from ui.resources import settings
from ui.texts import InterfaceLanguage, text


def person() -> Person:
    """Return who uses this session; NotAllowed if a login is wanted and they have not signed in."""
    access = settings().access
    if not access.login:
        return ANYONE
    claims = _claims()
    if claims.get("is_logged_in") is not True:
        raise NotAllowed("This library is for people who have signed in. Sign in, then do it again.")
    return signed_in(claims, access)


def is_editor() -> bool:
    """Tell whether this session's person may change the library; what may not be done is not offered."""
    return person().role == "editor"


def let_in(language: InterfaceLanguage) -> None:
    """End the page with a reason, or with the way to sign in, unless this session may see the library."""
    try:
        check_server(config.get_option("server.address") or "")
    except QAError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()
    if settings().access.login and _claims().get("is_logged_in") is not True:
        _draw_sign_in(language)
        st.stop()


def check_server(address: str) -> None:
    """Raise SettingError if the page's address and its login would let in whom they should not."""
    access, auth = settings().access, _provider_settings()
    if access.login and auth:
        check_login(auth)
    check_listening(address, access, bool(auth))


def draw_account(language: InterfaceLanguage) -> None:
    """Draw who has signed in, in which role, and the way out."""
    if settings().access.login and _claims().get("is_logged_in") is True:
        who = person()
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right", width="content"):
            st.text(text(language, f"signed_in_{who.role}", name=who.name), width="content")
            if st.button(text(language, "sign_out"), type="tertiary", icon=":material/logout:"):
                st.logout()


def _draw_sign_in(language: InterfaceLanguage) -> None:
    st.info(text(language, "sign_in_why"), icon=":material/lock:")
    auth = _provider_settings()
    if "client_id" in auth:
        st.button(text(language, "sign_in"), type="primary", on_click=st.login)
        return
    for name in [name for name, fields in auth.items() if isinstance(fields, Mapping)]:
        st.button(text(language, "sign_in_with", provider=name), key=f"login {name}", on_click=st.login, args=(name,))


def _provider_settings() -> Mapping[str, Any]:
    if not st.secrets.load_if_toml_exists():
        return {}
    found: Mapping[str, Any] = st.secrets.get("auth", {})
    return found


def _claims() -> Mapping[str, Any]:
    claims: Mapping[str, Any] = st.user.to_dict()
    return claims
