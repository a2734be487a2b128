"""A recording or a part of it, by its times: what a clip is made of, before anything is opened."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ser.schema import clip_name


class Segment(NamedTuple):
    """A recording, or a part of it."""

    path: Path
    start_s: float = 0.0
    end_s: float = math.nan
    """NaN: the end of the recording."""
    origin: str = ""
    """Where a table names it, for messages."""

    @property
    def whole(self) -> bool:
        """Whether it is all of its recording."""
        return not self.start_s and math.isnan(self.end_s)

    @property
    def name(self) -> str:
        """What messages call it."""
        return clip_name(str(self.path), self.start_s, self.end_s)


def segments(
    root: Path, paths: Sequence[str], times: Sequence[tuple[float, float]] = (), origins: Sequence[str] = ()
) -> list[Segment]:
    """Return clips.

    Args:
        root: that the paths start from.
        paths: of the recording of each clip.
        times: (clips,) where each begins and ends, in seconds; none where all are whole recordings.
        origins: (clips,) where a table names each, or none.
    """
    root = root.resolve()
    times = times or [(0.0, math.nan)] * len(paths)
    origins = origins or [""] * len(paths)
    return [Segment(root / path, *of, origin) for path, of, origin in zip(paths, times, origins, strict=True)]
