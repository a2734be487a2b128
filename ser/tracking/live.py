"""Sends one cell to MLflow while it trains."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from ser import records
from ser.tracking.cells import Tracker, warn_of

SEND_EVERY_S = 5.0
"""A validation can take less time than telling a server of it."""


class CellTracking:
    """Sends one cell to the tracker while it is open, and never stops it: an outage is one warning.

    Args:
        tracker: None sends nothing.
        folder: of the cell, with its `cell.json` written.
    """

    def __init__(self, tracker: Tracker | None, folder: Path) -> None:
        self.tracker = tracker
        self.folder = folder
        self.run_id: str | None = None  # of a run that has got all but what waits
        self._waiting: list[records.CurveRow] = []
        self._sent_at = time.monotonic()
        self._warned = False
        before = records.read_curves(folder)
        self.last_step = max((row["step"] for row in before), default=-1)
        if tracker is not None:
            with self._tolerant():
                if cell := records.description(folder):
                    run_id = tracker.start(folder, cell)
                    tracker.curves(run_id, before)
                    self.run_id = run_id

    def curves(self, step: int, metrics: dict[str, float]) -> None:
        """Keep a row of the training curves, and send it soon; one from before the cell went on is left out."""
        if step <= self.last_step:
            return
        self._waiting.append(records.append_curve(self.folder, step, metrics))
        if time.monotonic() - self._sent_at > SEND_EVERY_S:
            self._send()

    def __enter__(self) -> "CellTracking":
        return self

    def __exit__(self, *exception: object) -> None:
        """Send what the cell ended with; all of it anew if something could not be sent before."""
        self._send()
        if self.tracker is not None:
            with self._tolerant():
                if self.run_id is not None:
                    self.tracker.close(self.run_id, self.folder)
                else:
                    self.tracker.publish(self.folder)

    def _send(self) -> None:
        if self.tracker is not None and self.run_id is not None and self._waiting:
            run_id, self.run_id = self.run_id, None
            with self._tolerant():
                self.tracker.curves(run_id, self._waiting)
                self.run_id = run_id
        self._waiting, self._sent_at = [], time.monotonic()

    @contextlib.contextmanager
    def _tolerant(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not self._warned:
                warn_of(error)
            self._warned = True
