"""Who may do what: readers ask, editors also change what the library holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from getpass import getuser
from typing import Any, Literal
from urllib.parse import urlsplit

from retrieval.errors import NotAllowed, SettingError
from retrieval.secrets import is_loopback
from retrieval.settings import Access

Role = Literal["reader", "editor"]
_SECRET_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, under the name that the audit keeps, and in which role."""

    name: str
    role: Role

    def need_editor(self, act: str) -> None:
        """Raise NotAllowed, naming the act, unless this is an editor."""
        if self.role != "editor":
            raise NotAllowed(
                f"{self.name} may read here, and only an editor may {act}. Nothing was changed. Whoever runs this "
                "application names the editors in QA_EDITORS."
            )


# Without a login whoever reaches the page is trusted as whoever is at the machine.
ANYONE = Person("anyone at the page", "editor")


def at_terminal() -> Person:
    """Return who runs a command; whoever can do that can change the library's files anyway."""
    try:
        return Person(f"{getuser()} (command line)", "editor")
    except (OSError, KeyError):  # a user without a name, as containers have
        return Person("command line", "editor")


def signed_in(claims: Mapping[str, Any], access: Access) -> Person:
    """Return the person a provider's claims describe, in their role.

    An e-mail address counts once the provider says that it is verified: at many of them anyone can enter any address.
    """
    name = str(claims.get("email") or claims.get("preferred_username") or claims.get("sub") or "somebody signed in")
    return Person(name, "editor" if any(_matches(entry, claims) for entry in access.editors) else "reader")


def _matches(entry: str, claims: Mapping[str, Any]) -> bool:
    claim, is_claim, wanted = entry.partition("=")
    if not is_claim:
        is_verified = claims.get("email_verified") in (True, "true")
        return is_verified and str(claims.get("email", "")).casefold() == entry.casefold()
    value = claims.get(claim)
    values = value if isinstance(value, list | tuple) else [value]
    return wanted in [str(one) for one in values if one is not None]


def check_listening(address: str, access: Access, has_provider: bool) -> None:
    """Raise SettingError if a page at this address would let in whom it should not.

    That is other machines without a login, unless a setting says so, and a login without a provider.
    """
    if access.login and not has_provider:
        raise SettingError(
            "QA_LOGIN is 'yes', and no login is set up. Write the section [auth] into .streamlit/secrets.toml "
            "(SECURITY.md, Setting up the login), or take QA_LOGIN away."
        )
    if not (access.login or access.open_without_login or is_loopback(address) or address.startswith("unix:")):
        raise SettingError(
            f"The page is to listen on {address or 'every address'}, where other machines reach it, and everyone "
            "there could add and delete. Set QA_LOGIN=yes and QA_EDITORS; or keep it to this machine, with "
            "STREAMLIT_SERVER_ADDRESS=127.0.0.1; or, if something else keeps others out, QA_OPEN_WITHOUT_LOGIN=yes."
        )


def check_login(auth: Mapping[str, Any]) -> None:
    """Raise SettingError, without any secret, if the login's section [auth] lets others forge or read a session."""
    if len(str(auth.get("cookie_secret", ""))) < _SECRET_LENGTH:
        raise SettingError(
            f"cookie_secret in the section [auth] has fewer than {_SECRET_LENGTH} characters, and whoever guesses it "
            'can be anybody here. Make one: python -c "import secrets; print(secrets.token_hex())".'
        )
    redirect = urlsplit(str(auth.get("redirect_uri", "")))
    if redirect.scheme != "https" and not is_loopback(redirect.hostname or ""):
        raise SettingError(
            f"redirect_uri in the section [auth] is {redirect.scheme}://{redirect.hostname or ''}: anyone on the way "
            "could read the session's cookie. Use https:// there, as SECURITY.md says under Setting up the login."
        )
