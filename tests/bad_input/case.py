"""A bad input: how it is made, what a user does with it, and what is to become of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from ser.errors import UserError

Policy = Literal["refused", "dropped", "taken"]


@dataclass(frozen=True)
class Case:
    """A bad input with its policy.

    Attributes:
        kind: of input.
        name: what is wrong with it.
        policy: whether it is refused with a message, left out and counted, or taken as it is meant.
        use: makes it in a folder of its own and does what a user would; returns what came of it.
        names: what the message must name, the file or the key.
    """

    kind: str
    name: str
    policy: Policy
    use: Callable[[Path], str]
    names: str = ""


class Outcome(NamedTuple):
    """What became of a bad input."""

    policy: str
    said: str


def outcome(case: Case, folder: Path) -> Outcome:
    """Use a bad input; every error but one that the user can mend is a bug, and is not caught."""
    try:
        said = case.use(folder)
    except UserError as error:
        return Outcome("refused", plain(str(error), folder))
    return Outcome("dropped" if "left out" in said else "taken", plain(said, folder))


def plain(text: str, folder: Path) -> str:
    """Return a message in one line, without the place of the folder."""
    text = text.replace(f"{folder}/", "").replace(str(folder), "<folder>")
    return " ".join(re.sub(r"127\.0\.0\.1:\d+", "<server>", text).split())
