"""A progress bar, shown on a terminal only so that logs stay short."""

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def progress(items: Iterable[Item], task: str, total: int) -> Iterable[Item]:
    """Yield the items, with a progress bar on a terminal."""
    console = Console(stderr=True)
    return track(items, task, total, console=console, transient=True, disable=not console.is_terminal)
