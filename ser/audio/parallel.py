"""Work through the files of a corpus on all cores, in order, in little memory, and name all that fail at once."""

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from ser.errors import CorpusError

Result = TypeVar("Result")

WORKERS = min(8, os.cpu_count() or 1)
NAMED_PROBLEMS = 5


def each_file(function: Callable[[Path], Result], files: Sequence[Path], task: str) -> Generator[Result]:
    """Yield what a function makes of each file, in order; a terminal shows how far it is.

    Only a few results wait at a time, however many files there are.

    Args:
        function: is called in threads, and raises CorpusError for a file that cannot be used.
        files: to call it on.
        task: what the progress bar says.

    Raises:
        CorpusError: at the end, where any file failed; names the first few and counts the rest.
    """
    console = Console(stderr=True)
    problems = []
    with ThreadPoolExecutor(WORKERS) as pool:
        left = iter(files)
        pending = deque(pool.submit(function, file) for file in islice(left, 2 * WORKERS))
        for _ in track(files, task, console=console, transient=True, disable=not console.is_terminal):
            future = pending.popleft()
            problem = future.exception()
            pending.extend(pool.submit(function, file) for file in islice(left, 1))
            if problem is None:
                yield future.result()
            elif isinstance(problem, CorpusError):
                problems.append(str(problem))
            else:
                raise problem
    if problems:
        named = "\n  ".join(problems[:NAMED_PROBLEMS])
        more = len(problems) - NAMED_PROBLEMS
        raise CorpusError(
            f"{task}: {len(problems)} of {len(files)} recordings cannot be used:\n  {named}"
            + (f"\n  and {more} more" if more > 0 else "")
        )
