"""`python -m benchmarks.preparation`: hours of audio decoded, resampled and normalised in a minute; and the second run.

Clips are as long as Emozionalmente's; the formats are those that corpora come in, so that resampling counts too.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from benchmarks.measure import OURS, Table, arguments, in_turn, run

FORMATS = {"16 kHz": (16000, 1), "44.1 kHz": (44100, 1), "48 kHz stereo": (48000, 2)}
PREPARE = """
import sys
from pathlib import Path
from ser.audio.store import open_store
paths = sorted(path.name for path in Path(sys.argv[1]).glob("*.wav"))
open_store(root=Path(sys.argv[1]), paths=paths, channel=0, sample_rate=16000, loudness_lufs=-23.0,
           folder=Path(sys.argv[2]), name="clips")
"""


def main() -> None:
    """Measure, and write the table."""
    parser = arguments(__doc__)
    parser.add_argument("--clips", type=int, default=1000, help="of each format")
    parser.add_argument("--cores", type=int, default=2)
    chosen = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: chosen.cores])
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), chosen)


def measure(work: Path, chosen: argparse.Namespace) -> None:
    """Prepare each format anew in every round, and ask for it again."""
    hours = {name: write(work / name, chosen.clips, *kind) for name, kind in FORMATS.items()}
    empty = run([sys.executable, "-c", "import ser.audio.store, ser.audio.preparation"]).seconds

    def prepare(name: str, number: int) -> dict[str, float]:
        told = [sys.executable, "-c", PREPARE, work / name, work / f"store{number}"]
        first, second = run(told), run(told)
        return {
            "first_run_s": first.seconds,
            "second_run_s": second.seconds,
            "hours_per_minute": hours[name] / (first.seconds / 60),
            "peak_memory_MB": first.peak_mb,
        }

    rows = in_turn({name: lambda number, name=name: prepare(name, number) for name in FORMATS}, chosen.rounds)
    Table(
        name="preparation",
        title="Preparing audio, and asking for it again",
        settings={"clips": f"{chosen.clips} of each format", "hours": f"{hours['16 kHz']:.2f} of each format"},
        rows=rows,
        notes=[
            f"Whole processes; {empty:.1f} s of a first run are imports. {OURS} decodes, resamples to 16 kHz, measures"
            " loudness (ITU-R BS.1770) and writes the store; it is read by every cell after that.",
            "The clips were written just before and lie in the page cache: a cold disk is slower.",
        ],
    ).write(chosen.output)


def write(folder: Path, clips: int, sample_rate: int, channels: int) -> float:
    """Write clips of noise as long as Emozionalmente's, and return their hours."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    durations_s = pd.Series(rng.normal(3.81, 0.99, clips)).clip(lower=1.0)
    noise = 0.1 * rng.standard_normal((12 * sample_rate, channels))
    for number, duration_s in enumerate(durations_s):
        clip = np.roll(noise, number, axis=0)[: int(duration_s * sample_rate)]
        soundfile.write(folder / f"{number:05d}.wav", clip, sample_rate, subtype="PCM_16")
    return float(durations_s.sum()) / 3600


if __name__ == "__main__":
    main()
