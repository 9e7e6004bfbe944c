"""Reading in a process of its own: the same results, and every end of that process as one clear error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.articles import Article, read_articles
from ingest.parser import Parser
from retrieval.errors import ArticleError
from retrieval.settings import Limits

ROOT = Path(__file__).resolve().parent.parent
# What stands in for a parser's fault: the text of the file is what its reader does.
PRELUDE = """
import ctypes, os, signal, socket, sys, time
from ingest import articles, parsing
def fault(source, data, limits):
    exec(data.decode())
    yield articles.Article(source, source, "", "done")
parsing.read_articles = fault
sys.exit(parsing.main(sys.argv[1:]))
"""


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Callable[[Limits], Parser]:
    """Give a function that makes a parser which runs what it reads."""
    popen = subprocess.Popen

    def start(command: list[str], **options: object) -> object:
        return popen([*command[:2], "-c", PRELUDE, command[-1]], **options)  # type: ignore[call-overload]

    monkeypatch.setattr("ingest.parser.subprocess.Popen", start)
    return Parser


def outcome(items: Iterator[Article | ArticleError]) -> list[str]:
    """Return the text or the reason of each thing read, the reason of the whole file last."""
    found = []
    try:
        for item in items:
            found.append(item.text if isinstance(item, Article) else str(item))
    except ArticleError as error:
        found.append(str(error))
    return found


def test_the_same_as_in_this_process() -> None:
    """Articles, errors of rows and of whole files, strange names; one process for all of them."""
    files = {
        "a\ud800\u202e.txt": b"# Text",
        "table.csv": "id,text\n7,茶\n8,\n".encode(),
        "a.md": b"# Title\n\nText",
        "bad.pdf": b"no",
        "empty.txt": b"",
    }
    with Parser(Limits()) as parser:
        for name, data in files.items():
            assert outcome(parser.read(name, data)) == outcome(read_articles(name, data))
            if name == "a.md":
                assert list(parser.read(name, data)) == list(read_articles(name, data))
            process = parser._process
            assert process is not None
        assert process is parser._process
        large = b"word " * 200_000
        assert outcome(parser.read("large.txt", large)) == [large.decode().strip()]
        assert process.poll() is None
    assert process.returncode == -signal.SIGKILL


def test_every_end_of_the_process_is_one_error(faulty: Callable[[Limits], Parser]) -> None:
    """A hang, too much memory, a segmentation fault, an exception: named with the reason, and the next file is read."""
    ends = {
        "time.sleep(100)": "takes over 1 s to read, the limit: split it, or raise QA_READ_SECONDS",
        "while True: pass": "takes over 1 s to read, the limit: split it, or raise QA_READ_SECONDS",
        "bytearray(400_000_000)": "needs over 300 MB of memory to read, the limit: split it, or raise QA_READ_MB",
        "ctypes.string_at(0)": "stops its reader (SIGSEGV): it is damaged, or needs over 300 MB of memory; "
        "export it again",
        "raise KeyError": "stops its reader (status 1): it is damaged, or needs over 300 MB of memory; export it again",
    }
    with faulty(Limits(seconds=1, memory=300)) as parser:
        for code, reason in ends.items():
            assert outcome(parser.read("a.pdf", code.encode())) == [f"a.pdf: {reason}"]
    with faulty(Limits(memory=300)) as parser:
        assert outcome(parser.read("a.pdf", b"os.kill(os.getpid(), 9)"))[0].startswith(
            "a.pdf: stops its reader (SIGKILL)"
        )
        assert outcome(parser.read("b.pdf", b"pass")) == ["done"]


def test_nothing_can_be_opened(faulty: Callable[[Limits], Parser], tmp_path: Path) -> None:
    """No file to read, none to write, no socket; no key of a server in the environment, no torch."""
    tries = f"""
found = []
for act in (
    lambda: open({str(tmp_path / "new")!r}, "w"), lambda: open("/etc/hostname"), lambda: os.listdir("/"),
    lambda: socket.socket(), lambda: socket.create_connection(("127.0.0.1", 9)),
):
    try:
        act()
    except OSError as error:
        found.append(error.errno)
assert found == [24] * 5, found  # too many open files
assert "torch" not in sys.modules and "streamlit" not in sys.modules
assert not [name for name in os.environ if name.startswith(("QA_", "QDRANT_"))]
"""
    with pytest.MonkeyPatch.context() as patch, faulty(Limits()) as parser:
        patch.setenv("QDRANT_API_KEY", "secret")
        assert outcome(parser.read("a.pdf", tries.encode())) == ["done"]
    assert list(tmp_path.iterdir()) == []


def test_time_between_two_articles_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller may encode as long as it likes; one that stops early leaves no process that answers the next."""
    clock = [0.0]
    monkeypatch.setattr("ingest.parser.monotonic", lambda: clock[0])
    with Parser(Limits()) as parser:
        items = parser.read("t.csv", b"text\none\ntwo\nthree\n")
        for expected in ("one", "two"):
            item = next(items)
            assert isinstance(item, Article)
            assert item.text == expected
            clock[0] += 1000
        items.close()  # type: ignore[attr-defined]
        assert outcome(parser.read("a.txt", b"other")) == ["other"]


def test_a_parser_left_alone_ends() -> None:
    """When its parent is gone it ends by itself."""
    with Parser(Limits()) as parser:
        outcome(parser.read("a.txt", b"text"))
        process, connection = parser._process, parser._connection
        assert process is not None
        assert connection is not None
        connection.close()
        assert process.wait(timeout=60) == 0


def test_from_a_script_on_standard_input(tmp_path: Path) -> None:
    """A program without a file of its own can read too, as multiprocessing could not."""
    script = (
        "from ingest.parser import Parser\nfrom retrieval.settings import Limits\n"
        "with Parser(Limits()) as parser: print(*[item.text for item in parser.read('a.txt', b'Text')])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable], input=script, capture_output=True, text=True, cwd=tmp_path, env=environment, check=True
    )
    assert (run.stdout, run.stderr) == ("Text\n", "")
