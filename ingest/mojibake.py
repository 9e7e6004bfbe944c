"""Text that was read in an encoding it was not written in."""

from __future__ import annotations

import re

# What takes the place of characters that could not be read: by itself, or as GB18030 shows it; numbers of glyphs.
_LOST = re.compile("[\ufffd\ue000-\uf8ff]|锟斤拷|\\(cid:\\d+\\)")
_NOT_ASCII = re.compile("[^\x00-\x7f]+")
# Characters that code page 1252 has for the bytes 128-255, and Latin-1 for those that it leaves out.
_WESTERN = re.compile("[\x80-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{2,}")
# What French, English and Chinese need beyond ASCII: É” is also UTF-8, but of a letter that nobody writes.
_WANTED = re.compile("[\x80-\xffŒœŸ\u2010-\u203a€\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
_LETTERS_IN_A_ROW = re.compile("[\xa1-\xff]{4,}")
_HAN = re.compile("[\u3400-\u9fff]")
_HAN_RUN = re.compile("[\u3400-\u9fff\ue000-\uf8ff\u20ac]{3,}")

# The accented letters of French in UTF-8, two bytes each, read as one Chinese character beside a Latin letter.
_ACCENTS = "".join(letter.encode().decode("gb18030") for letter in "àâæçèéêëîïôùûüÀÇÈÉÊ")
_ACCENT_RUN = re.compile(f"(?<=[a-z])[{_ACCENTS}]|[{_ACCENTS}](?=[a-z])")


def garbled_share(text: str) -> float:
    """Return the share, in 0-1, of a text's non-ASCII characters that are lost or were read in a wrong encoding.

    Told by reading them again: what came out of a wrong encoding can be turned back into UTF-8 (Ã© is é) or, where
    accented letters stand in a row, into Chinese; in a sound text that works by chance only.
    """
    total = sum(map(len, _NOT_ASCII.findall(text)))
    lost = sum(map(len, _LOST.findall(text)))
    western = sum(len(run) for run in _WESTERN.findall(text) if _was_utf8(run) or _was_chinese(run))
    chinese = sum(len(run) for run in _HAN_RUN.findall(text) if _is_han_of_utf8(run))
    accents = len(_ACCENT_RUN.findall(text))
    return min(1.0, (lost + western + chinese + accents) / max(1, total))


def _was_utf8(run: str) -> bool:
    data = b"".join(
        letter.encode("latin-1") if letter <= "\xff" else letter.encode("cp1252", "replace") for letter in run
    )
    return _WANTED.fullmatch(data.decode("utf-8", "replace")) is not None


def _was_chinese(run: str) -> bool:
    """Tell whether four or more accented letters in a row are bytes of Chinese characters."""
    if not _LETTERS_IN_A_ROW.fullmatch(run):
        return False
    text = run.encode("latin-1").decode("gb18030", "replace")
    return 2 * len(_HAN.findall(text)) >= 0.6 * len(run)


def _is_han_of_utf8(run: str) -> bool:
    """Tell whether Chinese characters are the bytes of other ones in UTF-8: three bytes each, read two by two."""
    data = run.encode("gb18030", "replace")
    text = data.decode("utf-8", "ignore")
    return 3 * len(_HAN.findall(text)) >= 0.8 * len(data)
