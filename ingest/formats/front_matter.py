"""The YAML front matter of a text file: its plain `key: value` entries."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ingest.formats.blocks import TITLE_LIMIT, clean_line

# It begins with "key:", else the dashes are a rule above the text.
_FRONT_MATTER = re.compile(r"---[ \t]*\n(\s*[\w-]+[ \t]*:.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_ENTRY = re.compile(r"^([\w-]+)[ \t]*:[ \t]*(\S.*)$", re.MULTILINE)


def split_front_matter(text: str) -> tuple[Mapping[str, str], str]:
    r"""Return the front matter's entries by their key in small letters, none if there is no such block, and the rest.

    >>> split_front_matter('---\nTitle: "Tea"\nid: tea\n---\nHot.')
    ({'title': 'Tea', 'id': 'tea'}, 'Hot.')
    """
    found = _FRONT_MATTER.match(text)
    if not found:
        return {}, text
    entries = {key.lower(): value.strip().strip("\"'") for key, value in _ENTRY.findall(found[1])}
    return entries, text[found.end() :]


def shared_id(entries: Mapping[str, str]) -> str:
    """Return the id an article shares with its translations, empty if none is given.

    An original names itself (`id: tea`), a translation its original (`translation_of: tea`), or both have one `id`.
    """
    return clean_line(entries.get("translation_of") or entries.get("id", ""), TITLE_LIMIT)
