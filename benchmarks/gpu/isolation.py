"""Every step in a process of its own: one that fails, hangs or breaks the GPU's context does not lose the others."""

import importlib
import multiprocessing
import time
import traceback
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

PRELOADED = ["benchmarks.gpu.product", "benchmarks.gpu.plain", "torch._dynamo"]
"""Imported once, by the server that forks the processes; none of it initialises CUDA."""
CLEANING_S = 10
"""For a process to end after it has returned something, before it is killed."""


class Outcome(NamedTuple):
    """What a process returned, or why it returned nothing."""

    value: Any = None
    error: str = ""
    """One line; empty where the process returned something."""
    details: str = ""


class Processes:
    """Starts processes that call a function.

    Args:
        method: of `multiprocessing`: `forkserver` imports everything once, `spawn` in every process.
    """

    def __init__(self, method: str = "forkserver") -> None:
        self.context: Any = multiprocessing.get_context(method)
        if method == "forkserver":
            self.context.set_forkserver_preload(PRELOADED)

    def call(self, function: str, arguments: dict[str, Any], limit_s: float, copies: int = 1) -> list[Outcome]:
        """Call a function in so many processes at once.

        Args:
            function: its name in full, `package.module.function`; what it returns must be picklable.
            arguments: of the function; several copies also get a `barrier`, at which they can wait for each other.
            limit_s: after which they are killed.
            copies: how many processes.
        """
        if copies > 1:
            arguments = arguments | {"barrier": self.context.Barrier(copies, timeout=limit_s)}
        deadline = time.monotonic() + limit_s
        started = [self._start(function, arguments) for _ in range(copies)]
        try:
            return [_outcome(process, results, deadline) for process, results in started]
        finally:
            for process, _ in started:
                process.kill()
                process.join()

    def _start(self, function: str, arguments: dict[str, Any]) -> tuple[Any, Connection]:
        results, results_in_process = self.context.Pipe(duplex=False)
        process = self.context.Process(target=_call, args=(results_in_process, function, arguments))
        process.start()
        results_in_process.close()
        return process, results


def _call(results: Connection, function: str, arguments: dict[str, Any]) -> None:
    module, _, name = function.rpartition(".")
    try:
        outcome = Outcome(getattr(importlib.import_module(module), name)(**arguments))
    except BaseException as error:
        lines = f"{type(error).__name__}: {error}".splitlines()
        outcome = Outcome(error=lines[0], details=traceback.format_exc())
        if "barrier" in arguments:
            arguments["barrier"].abort()  # nobody needs to wait for this one
    results.send(outcome)


def _outcome(process: Any, results: Connection, deadline: float) -> Outcome:
    if not results.poll(max(deadline - time.monotonic(), 0)):
        return Outcome(error="took too long and was stopped")
    try:
        outcome = results.recv()
    except EOFError:
        process.join()
        return Outcome(error=f"the process ended with exit code {process.exitcode}")
    process.join(CLEANING_S)
    return outcome
