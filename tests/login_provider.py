"""A small OpenID Connect provider for Streamlit's login: discovery, keys, a page to choose who one is, tokens."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "ann": {"sub": "1", "email": "ann@example.org", "email_verified": True, "name": "Ann"},
    "bob": {"sub": "2", "email": "bob@example.org", "email_verified": True, "name": "Bob"},
    "eve": {"sub": "3", "email": "bob@example.org", "email_verified": False, "name": "Eve"},
}
CLIENT = ("qa", "the-client-secret")


@contextmanager
def provider() -> Iterator[str]:
    """Run it; give its address."""
    key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
    nonces: dict[str, str] = {}

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, fields = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            if path == "/.well-known/openid-configuration":
                self._tell(_discovery(address))
            elif path == "/jwks":
                self._tell({"keys": [key.as_dict(private=False)]})
            else:
                links = []
                for name in PEOPLE:
                    nonces[name] = fields["nonce"][0]
                    there = f"{fields['redirect_uri'][0]}?{urlencode({'code': name, 'state': fields['state'][0]})}"
                    links.append(f'<a href="{escape(there)}">{name}</a> ')
                self._send("text/html", "".join(links).encode())

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            name, now = parse_qs(content)["code"][0], int(time.time())
            claims = {"iss": address, "aud": CLIENT[0], "iat": now, "exp": now + 600, "nonce": nonces[name]}
            token = jwt.encode({"alg": "RS256", "kid": "1"}, {**claims, **PEOPLE[name]}, key)
            self._tell({"access_token": name, "token_type": "Bearer", "expires_in": 600, "id_token": token})

        def _tell(self, what: object) -> None:
            self._send("application/json", json.dumps(what).encode())

        def _send(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()


def secrets_file(address: str, page: str) -> str:
    """Return what .streamlit/secrets.toml says of this provider for a page's address."""
    return (
        f'[auth]\nredirect_uri = "{page}/oauth2callback"\ncookie_secret = "{"0123456789abcdef" * 4}"\n'
        f'client_id = "{CLIENT[0]}"\nclient_secret = "{CLIENT[1]}"\n'
        f'server_metadata_url = "{address}/.well-known/openid-configuration"\n'
    )


def _discovery(address: str) -> dict[str, Any]:
    return {
        "issuer": address,
        "authorization_endpoint": f"{address}/authorize",
        "token_endpoint": f"{address}/token",
        "jwks_uri": f"{address}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
