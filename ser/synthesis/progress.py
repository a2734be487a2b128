"""Progress of long steps: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from ser.streams import Pace

Item = TypeVar("Item")


def progress(items: Iterable[Item], task: str, total: int) -> Iterator[Item]:
    """Yield the items, with a progress bar on a terminal, and a line every few seconds in a pipe."""
    console = Console(stderr=True)
    pace = Pace()
    for number, item in enumerate(
        track(items, task, total, console=console, transient=True, disable=not console.is_terminal), start=1
    ):
        if pace.due() and not console.is_terminal:
            print(f"{task}: {number} of {total}", flush=True)
        yield item
