"""Zip archives read in memory, with limits counted while inflating; nothing is written to disk."""

from __future__ import annotations

import io
import lzma
import unicodedata
import zipfile
import zlib

from ingest.formats.encodings import detect
from retrieval.errors import ArticleError

MEMBER_LIMIT = 2_000
INFLATED_LIMIT = 300_000_000  # bytes, all members together
RATIO_LIMIT, RATIO_EXEMPT = 200, 1_000_000  # inflated to stored bytes, for members over one megabyte

_CHUNK = 1 << 16
_ENCRYPTED, _UTF8_NAME = 0x1, 0x800  # bits of a member's flags
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)


class CheckedZip:
    """A zip archive that stops inflating at the limits, whatever its directory claims."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.inflated = 0
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except (*_DAMAGED, NotImplementedError) as error:
            raise ArticleError(name, "is damaged, cut short or of another format: it cannot be opened") from error
        self.members = self._archive.infolist()
        if len(self.members) > MEMBER_LIMIT:
            reason = f"holds {len(self.members):,} files; the limit is {MEMBER_LIMIT:,}: split it"
            raise ArticleError(name, reason)

    @property
    def is_exhausted(self) -> bool:
        """Tell whether the archive went over INFLATED_LIMIT, so that nothing more can be read."""
        return self.inflated > INFLATED_LIMIT

    def read(self, member: zipfile.ZipInfo, limit: int = INFLATED_LIMIT) -> bytes:
        """Return a member's bytes; raises ArticleError if it is damaged, encrypted or over a limit."""
        if member.flag_bits & _ENCRYPTED:
            raise ArticleError(self.name, "is protected by a password: pack it without one")
        content = io.BytesIO()
        try:
            with self._archive.open(member) as stream:
                while chunk := stream.read(_CHUNK):
                    content.write(chunk)
                    self.inflated += len(chunk)
                    self._check(member, content.tell(), limit)
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

    def _check(self, member: zipfile.ZipInfo, size: int, limit: int) -> None:
        if self.is_exhausted:
            raise ArticleError(self.name, f"unpacks to over {INFLATED_LIMIT // 10**6} MB, the limit: split it")
        if size > limit:
            raise ArticleError(self.name, f"unpacks to over {limit // 10**6} MB, the limit for a file: split it")
        if size > RATIO_EXEMPT and size > RATIO_LIMIT * member.compress_size:
            reason = f"unpacks to over {RATIO_LIMIT} times its packed size, the limit: it looks like a zip bomb"
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
