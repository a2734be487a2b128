"""Processes that read scores and predictions and draw figures, which takes longer than the statistics."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context

HELPERS = 2


@contextlib.contextmanager
def processes(preload: str) -> Iterator[Executor]:
    """Yield helper processes that import a module while the caller goes on."""
    forks = get_context("forkserver")
    forks.set_forkserver_preload([preload])
    with ProcessPoolExecutor(HELPERS, forks) as helpers:
        yield helpers
