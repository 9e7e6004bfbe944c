"""From bytes of unknown encoding to text: Unicode, then Chinese, then Western European."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from functools import cache

from retrieval.errors import ArticleError

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SAMPLE_BYTES = 1_000_000
_SHARE_FLOOR = 0.5
_UTF16 = ("utf-16-le", "utf-16-be")
_NUL_FLOOR, _ONE_SIDED = 0.1, 0.9  # share of NULs in Western UTF-16, and of those on one side
_STRAY_CONTROLS, _CONTROL_SHARE = 4, 0.02  # more of them means binary data
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
    if len(_CONTROLS.findall(head)) > _STRAY_CONTROLS + _CONTROL_SHARE * len(head):
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
    return _likeliest(data[first.start() :], ("utf-8", "gb18030", "big5hkscs")) or "cp1252"


def _decode_unicode(data: bytes, declared: str | None) -> str | None:
    for mark, marked in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked, "replace")
    # Western UTF-16 is valid UTF-8 with many NULs, so it comes first.
    for codec in (_declared_codec(declared), _western_utf16(data), "utf-8"):
        if codec is not None:
            try:
                return data.decode(codec)
            except UnicodeDecodeError:
                continue
    chinese_utf16 = _likeliest(data, _UTF16) if b"\0" in data and len(data) % 2 == 0 else None
    return data.decode(chinese_utf16, "replace") if chinese_utf16 is not None else None


def _declared_codec(declared: str | None) -> str | None:
    try:
        codec = codecs.lookup(declared or "").name
    except LookupError:
        return None
    return _SUPERSETS.get(codec, codec) if _DECLARABLE.fullmatch(codec) else None


def _western_utf16(data: bytes) -> str | None:
    """Return the byte order of UTF-16 whose NULs stand at even or at odd places only.

    Not so in Chinese: there U+4E00, the commonest word, has its NUL on the other side.
    """
    even, odd = data[0:_SAMPLE_BYTES:2].count(0), data[1:_SAMPLE_BYTES:2].count(0)
    if len(data) % 2 or even + odd <= _NUL_FLOOR * min(len(data), _SAMPLE_BYTES):
        return None
    if odd >= _ONE_SIDED * (even + odd):
        return "utf-16-le"
    return "utf-16-be" if even >= _ONE_SIDED * (even + odd) else None


def _likeliest(sample: bytes, candidates: Sequence[str]) -> str | None:
    """Return the encoding with the largest share of everyday characters, None if all are low."""
    shares = {codec: _common_share(sample[:_SAMPLE_BYTES], codec) for codec in candidates}
    best = max(shares, key=lambda codec: shares[codec])
    return best if shares[best] >= _SHARE_FLOOR else None


def _common_share(sample: bytes, codec: str) -> float:
    text = sample.decode(codec, "replace")
    common = sum(map(len, _common_characters(codec).findall(text)))
    return common / max(1, len(_NOT_ASCII.findall(text)))


@cache
def _common_characters(codec: str) -> re.Pattern[str]:
    if codec == "utf-8":
        return re.compile("[^\x00-\x7f\ufffd]+")
    if codec == "big5hkscs":
        # A second byte may be an ASCII letter: "20°C" holds a lone Big5 character, so pairs only.
        return re.compile(f"[{_level_one('big5', range(0xA4, 0xC7), range(0x40, 0xFF))}{_CJK_MARKS}]{{2,}}")
    return re.compile(f"[{_level_one('gb2312', range(0xB0, 0xD8), range(0xA1, 0xFF))}{_CJK_MARKS}]+")


def _level_one(codec: str, leads: range, trails: range) -> str:
    pairs = (bytes((lead, trail)).decode(codec, "ignore") for lead in leads for trail in trails)
    return "".join(pair for pair in pairs if pair >= "\u4e00")
