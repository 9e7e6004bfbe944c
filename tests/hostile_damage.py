"""Damage to a file's bytes: cut, flipped, put in, repeated, swapped."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

_MARKS = [
    "\0",
    "\u202e",
    "\u2066",
    "\u200f",
    "\ufeff",
    "\x1b[2J",
    "\r",
    "\u2028",
    "\U0010ffff",
    "\ufdd0",
    "a" + "\u0301" * 500,
]
_HALVES = [b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xff\xfe\x00\xd8", b"\xc0\x80", b"\xf5\x80\x80\x80"]


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flip(chance: random.Random, data: bytes) -> bytes:
    flipped = bytearray(data)
    for _ in range(chance.choice([1, 4, 64]) if data else 0):
        flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _insert(chance: random.Random, data: bytes) -> bytes:
    place = chance.randrange(len(data) + 1)
    piece = chance.choice([chance.choice(_MARKS).encode(), chance.choice(_HALVES), chance.randbytes(20), bytes(99)])
    return data[:place] + piece * chance.choice([1, 50]) + data[place:]


def _repeat(chance: random.Random, data: bytes) -> bytes:
    start, end = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    return data[:end] + data[start:end] * chance.choice([1, 20]) + data[end:]


def _swap(chance: random.Random, data: bytes) -> bytes:
    start, end = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    return data[end:] + data[start:end] + data[:start]


DAMAGES: Sequence[Callable[[random.Random, bytes], bytes]] = (_cut, _flip, _flip, _insert, _repeat, _swap)
