"""Damage to a file as disks and transfers do it: an end that is lost, a range of zeros, a bit that flips."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

Change = Callable[[bytearray, random.Random], None]


class Damage(NamedTuple):
    """A file that was damaged, and how."""

    path: Path
    kind: str


def truncate(content: bytearray, rng: random.Random) -> None:
    """Lose the end."""
    del content[rng.randrange(len(content)) :]


def zero(content: bytearray, rng: random.Random) -> None:
    """Lose the content of a range."""
    first = rng.randrange(len(content))
    last = rng.randint(first + 1, len(content))
    content[first:last] = bytes(last - first)


def flip(content: bytearray, rng: random.Random) -> None:
    """Flip a bit."""
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


CHANGES: tuple[Change, ...] = (truncate, zero, flip)


def damage(folders: list[Path], rng: random.Random) -> Damage:
    """Damage a random file that is not empty, of a random folder: its content is another afterwards."""
    files = [path for path in sorted(rng.choice(folders).rglob("*")) if path.is_file() and path.stat().st_size]
    path, change = rng.choice(files), rng.choice(CHANGES)
    before = path.read_bytes()
    content = bytearray(before)
    while content == before:
        change(content, rng)
    path.write_bytes(content)
    return Damage(path, change.__name__)
