"""What is wrong with recordings, one check after the other; each looks at the measures of a whole corpus."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from ser.auditing.findings import Examined, Finding, Severity, counted, paths

QUIET_LUFS: Final = -50.0
CLIPPED_SAMPLES: Final = 10
SHORT_S: Final = 0.5
LONG_S: Final = 20.0
LOUDNESS_SPREAD_LU: Final = 20.0
PAUSE_S: Final = 1.0
OFFSET_MS: Final = 0.05
"""Beyond it the mean of two channels has a notch within the band of speech: at 10 kHz for 0.05 ms."""
SURPLUS_S: Final = 0.001


def broken(examined: Examined) -> Iterator[Finding]:
    """Recordings that training would refuse."""
    found = examined.clips[examined.clips["problem"].notna()]
    if len(found):
        told = "; ".join(found["problem"].iloc[:3])
        remedy = f"or name them in dataset.corpora.{examined.name}.leave_out"
        yield _finding("error", examined, "broken", f"{len(found)} cannot be used: {told}; {remedy}", found)


def silent(examined: Examined) -> Iterator[Finding]:
    """Recordings without a sound, or next to none."""
    clips = examined.usable
    nothing = clips[np.isneginf(clips["loudness_lufs"].to_numpy(float))]
    if len(nothing):
        remedy = f"name them in dataset.corpora.{examined.name}.leave_out"
        yield _finding("warning", examined, "silence", f"{len(nothing)} hold no sound; {remedy}", nothing)
    quiet = clips[(clips["loudness_lufs"] < QUIET_LUFS) & ~clips.index.isin(nothing.index)].sort_values("loudness_lufs")
    if len(quiet):
        message = f"{len(quiet)} are quieter than {QUIET_LUFS:g} LUFS: raised to one loudness, their noise is loud"
        yield _finding("note", examined, "silence", message, quiet)
    pauses = clips[clips[["lead_s", "trail_s"]].max(axis=1) > PAUSE_S].drop(index=nothing.index, errors="ignore")
    if len(pauses):
        message = f"{len(pauses)} begin or end with a pause of more than {PAUSE_S:g} s"
        worst = pauses.loc[pauses[["lead_s", "trail_s"]].max(axis=1).sort_values(ascending=False).index]
        yield _finding("note", examined, "silence", message, worst)


def clipped(examined: Examined) -> Iterator[Finding]:
    """Recordings whose peaks are cut off."""
    found = examined.usable.query("clipped >= @CLIPPED_SAMPLES").sort_values("clipped", ascending=False)
    if len(found):
        worst = found["clipped"].max()
        message = f"{len(found)} have {CLIPPED_SAMPLES} samples or more in flat tops, the worst one {worst:.0f}"
        yield _finding("warning", examined, "clipping", message, found)
    peaks = examined.usable["peak_dbfs"]
    if len(peaks) > 1 and (peaks.abs() < 0.1).all():
        yield _finding(
            "note", examined, "clipping", "every clip was scaled to full scale: levels tell nothing any more"
        )


def lengths(examined: Examined) -> Iterator[Finding]:
    """Clips that are no utterance."""
    clips = examined.usable
    short = clips[clips["duration_s"] < SHORT_S].sort_values("duration_s")
    if len(short):
        yield _finding("warning", examined, "duration", f"{len(short)} last less than {SHORT_S:g} s", short)
    long = clips[clips["duration_s"] > LONG_S].sort_values("duration_s", ascending=False)
    if len(long):
        message = f"{len(long)} last more than {LONG_S:g} s, which takes memory in every batch that they are in"
        yield _finding("warning", examined, "duration", message, long)


def rates(examined: Examined) -> Iterator[Finding]:
    """Sampling rates; where they differ, they can give labels or speakers away."""
    clips = examined.usable
    found = clips["rate_hz"]
    if found.nunique() > 1:
        usual = found.mode().iloc[0]
        message = f"several sampling rates in Hz ({counted(found)}): are they those of some speakers or emotions alone?"
        yield _finding("warning", examined, "sampling rate", message, clips[found != usual])
    elif len(found):
        yield _finding("note", examined, "sampling rate", f"all at {found.iloc[0]:g} Hz")


def channels(examined: Examined) -> Iterator[Finding]:
    """How many channels, and whether those of a recording agree."""
    clips = examined.usable
    if clips["channels"].nunique() > 1:
        usual = clips["channels"].mode().iloc[0]
        message = f"several numbers of channels ({counted(clips['channels'])})"
        yield _finding("warning", examined, "channels", message, clips[clips["channels"] != usual])
    stereo = clips[clips["offset_ms"].notna()]
    apart = stereo[stereo["offset_ms"].abs() > OFFSET_MS]
    if len(apart):
        low, middle, high = apart["offset_ms"].abs().quantile([0.05, 0.5, 0.95])
        message = (
            f"the channels of {len(apart)} of {len(stereo)} are offset by {low:.2f} to {high:.2f} ms (5 to 95 %, median"
            f" {middle:.2f}): their mean would comb the speech (median {apart['mix_db'].median():.1f} dB); channel"
            f" {examined.corpus.channel} is listened to"
        )
        yield _finding("warning", examined, "channel offset", message, apart.sort_values("mix_db"))


def headers(examined: Examined) -> Iterator[Finding]:
    """Headers that state more samples than there are."""
    clips = examined.usable
    found = clips[clips["surplus_s"] > SURPLUS_S].sort_values("surplus_s", ascending=False)
    if len(found):
        least, most = 1000 * found["surplus_s"].min(), 1000 * found["surplus_s"].max()
        message = (
            f"the headers of {len(found)} state more than there is, by {least:.1f} to {most:.1f} ms"
            f" ({', '.join(sorted(set(found['kind'])))}); the samples are counted"
        )
        yield _finding("note", examined, "header", message, found)


def loudness(examined: Examined) -> Iterator[Finding]:
    """Clips that are far from the loudness of the others."""
    clips = examined.usable
    clips = clips[np.isfinite(clips["loudness_lufs"].to_numpy(float))]
    if clips.empty:
        return
    low, middle, high = clips["loudness_lufs"].quantile([0.05, 0.5, 0.95])
    message = f"{low:.1f} to {high:.1f} LUFS (5 to 95 %), median {middle:.1f}"
    far = (clips["loudness_lufs"] - middle).abs()
    severity: Severity = "warning" if high - low > LOUDNESS_SPREAD_LU else "note"
    if severity == "warning":
        message += ": train with audio.loudness_lufs, or the level of a microphone tells speakers and emotions"
    yield _finding(severity, examined, "loudness", message, clips.loc[far.sort_values(ascending=False).index[:5]])


CHECKS: Final = (broken, silent, clipped, lengths, rates, channels, headers, loudness)


def _finding(
    severity: Severity, examined: Examined, check: str, message: str, clips: pd.DataFrame | None = None
) -> Finding:
    return Finding(severity, examined.name, check, message, () if clips is None else paths(clips))
