"""A training run that this process holds, of a cell or of a checkpoint: started, tracked, and kept."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ser import records
from ser.settings import TrackedSettings

SendCurves = Callable[[int, dict[str, float]], None]
"""Called after every validation with (optimiser step, metrics)."""


def keep_run(
    settings: TrackedSettings,
    folder: Path,
    description: records.CellRecord,
    train: Callable[[SendCurves], dict[str, Any]],
) -> None:
    """Train, and keep the result or the failure in the folder and in the tracker; what was interrupted continues.

    Args:
        settings: of the run, which are kept beside its scores.
        folder: of the run, which the caller holds.
        description: what is trained, as `ser.sweep.identity.describe_run` returns it.
        train: trains, and returns what `result.json` holds beside the description.

    Raises:
        Exception: whatever `train` raises, after it is kept.
    """
    records.start(folder, description, settings.model_dump(mode="json"))

    from ser.tracking import CellTracking, Tracker  # MLflow takes seconds to import

    uri = settings.tracker.uri
    tracker = Tracker(uri, settings.sweep, settings.sweeps_dir) if uri else None
    with CellTracking(tracker, folder) as tracking, records.failures_kept(folder):
        result = train(tracking.curves)
        kept = result | {"files": records.digests(folder), "ended": time.time()}
        records.ResultRecord(**description.model_dump(), **kept).write(folder)
        records.drop_checkpoints(folder)
