"""Hostile uploads, each made from its number alone: damage to sound documents, and attacks by name."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.hostile_damage import DAMAGES
from tests.hostile_documents import OFFICE, PACKAGE, TEXT, book, locked_pdf, pack, pdf, sound, word

SEED = 7
HEAVY_EVERY = 100  # the last of each hundred is one of the large ones
SECRET = "/etc/passwd"
ELSEWHERE = "http://127.0.0.1:9/fetched"


class Case(NamedTuple):
    """A file to upload."""

    name: str
    data: bytes


def case(number: int) -> Case:
    """Return the case of this number, the same at every call."""
    chance = random.Random(f"{SEED}:{number}")
    if number % HEAVY_EVERY == HEAVY_EVERY - 1:
        return HEAVY[number // HEAVY_EVERY % len(HEAVY)](chance)
    if number % 2:
        return ATTACKS[number // 2 % len(ATTACKS)](chance)
    suffix = list(sound())[number // 2 % len(sound())]
    data = sound()[suffix]
    for _ in range(chance.randint(1, 3)):
        data = chance.choice(DAMAGES)(chance, data)
    return Case(f"damaged{suffix}", data)


def _wrong_suffix(chance: random.Random) -> Case:
    return Case(f"wrong{chance.choice(list(sound()))}", chance.choice(list(sound().values())))


def _member_names(chance: random.Random) -> Case:
    ups = "../" * chance.randint(1, 9)
    names = [f"{ups}etc/passwd.txt", "/etc/cron.d/x.txt", "C:\\x.txt", f"{ups}.txt", "a\u202etxt.md", "\u200f.txt"]
    names += ["//host/share.txt", "a" * 60_000 + ".txt", "con.txt", "a\nb.txt", "<img src=x onerror=alert(1)>.txt"]
    data = pack({name: TEXT.encode() for name in chance.sample(names, 4)} | {"half.txt": b"x"})
    odd = chance.choice([b"h\0lf.txt", b"\xed\xa0\x80f.txt", b"\xff\xfelf.txt"])
    return Case("names.zip", data.replace(b"half.txt", odd))


def _entities(chance: random.Random) -> Case:
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    declared = [
        f'<!ENTITY e SYSTEM "file://{SECRET}">',
        f'<!ENTITY e SYSTEM "{ELSEWHERE}">',
        f'<!ENTITY % p SYSTEM "{ELSEWHERE}"> %p;',
        f'<!ENTITY e0 "lol">{laughs}<!ENTITY e "&e9;">',
        f'<!ENTITY e "{"x" * 100_000}">',
    ]
    head = f"<!DOCTYPE r [{chance.choice(declared)}]>"
    body = f"<w:p><w:r><w:t>Tea {'&e;' * chance.choice([1, 1000])}</w:t></w:r></w:p>"
    return chance.choice([Case("entities.epub", book(head=head)), Case("entities.docx", word(body, head))])


def _deep(chance: random.Random) -> Case:
    depth = chance.choice([200, 3_000, 50_000])
    opened = chance.choice(["<div>", "<b>", "<table><tr><td>", "<svg>", "<ul><li>", "<a href='"])
    marks = chance.choice(["> ", "[", "![", "*a ", "- ", "`", "<", "(", "**", "_a", "[a](", "| "])
    table, close, cut = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>", chance.choice([0, 9])
    made = [
        lambda: Case("deep.html", f"{opened * depth}tea".encode()),
        lambda: Case("deep.md", f"{marks * min(depth, 5_000)}tea".encode()),
        lambda: Case("deep.jsonl", b'{"text": ' + b"[" * depth + b"]" * depth + b"}\n"),
        lambda: Case("deep.docx", word(table * depth + close * (depth - cut))),
        lambda: Case("deep.epub", book(opened * depth)),
        lambda: Case("deep.pdf", pdf(catalog="/A" + "[" * depth + "]" * depth)),
    ]
    return chance.choice(made)()


def _pdf(chance: random.Random) -> Case:
    scripts = f"/OpenAction<</S/JavaScript/JS(app.launchURL\\('{ELSEWHERE}'\\))>>/AA<</O<</S/Launch/F(/bin/sh)>>>>"
    made = [
        locked_pdf(chance.choice(["a", "密码"])),
        pdf(0),
        pdf(0, kids="2 0 R"),
        pdf(1, kids="5 0 R 2 0 R"),
        pdf(2, catalog=scripts),
        pdf(2, catalog=f"/URI<</Base({ELSEWHERE})>>"),
        pdf(1, content=zlib.compress(b"(" * chance.choice([100, 100_000]))),
        pdf(1, content=zlib.compress(b"q " * 200_000)),
        pdf().replace(b"/Count 1", b"/Count 999999999"),
        pdf().replace(b"/Size 6", b"/Size -1"),
        pdf().replace(b"startxref\n", b"startxref\n9"),
    ]
    return Case("attack.pdf", chance.choice(made))


def _rows(chance: random.Random) -> Case:
    odd = chance.choice(
        ['"', '""', '"a', "\\", "\x00", ",,,,", '"\n', "\u2028", "=cmd|' /C calc'!A0", "\ud800", "1e999"]
    )
    header = chance.choice(["text", "id,text", "text,text", '"id"x,text', "\ufefftext", "TEXT;id", ""])
    lines = [chance.choice([odd, f"1,{odd}", f'"{TEXT}",{odd}', TEXT, odd * 999]) for _ in range(20)]
    if chance.random() < 0.5:
        return Case(chance.choice(["odd.csv", "odd.tsv"]), "\n".join([header, *lines]).encode("utf-8", "surrogatepass"))
    values = ['"\\ud800"', "NaN", "1e999", "9" * 5_000, "null", "[]", '{"a": 1}', json.dumps(odd), '"\\u0000"', "tru"]
    keys = ["text", "id", "title", "\\ud800"]
    rows = [f'{{"{chance.choice(keys)}": {chance.choice(values)}}}' for _ in range(20)]
    return Case("odd.jsonl", "\n".join([f'{{"text": {json.dumps(TEXT)}}}', *rows]).encode())


def _outside(chance: random.Random) -> Case:
    target = chance.choice([ELSEWHERE, f"file://{SECRET}", f"../../../../../..{SECRET}"])
    relation = (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r9" Type="{OFFICE}/{{}}" Target="{{}}"{{}}/>'
        "</Relationships>"
    )
    mode = chance.choice(["", ' TargetMode="External"'])
    related = relation.format(chance.choice(["attachedTemplate", "image", "styles"]), target, mode).encode()
    page = f"<base href='{target}'><link rel=stylesheet href='{target}'><img src='{target}'>"
    page += f"<iframe src='{target}'></iframe><meta http-equiv=refresh content='0;url={target}'>"
    page += f"<xi:include href='{target}'/><p>{TEXT}</p>"
    made = [
        Case("outside.docx", word(word___rels__documentDOTxmlDOTrels=related)),
        Case("macro.docx", word(word__vbaProjectDOTbin=b"\xd0\xcf\x11\xe0" + chance.randbytes(500))),
        Case("outside.html", page.encode()),
        Case("outside.md", f"![x]({target})\n\n<img src='{target}'>\n\n[l]: {target}\n\n{TEXT}".encode()),
        Case("outside.epub", book(page)),
        Case("outside.epub", book(path=target)),
    ]
    return chance.choice(made)


def _archive(chance: random.Random) -> Case:
    locked = bytearray(sound()[".zip"])
    locked[6] |= 1
    lie = chance.choice([0, 3, 2**32 - 1]).to_bytes(4, "little")
    made = [
        lambda: _nested(chance.choice([2, 40])),
        lambda: pack({f"{number}.txt": b"" for number in range(chance.choice([1_999, 2_500]))}),
        lambda: bytes(locked),
        lambda: pack({"zeros.txt": bytes(3_000_000), "good.txt": TEXT.encode()}),
        lambda: pack({"zeros.txt": bytes(3_000_000)}).replace((3_000_000).to_bytes(4, "little"), lie),
        lambda: sound()[".zip"] * 2,
        lambda: b"PK\5\6" + bytes(18),
    ]
    return Case("attack.zip", chance.choice(made)())


def _nested(depth: int) -> bytes:
    data = pack({"a.txt": b"x"})
    for _ in range(depth):
        data = pack({"inner.zip": data, "a.txt": b"x"})
    return data


ATTACKS: Sequence[Callable[[random.Random], Case]] = (
    _wrong_suffix,
    _member_names,
    _entities,
    _deep,
    _pdf,
    _rows,
    _outside,
    _archive,
)


def _line(suffix: str, before: str = "", after: str = "") -> Callable[[random.Random], Case]:
    """Return a maker of fifty megabytes on one line."""

    def make(chance: random.Random) -> Case:
        unit = chance.choice(["a", "tea ", "茶"])
        return Case(f"line{suffix}", (before + unit * (50_000_000 // len(unit.encode())) + after).encode())

    return make


HEAVY: Sequence[Callable[[random.Random], Case]] = (
    _line(".txt"),
    _line(".md"),
    _line(".html", "<p>"),
    _line(".csv", "text\n"),
    _line(".jsonl", '{"text": "', '"}'),
    lambda chance: Case("pages.pdf", pdf(10_000)),
    lambda chance: Case("many.pdf", pdf(5_000)),
    lambda chance: Case("bomb.pdf", pdf(1, content=zlib.compress(b"(a) Tj " * 40_000_000, 1))),
    lambda chance: Case("bomb.docx", word(word__mediaDOTxml=bytes(80_000_000))),
    lambda chance: Case("bomb.zip", pack({f"{n}.txt": chance.randbytes(9) * 300_000 for n in range(200)}, 1)),
)
