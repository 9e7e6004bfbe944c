"""One of several parts of the files, so that machines can share the work of adding them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

from retrieval.errors import InputError


@dataclass(frozen=True, slots=True)
class Shard:
    """The part `number`, from 1, of `count` parts. A file's name alone decides which part it is in."""

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `3/8`; InputError for what is no such part."""
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)
        shard = cls(int(found[1]), int(found[2])) if found else cls(0)
        if not 1 <= shard.number <= shard.count:
            raise InputError(f"--shard {text}: write which part of how many, from 1/8 to 8/8 for eight.")
        return shard

    def holds(self, name: str) -> bool:
        """Tell whether a file of this name is in this part; the same on every machine.

        >>> [Shard(number, 3).holds("tea.md") for number in (1, 2, 3)]
        [False, True, False]
        """
        digest = blake2b(name.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % self.count == self.number - 1
