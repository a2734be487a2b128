"""Predictions of many recordings, in several processes; a recording that cannot be used loses itself alone."""

import functools
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import track

from ser.audio.decode import read
from ser.errors import ConfigError, CorpusError
from ser.prediction.recogniser import Recogniser
from ser.prediction.rows import rows_of

AHEAD = 4
"""Recordings that wait for each process."""


class Task(NamedTuple):
    """What is done with every recording.

    Attributes:
        model: folder of the exported model.
        window_s: length of a window.
        hop_s: from a window to the next.
        embeddings: whether rows have them.
    """

    model: Path
    window_s: float | None
    hop_s: float | None
    embeddings: bool

    def rows(self, path: Path) -> list[dict[str, Any]] | str:
        """Return the rows of a recording, or the reason why it has none."""
        try:
            recording = read(path, longest_s=float("inf"))
            predictions = _recogniser(self.model).over_time(
                recording.samples, recording.rate, self.window_s, self.hop_s
            )
            return rows_of(str(path), predictions, self.embeddings)
        except (CorpusError, ConfigError) as error:  # the latter where PyAV is not installed
            return str(error) if str(error).startswith(str(path)) else f"{path}: {error}"


def predict_all(task: Task, paths: Sequence[Path], processes: int) -> Iterator[tuple[Path, list[dict[str, Any]] | str]]:
    """Yield each recording and its rows, or the reason why it has none, in order; a terminal shows how far it is.

    Args:
        task: what is done with each.
        paths: of the recordings.
        processes: how many; one works in this process.

    Raises:
        ConfigError, RecordError: as `ser.prediction.recogniser.Recogniser`.
    """
    _recogniser(task.model)  # before any process is started, and what is wrong is said once
    console = Console(stderr=True)
    shown = functools.partial(track, description="Predicting", total=len(paths), console=console, transient=True)
    hidden = not console.is_terminal
    if processes == 1:
        yield from shown(((path, task.rows(path)) for path in paths), disable=hidden)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield from shown(_in_order(pool, task, paths, AHEAD * processes), disable=hidden)


def _in_order(
    pool: Executor, task: Task, paths: Sequence[Path], ahead: int
) -> Iterator[tuple[Path, list[dict[str, Any]] | str]]:
    left = iter(paths)
    pending: deque[tuple[Path, Future]] = deque((path, pool.submit(task.rows, path)) for path in islice(left, ahead))
    while pending:
        path, future = pending.popleft()
        yield path, future.result()
        pending.extend((path, pool.submit(task.rows, path)) for path in islice(left, 1))


def processes_for(paths: Sequence[Path], chosen: int | None) -> int:
    """Return how many processes work: as many as chosen or as there are cores, and no more than recordings."""
    return max(1, min(chosen or len(os.sched_getaffinity(0)), len(paths)))


@functools.cache
def _recogniser(model: Path) -> Recogniser:
    """Keep the model of a process."""
    return Recogniser(model, threads=1)
