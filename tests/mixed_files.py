"""Three hundred files of every kind, made from a seed."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.documents import chinese_pdf, word_file

_WORDS = ("ash", "tea", "rock", "silk", "river", "stone", "comet", "bees", "soie", "abeille", "thé", "pierre")
_CHARACTERS = "茶石河丝蜂彗星灰山水火木"


def write_mixed(folder: Path, count: int, old: int = 0) -> None:
    """Write files of every kind into a new folder; the first `old` of them with an older text, the rest not at all."""
    folder.mkdir()
    for number in range(old or count):
        kind = list(_KINDS)[number % len(_KINDS)]
        chance = random.Random(f"{number} {'old' if old and number % 3 else ''}")
        (folder / f"{number}.{kind}").write_bytes(_KINDS[kind](chance))


def _text(chance: random.Random, sentences: int) -> str:
    return " ".join(" ".join(chance.choices(_WORDS, k=7)).capitalize() + "." for _ in range(sentences))


def _plain(chance: random.Random) -> bytes:
    return _text(chance, 24).encode()


def _markdown(chance: random.Random) -> bytes:
    return "\n\n".join(f"# {_text(chance, 1)}\n\n{_text(chance, 8)}" for _ in range(2)).encode()


def _page(chance: random.Random) -> bytes:
    return f"<html><title>A page</title><body><p>{_text(chance, 9)}</p><p>{_text(chance, 9)}</p></body></html>".encode()


def _table(chance: random.Random) -> bytes:
    buffer = io.StringIO()
    rows = csv.writer(buffer)
    rows.writerow(["id", "text"])
    rows.writerows([row, _text(chance, 4)] for row in range(chance.randint(2, 5)))
    return buffer.getvalue().encode()


def _lines(chance: random.Random) -> bytes:
    return "\n".join(json.dumps({"id": row, "text": _text(chance, 4)}) for row in range(chance.randint(2, 5))).encode()


def _word(chance: random.Random) -> bytes:
    return word_file(_text(chance, 1), [_text(chance, 8), _text(chance, 8)])


def _pdf(chance: random.Random) -> bytes:
    return chinese_pdf(["".join(chance.choices(_CHARACTERS, k=12)) + "。" for _ in range(8)])


def _archive(chance: random.Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("one.txt", "two.md"):
            archive.writestr(zipfile.ZipInfo(name), _text(chance, 8))
    return buffer.getvalue()


_KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "txt": _plain,
    "md": _markdown,
    "html": _page,
    "csv": _table,
    "jsonl": _lines,
    "docx": _word,
    "pdf": _pdf,
    "zip": _archive,
}
