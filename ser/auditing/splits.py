"""Checks of a split of a corpus."""

from collections.abc import Iterator

import numpy as np

from ser.auditing.findings import Finding, MeasuredCorpus, paths
from ser.errors import UserError
from ser.schema import SPLITS, UNUSED
from ser.settings import SplitSettings
from ser.splits import assign
from ser.splits.overlapping import overlapping


def check_split(measured: MeasuredCorpus, chosen: SplitSettings, seed: int) -> tuple[np.ndarray | None, list[Finding]]:
    """Split a corpus and check the parts; a split that training would refuse is a finding.

    Returns:
        (clips,) the part of each clip, None if the split is refused; and the findings.
    """
    allowing = chosen.model_copy(update={"overlap": "warn"}) if "overlap" in chosen.options else chosen
    try:
        parts = assign(allowing, measured.corpus, seed)
    except UserError as error:
        return None, [Finding("error", measured.name, f"split {chosen.name}", str(error))]
    return parts, list(_findings(measured, parts, f"split {chosen.name}"))


def _findings(measured: MeasuredCorpus, parts: np.ndarray, check: str) -> Iterator[Finding]:
    clips, name = measured.clips, measured.name
    counts = [f"{(parts == part).sum()} {part}" for part in (*SPLITS, UNUSED) if (parts == part).any()]
    speakers = {part: set(clips["speaker"][parts == part]) for part in SPLITS}
    speaker_counts = ", ".join(f"{len(speakers[part])} {part}" for part in SPLITS)
    yield Finding("note", name, check, f"clips: {', '.join(counts)}; speakers: {speaker_counts}")
    for one, other in (("train", "test"), ("validation", "test"), ("train", "validation")):
        both = sorted(speakers[one] & speakers[other])
        if both:
            rows = clips[clips["speaker"].isin(both) & (parts == other)]
            message = f"{len(both)} speaker(s) are in {one} and in {other}: {', '.join(both[:3])}"
            yield Finding("error" if other == "test" else "warning", name, check, message, paths(rows))
    if pairs := overlapping(measured.corpus.clips, parts):
        message = f"{len(pairs)} pairs of clips share samples, one for training and one for testing"
        lines = tuple(f"{one} and {other}" for one, other in pairs)
        playable = tuple((name, clip) for pair in pairs for clip in pair)
        yield Finding("error", name, check, message, lines, playable)
    for part in [part for part in SPLITS if (parts == part).any()]:  # a left-out corpus has a test part only
        missing = sorted(set(clips["emotion"]) - set(clips["emotion"][parts == part]))
        if missing:
            yield Finding("error" if part == "train" else "warning", name, check, f"{part} has no {', '.join(missing)}")
    shares = {part: clips["emotion"][parts == part].value_counts(normalize=True) for part in ("train", "test")}
    difference = (shares["test"] - shares["train"]).abs().dropna()
    if len(difference) and difference.max() > 0.05:
        emotion = difference.idxmax()
        message = f"{emotion} is {shares['train'][emotion]:.0%} of train and {shares['test'][emotion]:.0%} of test"
        yield Finding("note", name, check, message)
