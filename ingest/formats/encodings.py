"""From bytes of unknown encoding to text: Unicode, then Chinese, then Western European."""

from __future__ import annotations

import codecs
import re
from functools import cache

from retrieval.errors import ArticleError

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SAMPLE_BYTES = 1_000_000
_SHARE_FLOOR = 0.5
_ONE_SIDED = 0.9  # share of NULs at odd or even places in UTF-16; text without ASCII has none to count
_CONTROL_LIMIT = 0.02
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HIGH_BYTE = re.compile(b"[\x80-\xff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_CJK_MARKS = "\u00b7\u2014\u2018\u2019\u201c\u201d\u2026\u3000-\u301f\uff01-\uff5e"

# Encodings a page may declare. Western ones are left out: every file decodes with them, so the
# declaration proves nothing. UTF-16 is too: a declaration readable as ASCII contradicts it.
_DECLARABLE = re.compile(r"utf-8|gb\w+|big5\w*|cp950|shift_jis|euc_\w+|koi8-\w|cp125[013-8]|iso8859-(?!1$|15$)\d+")
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}


def decode(name: str, data: bytes, declared: str | None = None) -> str:
    """Return the text of file `name`: byte order mark, declared encoding, UTF-8, UTF-16, then `detect`.

    Bytes that the detected encoding does not define become U+FFFD: a text cut in the middle of a
    character stays readable. Raises ArticleError for binary data.
    """
    text = _decode_unicode(data, declared)
    if text is None:
        codec = detect(data)
        text = data.decode(codec, "replace")
    head = text[:_SAMPLE_BYTES]
    if len(_CONTROLS.findall(head)) > _CONTROL_LIMIT * len(head):
        raise ArticleError(name, "holds binary data, not text: give it the suffix of its real format")
    return text


def detect(data: bytes) -> str:
    """Return the likeliest of utf-8, gb18030, big5hkscs and cp1252.

    Each Chinese encoding keeps its everyday characters in one plane (level 1: 3,755 in GB 2312,
    5,401 in Big5), so the share of level 1 among the non-ASCII characters is near 1 when the
    encoding is right and near 0 for Western text. UTF-8 stands for a file with a few broken bytes.
    """
    first = _HIGH_BYTE.search(data)
    if first is None:
        return "utf-8"
    sample = data[first.start() : first.start() + _SAMPLE_BYTES]
    shares = {codec: _common_share(sample, codec) for codec in ("utf-8", "gb18030", "big5hkscs")}
    best = max(shares, key=lambda codec: shares[codec])
    return best if shares[best] >= _SHARE_FLOOR else "cp1252"


def _decode_unicode(data: bytes, declared: str | None) -> str | None:
    for mark, marked in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked, "replace")
    utf16 = _utf16_by_nuls(data)
    # Western UTF-16 is half NULs and valid UTF-8; Chinese UTF-16 has few NULs and never is.
    before_utf8 = utf16 if data.count(0) > len(data) // 10 else None
    for codec in (_declared_codec(declared), before_utf8, "utf-8", utf16):
        if codec is not None:
            try:
                return data.decode(codec)
            except UnicodeDecodeError:
                continue
    return None


def _declared_codec(declared: str | None) -> str | None:
    try:
        codec = codecs.lookup(declared or "").name
    except LookupError:
        return None
    return _SUPERSETS.get(codec, codec) if _DECLARABLE.fullmatch(codec) else None


def _utf16_by_nuls(data: bytes) -> str | None:
    """Return the UTF-16 byte order that the NULs show, standing at even or at odd places only."""
    even, odd = data[0:_SAMPLE_BYTES:2].count(0), data[1:_SAMPLE_BYTES:2].count(0)
    if len(data) % 2 or not even + odd:
        return None
    if odd >= _ONE_SIDED * (even + odd):
        return "utf-16-le"
    return "utf-16-be" if even >= _ONE_SIDED * (even + odd) else None


def _common_share(sample: bytes, codec: str) -> float:
    text = sample.decode(codec, "replace")
    common = sum(map(len, _common_characters(codec).findall(text)))
    return common / len(_NOT_ASCII.findall(text))


@cache
def _common_characters(codec: str) -> re.Pattern[str]:
    if codec == "utf-8":
        return re.compile("[^\x00-\x7f\ufffd]+")
    if codec == "gb18030":
        return re.compile(f"[{_level_one('gb2312', range(0xB0, 0xD8), range(0xA1, 0xFF))}{_CJK_MARKS}]+")
    # A second byte of Big5 may be an ASCII letter: "20 °C" holds a lone Big5 character, so pairs only.
    return re.compile(f"[{_level_one('big5', range(0xA4, 0xC7), range(0x40, 0xFF))}{_CJK_MARKS}]{{2,}}")


def _level_one(codec: str, leads: range, trails: range) -> str:
    pairs = (bytes((lead, trail)).decode(codec, "ignore") for lead in leads for trail in trails)
    return "".join(pair for pair in pairs if pair >= "\u4e00")
