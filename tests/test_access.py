"""Who may do what: roles from a provider's claims, the refusal of readers below the page, the page's address."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evaluation.evaluations import Evaluations
from evaluation.kept import forget
from evaluation.run import Plan
from ingest.audit import dismiss_failed, read_failed
from ingest.editing import Editing
from ingest.pipeline import InputFile
from retrieval.access import ANYONE, Person, at_terminal, check_listening, check_login, signed_in
from retrieval.errors import LibraryError, NotAllowed, SettingError
from retrieval.feedback import Judgement, forget_judgement, keep_judgement, read_judgements
from retrieval.search import Models
from retrieval.settings import Access, Settings
from retrieval.store.passage_store import PassageStore
from tests.conftest import FirstWordReader, LetterEncoder, OverlapReranker, make_article, put

ROOT = Path(__file__).resolve().parent.parent
READER, EDITOR = Person("ann@example.org", "reader"), Person("bob@example.org", "editor")
BOB = {"email": "bob@example.org", "email_verified": True, "groups": ["staff", "library"], "sub": "17"}


def file(name: str, data: bytes) -> InputFile:
    """Return a file to add."""
    return InputFile(name, len(data), lambda: data)


def audit(folder: Path) -> list[tuple[str, str, str, str]]:
    """Return who, act, name and outcome of each line."""
    lines = map(json.loads, (folder / "audit.jsonl").read_text().splitlines())
    return [(line["who"], line["act"], line["name"], line["outcome"]) for line in lines]


@pytest.mark.parametrize(
    ("editors", "claims", "role"),
    [
        (("bob@example.org",), BOB, "editor"),
        (("Bob@Example.org", "x@y"), BOB, "editor"),
        (("bob@example.org",), {**BOB, "email_verified": "true"}, "editor"),
        (("bob@example.org",), {**BOB, "email_verified": False}, "reader"),
        (("bob@example.org",), {"email": "bob@example.org"}, "reader"),
        (("groups=library",), BOB, "editor"),
        (("groups=lib",), BOB, "reader"),
        (("sub=17",), {"sub": 17}, "editor"),
        (("sub=None",), {}, "reader"),
        ((), BOB, "reader"),
    ],
)
def test_roles(editors: tuple[str, ...], claims: Mapping[str, Any], role: str) -> None:
    """A verified address or a claim's whole value makes an editor; nothing else does."""
    assert signed_in(claims, Access(True, editors)).role == role


def test_names_for_the_audit() -> None:
    """The address if there is one, else what the provider calls a person; at a terminal the user."""
    assert signed_in(BOB, Access()).name == "bob@example.org"
    assert signed_in({"sub": "17"}, Access()).name == "17"
    assert (at_terminal().role, ANYONE.role) == ("editor", "editor")
    assert at_terminal().name.endswith("command line)") or at_terminal().name == "command line"


def test_readers_change_nothing(store: PassageStore, tmp_path: Path) -> None:
    """Every function that writes refuses, says who may, and leaves all as it was; what was tried is written down."""
    put(store, make_article("tea", "aaa"))
    before, judged = store.articles(), Judgement("q", "en", "tea", "p1", True)
    keep_judgement(EDITOR, tmp_path, judged)
    models = Models(LetterEncoder(), OverlapReranker(), FirstWordReader())
    editing = Editing(READER, tmp_path, store)
    evaluations = Evaluations(models, store, Settings(library=tmp_path), READER)
    acts = [
        lambda: editing.add([file("new.txt", b"words")], LetterEncoder()),
        lambda: editing.delete(before),
        lambda: keep_judgement(READER, tmp_path, Judgement("q", "en", "tea", "p2", True)),
        lambda: forget_judgement(READER, tmp_path, "q", "p1"),
        lambda: evaluations.run("x", (), Plan(("bm25",), False), lambda *step: None),
        lambda: forget(READER, tmp_path, "1"),
        lambda: dismiss_failed(READER, tmp_path, ["1"]),
    ]
    for act in acts:
        with pytest.raises(NotAllowed, match=r"ann@example\.org may read here, and only an editor may .*QA_EDITORS"):
            act()
    assert store.articles() == before
    assert read_judgements(tmp_path) == [judged]
    assert audit(tmp_path) == [
        ("ann@example.org", "upload", "new.txt", "refused"),
        ("ann@example.org", "delete", "tea", "refused"),
    ]


def test_pages_write_by_those_functions_only() -> None:
    """No page calls what writes without asking who it is."""
    unasked = {"ingest_files", "replace_article", "delete_article", "delete_except", "delete_source_except", "write"}
    for path in [ROOT / "app.py", *sorted((ROOT / "ui").rglob("*.py"))]:
        if path.name in {"__main__.py", "health.py", "watch.py"}:  # no pages; they write answers
            continue
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {getattr(call, "attr", getattr(call, "id", "")) for call in calls}
        stores = {ast.unparse(call) for call in calls if isinstance(call, ast.Attribute)} - {"st.write"}
        assert not {name for name in stores if name.split(".")[-1] in unasked}, path
        assert "ingest_files" not in names, path


def test_the_audit_tells_each_act(store: PassageStore, tmp_path: Path) -> None:
    """Who, what, which and what came of it, with the time; a failure is kept with its reason until dismissed."""
    editing = Editing(EDITOR, tmp_path, store)
    editing.add(
        [file("tea.txt", b"aaa"), file("scan.pdf", b"no PDF"), file("t.csv", b"text\naa\nbb\n")], LetterEncoder()
    )
    editing.add([file("tea.txt", b"bbb"), file("t.csv", b"text\naa\n")], LetterEncoder())
    editing.delete([article for article in store.articles() if article.name == "tea.txt"])
    told = audit(tmp_path)
    assert {who for who, *_ in told} == {"bob@example.org"}
    reason = told[1][3]
    assert reason.startswith("failed: ")
    assert [line[1:] for line in told] == [
        ("upload", "tea.txt", "added"),
        ("upload", "scan.pdf", reason),
        ("upload", "t.csv", "added (2)"),
        ("upload", "tea.txt", "replaced"),
        ("upload", "t.csv", "unchanged"),
        ("delete", told[5][2], "no longer in its file"),
        ("delete", "tea.txt", "deleted"),
    ]
    assert json.loads((tmp_path / "audit.jsonl").read_text().splitlines()[0])["time"].endswith("+00:00")
    (failed,) = read_failed(tmp_path)
    assert (failed.who, failed.name, f"failed: {failed.reason}") == ("bob@example.org", "scan.pdf", reason)
    dismiss_failed(EDITOR, tmp_path, [failed.id])
    assert read_failed(tmp_path) == []


def test_an_ingest_that_stops_is_written_down(store: PassageStore, tmp_path: Path) -> None:
    """The library's error goes on, and the audit has the files that were being added."""

    class Failing(LetterEncoder):
        def encode_passages(self, texts: Any) -> Any:
            raise LibraryError("gone")

    with pytest.raises(LibraryError, match="gone"):
        Editing(EDITOR, tmp_path, store).add([file("tea.txt", b"aaa")], Failing())
    assert audit(tmp_path) == [("bob@example.org", "upload", "tea.txt", "stopped")]


def test_names_and_failures_of_any_kind(store: PassageStore, tmp_path: Path) -> None:
    """A name with a line's end stays one line; half a letter does not stop the audit; the latest 200 failures stay."""
    names = ["a\nb.pdf", "half\ud800.pdf", *(f"{number}.pdf" for number in range(200))]
    Editing(EDITOR, tmp_path, store).add([file(name, b"no PDF") for name in names], LetterEncoder())
    assert [line[2] for line in audit(tmp_path)] == names
    assert [failed.name for failed in read_failed(tmp_path)] == [f"{number}.pdf" for number in reversed(range(200))]


def test_an_audit_that_cannot_be_written_is_no_secret(store: PassageStore, tmp_path: Path) -> None:
    """Whoever did something learns that it is not written down."""
    (tmp_path / "audit.jsonl").mkdir()
    with pytest.raises(LibraryError, match="could not be written down"):
        Editing(EDITOR, tmp_path, store).add([file("tea.txt", b"aaa")], LetterEncoder())
    (tmp_path / "failed-uploads.jsonl").write_text("{}\n")
    with pytest.raises(LibraryError, match="cannot be read"):
        read_failed(tmp_path)


@pytest.mark.parametrize(
    ("address", "access", "has_provider", "refused"),
    [
        ("127.0.0.1", Access(), False, ""),
        ("localhost", Access(), False, ""),
        ("::1", Access(), False, ""),
        ("unix:///run/page", Access(), False, ""),
        ("", Access(), False, "every address"),
        ("0.0.0.0", Access(), False, "QA_LOGIN=yes"),
        ("192.168.0.7", Access(), True, "QA_OPEN_WITHOUT_LOGIN=yes"),
        ("0.0.0.0", Access(open_without_login=True), False, ""),
        ("0.0.0.0", Access(login=True), True, ""),
        ("0.0.0.0", Access(login=True), False, r"\[auth\]"),
        ("127.0.0.1", Access(login=True, open_without_login=True), False, r"\[auth\]"),
    ],
)
def test_addresses(address: str, access: Access, has_provider: bool, refused: str) -> None:
    """Without a login only this machine is listened to, unless a setting says otherwise in so many words."""
    if not refused:
        check_listening(address, access, has_provider)
        return
    with pytest.raises(SettingError, match=refused):
        check_listening(address, access, has_provider)


def test_a_login_that_can_be_forged_is_refused() -> None:
    """A short secret lets anybody sign a session; plain HTTP shows it to others. No secret is told."""
    good = {"cookie_secret": "s" * 32, "redirect_uri": "https://qa.example.org/oauth2callback"}
    check_login(good)
    check_login({**good, "redirect_uri": "http://localhost:8501/oauth2callback"})
    for fields, reason in (
        ({**good, "cookie_secret": "hunter2"}, "fewer than 32"),
        ({**good, "redirect_uri": "http://qa.example.org/oauth2callback"}, "Use https"),
        ({}, "fewer than 32"),
    ):
        with pytest.raises(SettingError, match=reason) as caught:
            check_login(fields)
        assert "hunter2" not in str(caught.value)


def test_the_command_line_is_audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m ingest` goes the same way as the page, in the name of the user."""
    from ingest import __main__ as command
    from retrieval.store.edge import EdgeBackend

    (tmp_path / "tea.txt").write_text("aaa")
    monkeypatch.setattr(command, "load_encoder", lambda settings: LetterEncoder())
    assert command.main([str(tmp_path / "tea.txt")]) == 0
    assert command.main(["--delete", "tea.txt"]) == 0
    who = at_terminal().name
    assert audit(tmp_path / "library") == [(who, "upload", "tea.txt", "added"), (who, "delete", "tea.txt", "deleted")]
    with closing(PassageStore(EdgeBackend(tmp_path / "library"), LetterEncoder.identity)) as store:
        assert store.articles() == []
