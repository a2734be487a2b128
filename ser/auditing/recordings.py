"""Checks of recordings; each reads the measures of a whole corpus."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from ser.auditing.findings import Finding, MeasuredCorpus, Severity, paths, value_counts

QUIET_LUFS: Final = -50.0
CLIPPED_SAMPLES: Final = 10
SHORT_S: Final = 0.5
LONG_S: Final = 20.0
LOUDNESS_SPREAD_LU: Final = 20.0
PAUSE_S: Final = 1.0
OFFSET_MS: Final = 0.05
"""From this delay on, the mean of two channels has a notch in the speech band: at 10 kHz for 0.05 ms."""
SURPLUS_S: Final = 0.001


def unusable(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report recordings that training would refuse."""
    broken = measured.clips[measured.clips["problem"].notna()]
    if len(broken):
        problems = "; ".join(broken["problem"].iloc[:3])
        remedy = f"or name them in dataset.corpora.{measured.name}.leave_out"
        yield _finding("error", measured, "broken", f"{len(broken)} cannot be used: {problems}; {remedy}", broken)


def silent(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report digital silence, very quiet recordings, and long pauses at the ends."""
    clips = measured.usable
    empty = clips[np.isneginf(clips["loudness_lufs"].to_numpy(float))]
    if len(empty):
        remedy = f"name them in dataset.corpora.{measured.name}.leave_out"
        yield _finding("warning", measured, "silence", f"{len(empty)} hold no sound; {remedy}", empty)
    quiet = clips[(clips["loudness_lufs"] < QUIET_LUFS) & ~clips.index.isin(empty.index)].sort_values("loudness_lufs")
    if len(quiet):
        message = f"{len(quiet)} are quieter than {QUIET_LUFS:g} LUFS: loudness normalisation amplifies their noise"
        yield _finding("note", measured, "silence", message, quiet)
    pauses = clips[clips[["lead_s", "trail_s"]].max(axis=1) > PAUSE_S].drop(index=empty.index, errors="ignore")
    if len(pauses):
        message = f"{len(pauses)} begin or end with a pause of more than {PAUSE_S:g} s"
        worst = pauses.loc[pauses[["lead_s", "trail_s"]].max(axis=1).sort_values(ascending=False).index]
        yield _finding("note", measured, "silence", message, worst)


def clipped(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report clipped recordings, and corpora that were scaled to full scale."""
    clips = measured.usable.query("clipped >= @CLIPPED_SAMPLES").sort_values("clipped", ascending=False)
    if len(clips):
        worst = clips["clipped"].max()
        message = f"{len(clips)} have {CLIPPED_SAMPLES} samples or more in flat tops, the worst one {worst:.0f}"
        yield _finding("warning", measured, "clipping", message, clips)
    peaks = measured.usable["peak_dbfs"]
    if len(peaks) > 1 and (peaks.abs() < 0.1).all():
        yield _finding(
            "note", measured, "clipping", "every clip was scaled to full scale: levels carry no information any more"
        )


def durations(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report clips too short or too long for an utterance."""
    clips = measured.usable
    short = clips[clips["duration_s"] < SHORT_S].sort_values("duration_s")
    if len(short):
        yield _finding("warning", measured, "duration", f"{len(short)} last less than {SHORT_S:g} s", short)
    long = clips[clips["duration_s"] > LONG_S].sort_values("duration_s", ascending=False)
    if len(long):
        message = f"{len(long)} last more than {LONG_S:g} s, which takes memory in every batch that contains them"
        yield _finding("warning", measured, "duration", message, long)


def sampling_rates(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report the sampling rates; different ones may correlate with labels or speakers."""
    clips = measured.usable
    rates = clips["rate_hz"]
    if rates.nunique() > 1:
        usual = rates.mode().iloc[0]
        message = f"several sampling rates in Hz ({value_counts(rates)}): do they depend on the speaker or the emotion?"
        yield _finding("warning", measured, "sampling rate", message, clips[rates != usual])
    elif len(rates):
        yield _finding("note", measured, "sampling rate", f"all at {rates.iloc[0]:g} Hz")


def channels(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report different numbers of channels, and delays between the channels of a recording."""
    clips = measured.usable
    if clips["channels"].nunique() > 1:
        usual = clips["channels"].mode().iloc[0]
        message = f"several numbers of channels ({value_counts(clips['channels'])})"
        yield _finding("warning", measured, "channels", message, clips[clips["channels"] != usual])
    stereo = clips[clips["offset_ms"].notna()]
    delayed = stereo[stereo["offset_ms"].abs() > OFFSET_MS]
    if len(delayed):
        low, middle, high = delayed["offset_ms"].abs().quantile([0.05, 0.5, 0.95])
        message = (
            f"the channels of {len(delayed)} of {len(stereo)} are offset by {low:.2f} to {high:.2f} ms (5 to 95 %,"
            f" median {middle:.2f}): their mean is comb-filtered speech (median {delayed['mix_db'].median():.1f} dB);"
            f" channel {measured.corpus.channel} is used"
        )
        yield _finding("warning", measured, "channel offset", message, delayed.sort_values("mix_db"))


def headers(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report headers that state more samples than the file holds."""
    clips = measured.usable
    longer = clips[clips["surplus_s"] > SURPLUS_S].sort_values("surplus_s", ascending=False)
    if len(longer):
        least, most = 1000 * longer["surplus_s"].min(), 1000 * longer["surplus_s"].max()
        message = (
            f"the headers of {len(longer)} state more than the files hold, by {least:.1f} to {most:.1f} ms"
            f" ({', '.join(sorted(set(longer['kind'])))}); the duration is that of the samples"
        )
        yield _finding("note", measured, "header", message, longer)


def loudness(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report the distribution of loudness, and the clips farthest from its median."""
    clips = measured.usable
    clips = clips[np.isfinite(clips["loudness_lufs"].to_numpy(float))]
    if clips.empty:
        return
    low, middle, high = clips["loudness_lufs"].quantile([0.05, 0.5, 0.95])
    message = f"{low:.1f} to {high:.1f} LUFS (5 to 95 %), median {middle:.1f}"
    far = (clips["loudness_lufs"] - middle).abs()
    severity: Severity = "warning" if high - low > LOUDNESS_SPREAD_LU else "note"
    if severity == "warning":
        message += ": train with audio.loudness_lufs, or the recording level predicts speakers and emotions"
    yield _finding(severity, measured, "loudness", message, clips.loc[far.sort_values(ascending=False).index[:5]])


CHECKS: Final = (unusable, silent, clipped, durations, sampling_rates, channels, headers, loudness)


def _finding(
    severity: Severity, measured: MeasuredCorpus, check: str, message: str, clips: pd.DataFrame | None = None
) -> Finding:
    return Finding(severity, measured.name, check, message, () if clips is None else paths(clips))
