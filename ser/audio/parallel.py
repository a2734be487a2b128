"""Work through the files of a corpus on all cores, in order, in little memory, and name all that fail at once."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track

from ser.errors import CorpusError

Batch = TypeVar("Batch")
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
    yield from each_batch(lambda file: [outcome(function, file)], files, len(files), task)


def each_batch(
    function: Callable[[Batch], Sequence[Result | CorpusError]], batches: Iterable[Batch], count: int, task: str
) -> Generator[Result]:
    """Yield what a function makes of batches of recordings, as `each_file` does.

    Args:
        function: returns a result for each recording of a batch, or why it cannot be used.
        batches: to call it on.
        count: of all recordings.
        task: what the progress bar says.

    Raises:
        CorpusError: as `each_file`.
    """
    console = Console(stderr=True)
    problems = []
    with ThreadPoolExecutor(WORKERS) as pool:
        results = _in_order(pool, function, batches)
        for result in track(results, task, count, console=console, transient=True, disable=not console.is_terminal):
            if isinstance(result, CorpusError):
                problems.append(str(result))
            else:
                yield result
    if problems:
        named = "\n  ".join(problems[:NAMED_PROBLEMS])
        more = len(problems) - NAMED_PROBLEMS
        raise CorpusError(
            f"{task}: {len(problems)} of {count} recordings cannot be used:\n  {named}"
            + (f"\n  and {more} more" if more > 0 else "")
        )


def _in_order(
    pool: ThreadPoolExecutor, function: Callable[[Batch], Sequence[Result | CorpusError]], batches: Iterable[Batch]
) -> Iterator[Result | CorpusError]:
    left = iter(batches)
    pending = deque(pool.submit(function, batch) for batch in islice(left, 2 * WORKERS))
    while pending:
        results = pending.popleft().result()
        pending.extend(pool.submit(function, batch) for batch in islice(left, 1))
        yield from results


def outcome(function: Callable[..., Result], *arguments: Any) -> Result | CorpusError:
    """Return what a function returns, or the CorpusError that it raises."""
    try:
        return function(*arguments)
    except CorpusError as error:
        return error
