"""Keys: sent over TLS or within this machine only, and seen neither in an error nor in the log."""

from __future__ import annotations

import io
import json
import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from retrieval.errors import LibraryError, ModelServerError, QAError, SettingError
from retrieval.inference_server import InferenceServer
from retrieval.logs import start_log
from retrieval.secrets import check_address, read_key
from retrieval.settings import Settings, Watch
from retrieval.store.opening import open_store
from tests.conftest import IDENTITY

KEY = "s3cret-of-the-server"


class Echo(BaseHTTPRequestHandler):
    """Refuses every request with what it was sent, as a careless server does."""

    def do_GET(self) -> None:
        """Answer 401 with all headers."""
        content = json.dumps({"error": f"refused: {dict(self.headers)}"}).encode()
        self.send_response(401)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[int]:
    """Serve it, over TLS with a certificate; give the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def own_certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 that nobody has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = folder / "certificate.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def everything_told(error: BaseException) -> str:
    """Return an error's message, and the line it makes in the log with every text let in."""
    log, written = start_log(Watch("json", log_texts=True)), io.StringIO()
    logging.getLogger("qa").handlers[0].stream = written  # type: ignore[attr-defined]
    assert isinstance(error, Exception)
    log.failure(error, "test")
    return str(error) + written.getvalue()


def test_a_wrong_key_for_qdrant_is_not_shown(recwarn: pytest.WarningsRecorder) -> None:
    """The server refuses it and repeats it; the message says what to mend, without it."""
    with serving() as port, pytest.raises(LibraryError, match="QDRANT_API_KEY") as caught:
        open_store(Settings(qdrant_url=f"http://127.0.0.1:{port}", qdrant_api_key=KEY), IDENTITY)
    told = everything_told(caught.value)
    assert "•••" in told
    assert KEY not in told + "".join(str(warning.message) for warning in recwarn)


def test_a_wrong_key_for_a_model_is_not_shown() -> None:
    """The same of an inference server."""
    with serving() as port, pytest.raises(ModelServerError, match="QA_SERVER_KEY") as caught:
        InferenceServer(f"http://127.0.0.1:{port}", KEY).get("/info")
    told = everything_told(caught.value)
    assert "•••" in told
    assert KEY not in told


@pytest.mark.parametrize("name", ["QDRANT_API_KEY", "QA_SERVER_KEY"])
@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", f"{KEY}é", f"{KEY}\x00", f"my {KEY}"])
def test_a_key_that_cannot_be_sent_is_refused_unseen(name: str, key: str) -> None:
    """A web client would put it into its error."""
    with pytest.raises(SettingError, match=name) as caught:
        Settings.from_env({name: key})
    assert key.strip() not in str(caught.value)
    assert read_key({name: KEY}, name) == KEY
    assert read_key({name: ""}, name) is None


@pytest.mark.parametrize(
    ("address", "key", "refused"),
    [
        ("http://localhost:6333", KEY, ""),
        ("http://127.0.0.1:6333", KEY, ""),
        ("http://[::1]:6333", KEY, ""),
        ("https://qdrant:6333", KEY, ""),
        ("http://qdrant:6333", None, ""),
        ("http://qdrant:6333", KEY, "anyone on the way could read the key"),
        ("qdrant:6333", KEY, "anyone on the way"),
        ("http://127.0.0.1.example.org", KEY, "anyone on the way"),
        ("https://me:hunter2@qdrant:6333", None, "holds a user or a password"),
        ("http://[::1", KEY, "is no address"),
    ],
)
def test_addresses(address: str, key: str | None, refused: str) -> None:
    """A key leaves this machine over TLS only, and no address holds a password."""
    names = ("QDRANT_URL", "QDRANT_API_KEY")
    if not refused:
        check_address(address, key, names)
        return
    acts: list[Any] = [lambda: check_address(address, key, names)]
    acts.append(lambda: open_store(Settings(qdrant_url=address, qdrant_api_key=key), IDENTITY))
    for act in acts:
        with pytest.raises(SettingError, match=refused) as caught:
            act()
        assert KEY not in str(caught.value)
        assert "hunter2" not in str(caught.value)


def test_a_key_for_models_leaves_over_tls_only() -> None:
    """The same rule for inference servers."""
    with pytest.raises(SettingError, match="anyone on the way"):
        InferenceServer("http://gpu:8080", KEY)
    with pytest.raises(SettingError, match="holds a user or a password"):
        InferenceServer("http://me:hunter2@gpu:8080")


def test_certificates_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that nobody signed is refused; known by SSL_CERT_FILE it is taken, and the server's own answer is seen."""
    certificate = own_certificate(tmp_path)
    with serving(certificate) as port:
        settings = Settings(qdrant_url=f"https://127.0.0.1:{port}", qdrant_api_key=KEY)
        with pytest.raises(QAError, match=r"(?i)certificate") as caught:
            open_store(settings, IDENTITY)
        assert KEY not in str(caught.value)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(LibraryError, match="401"):
            open_store(settings, IDENTITY)
