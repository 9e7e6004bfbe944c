"""Keys of servers: read from the environment, sent over TLS or within this machine only, never shown."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from retrieval.errors import SettingError


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a host; an empty one stands for all of its addresses.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "", "gpu")]
    [True, True, True, False, False, False]
    """
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_key(environ: Mapping[str, str], name: str) -> str | None:
    """Return a key, None if there is none; SettingError, without the key, if it can't be sent.

    A web client shows in its error what it could not send, for instance a key read from a file with its line's end.
    """
    key = environ.get(name) or None
    if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
        raise SettingError(
            f"{name} holds a blank, a line's end or a letter outside ASCII and cannot be sent as a key. "
            "Its value is not shown here; copy it again, without what is around it."
        )
    return key


def check_address(address: str, key: str | None, variables: tuple[str, str]) -> None:
    """Raise SettingError if an address holds a password or would carry a key in the open.

    `variables` are the settings of the address and of the key. Plain HTTP is for this machine only: anyone on the way
    would read the key.
    """
    where, what = variables
    try:
        parts = urlsplit(address)
        host, has_password = parts.hostname or "", "@" in parts.netloc
    except ValueError as error:
        raise SettingError(f"{where} is no address; use one like https://host:6333.") from error
    if has_password:
        raise SettingError(
            f"{where} holds a user or a password, and addresses are shown. Take it out; {what} is for the key."
        )
    if key and parts.scheme != "https" and not is_loopback(host):
        raise SettingError(
            f"{what} is set and {where} begins with {parts.scheme}://{host}: anyone on the way could read the key. "
            f"Use https:// there, or unset {what} where the server wants no key."
        )


def without_key(text: str, key: str | None) -> str:
    """Return a text with a key blotted out: servers may repeat in an error what they were sent.

    >>> without_key("wrong key s3cret", "s3cret")
    'wrong key •••'
    """
    return text.replace(key, "•••") if key else text
