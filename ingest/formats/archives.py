"""Zip archives read in memory, with limits counted while inflating; nothing is written to disk."""

from __future__ import annotations

import io
import lzma
import unicodedata
import zipfile
import zlib
from collections import Counter

from ingest.formats.encodings import detect
from retrieval.errors import ArticleError
from retrieval.settings import Limits

MEGABYTE = 1 << 20
_RATIO_EXEMPT = 1_000_000  # bytes; small members may well shrink more

_CHUNK = 1 << 16
_ENCRYPTED, _UTF8_NAME = 0x1, 0x800  # bits of a member's flags
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)


class CheckedZip:
    """A zip archive that stops inflating at the limits, whatever its directory claims.

    One found in another, `outer`, counts towards that one's limits; `depth` is 1 for the outermost.
    """

    def __init__(self, name: str, data: bytes, limits: Limits, outer: CheckedZip | None = None) -> None:
        self.name, self.limits = name, limits
        self.depth: int = 1 if outer is None else outer.depth + 1
        self._totals: Counter[str] = Counter() if outer is None else outer._totals
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except (*_DAMAGED, NotImplementedError) as error:
            raise ArticleError(name, "is damaged, cut short or of another format: it cannot be opened") from error
        self.members = self._archive.infolist()
        self._totals["members"] += len(self.members)
        if self._totals["members"] > limits.members:
            reason = f"holds {self._totals['members']:,} files; the limit is {limits.members:,}: split it"
            raise ArticleError(name, reason)

    @property
    def is_exhausted(self) -> bool:
        """Tell whether the archive went over the limit on all it holds, so that nothing more can be read."""
        return self._totals["bytes"] > self.limits.unpacked_size * MEGABYTE

    def read(self, member: zipfile.ZipInfo, size_limit: int | None = None) -> bytes:
        """Return a member's bytes, at most `size_limit` MB; raises ArticleError if it is damaged, encrypted or over."""
        if member.flag_bits & _ENCRYPTED:
            raise ArticleError(self.name, "is protected by a password: pack it without one")
        content = io.BytesIO()
        try:
            with self._archive.open(member) as stream:
                while chunk := stream.read(_CHUNK):
                    content.write(chunk)
                    self._totals["bytes"] += len(chunk)
                    self._check(member, content.tell(), size_limit)
        except NotImplementedError as error:
            raise ArticleError(self.name, "is packed in an unknown way: pack it as an ordinary zip") from error
        except _DAMAGED as error:
            raise ArticleError(self.name, "is damaged: its content cannot be unpacked") from error
        return content.getvalue()

    def find(self, path: str) -> bytes | None:
        """Return the bytes of the member at `path`, None if there is none; raises as `read` does."""
        try:
            return self.read(self._archive.getinfo(path))
        except KeyError:
            return None

    def check(self) -> None:
        """Inflate every member once; raises as `read` does."""
        for member in self.members:
            self.read(member)

    def _check(self, member: zipfile.ZipInfo, size: int, size_limit: int | None) -> None:
        limits = self.limits
        if self.is_exhausted:
            raise ArticleError(self.name, f"unpacks to over {limits.unpacked_size} MB, the limit: split it")
        if size_limit is not None and size > size_limit * MEGABYTE:
            raise ArticleError(self.name, f"unpacks to over {size_limit} MB, the limit for a file: split it")
        if size > _RATIO_EXEMPT and size > limits.ratio * member.compress_size:
            reason = f"unpacks to over {limits.ratio} times its packed size, the limit: it looks like a zip bomb"
            raise ArticleError(self.name, reason)


def member_name(member: zipfile.ZipInfo) -> str:
    """Return a member's path in NFC, read as UTF-8, as GB18030 if that gives common Han, or as cp437."""
    path = member.filename
    # zipfile read the name as code page 437 unless a flag or an extra field said it is Unicode.
    if not member.flag_bits & _UTF8_NAME and path == member.orig_filename:
        raw = path.encode("cp437")
        codec = detect(raw)
        path = raw.decode(codec, "replace") if codec in ("utf-8", "gb18030") else path
    return unicodedata.normalize("NFC", path.replace("\\", "/"))
