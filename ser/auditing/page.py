"""The report of an audit: CSV files, and one self-contained HTML page with figures and audio players."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import soundfile

from ser import records
from ser.analysis.figures.style import look
from ser.analysis.report.document import Figure, Player, Section, Table, to_html
from ser.audio.cutting import read
from ser.audio.decode import listen
from ser.audio.parallel import outcome
from ser.audio.resampling import resample
from ser.audio.segment import Segment
from ser.auditing import agreement, figures
from ser.auditing.findings import SEVERITIES, Finding, MeasuredCorpus, to_table
from ser.corpora import Corpus
from ser.csv_tables import write_csv
from ser.errors import CorpusError
from ser.schema import clip_names
from ser.sources import segments_of

PAGE: Final = "audit.html"
FILES: Final = (PAGE, "findings.csv", "clips.csv", "counts.csv", "agreement.csv")
PLAYED_S: Final = 6.0
RATE_HZ: Final = 16000
HEADINGS: Final = {"error": "Errors", "warning": "Warnings", "note": "Notes"}
NOT_IN_TABLE: Final = ("fingerprint", "text")


def write(
    name: str, corpora: Sequence[MeasuredCorpus], findings: Sequence[Finding], folder: Path, players: int
) -> Path:
    """Write `audit.html`, `findings.csv`, `clips.csv`, `counts.csv` and `agreement.csv`, and return the page.

    Args:
        name: name of the dataset, for the title.
        corpora: the measured corpora.
        findings: the findings of all checks.
        folder: output folder, created if missing; files of an earlier audit are replaced as `ser.records.output` says.
        players: audio players for each finding, embedded in the page; 0 for none.

    Raises:
        UserError: the folder holds files that are not of an audit, or cannot be written.
    """
    with records.output(folder, "audit", FILES) as staged:
        _write(name, corpora, findings, staged, players)
    return folder / PAGE


def _write(
    name: str, corpora: Sequence[MeasuredCorpus], findings: Sequence[Finding], folder: Path, players: int
) -> None:
    counts = pd.concat([_counts(one) for one in corpora], ignore_index=True)
    clips = pd.concat([one.clips.assign(corpus=one.name) for one in corpora], ignore_index=True)
    for stem, data in {
        "findings": to_table(findings),
        "counts": counts,
        "agreement": agreement.table(corpora),
        "clips": clips.drop(columns=list(NOT_IN_TABLE), errors="ignore").set_index("corpus").reset_index(),
    }.items():
        write_csv(data, folder / f"{stem}.csv")
    sections = [
        _overview(corpora, findings),
        *(_of_severity(severity, corpora, findings, players) for severity in reversed(SEVERITIES)),
        *(_of_corpus(one, counts, folder) for one in corpora),
    ]
    (folder / PAGE).write_text(to_html(f"Audit of {name}", sections, folder), encoding="utf-8")


def _overview(corpora: Sequence[MeasuredCorpus], findings: Sequence[Finding]) -> Section:
    counts = ", ".join(
        f"{sum(one.severity == s for one in findings)} {HEADINGS[s].lower()}" for s in reversed(SEVERITIES)
    )
    rows = [
        {
            "corpus": one.name,
            "clips": len(one.clips),
            "hours": f"{one.usable['duration_s'].sum() / 3600:.2f}",
            "speakers": one.clips["speaker"].nunique(),
            "emotions": one.clips["emotion"].nunique(),
            "licence": one.corpus.terms.licence or "unknown",
        }
        for one in corpora
    ]
    caption = "The corpora; clips by emotion, gender and speaker are in"
    tables = [Table("counts", caption, pd.DataFrame(rows), latex=False)]
    rated = agreement.table(corpora)
    if len(rated):
        caption = "Agreement of the raters: one against the majority of the others, 95 % intervals over clips; also in"
        tables.append(Table("agreement", caption, rated, latex=False))
    return Section("In short", [f"{counts}. What was measured of each clip is in clips.csv."], tables=tables)


def _of_severity(
    severity: str, corpora: Sequence[MeasuredCorpus], findings: Sequence[Finding], players: int
) -> Section:
    chosen = [finding for finding in findings if finding.severity == severity]
    lines = [f"{finding.corpus}, {finding.check}: {finding.message}{_examples(finding)}" for finding in chosen]
    sounds = [player for finding in chosen for player in _players(finding, corpora, players)]
    if severity == "note":
        return Section(HEADINGS[severity], lines or ["None."], players=sounds)
    return Section(HEADINGS[severity], [] if lines else ["None."], notes=lines, players=sounds)


def _examples(finding: Finding) -> str:
    more = f" and {len(finding.clips) - 3} more" if len(finding.clips) > 3 else ""
    return f" ({', '.join(finding.clips[:3])}{more})" if finding.clips else ""


def _players(finding: Finding, corpora: Sequence[MeasuredCorpus], most: int) -> Iterator[Player]:
    """Yield a player for each of the first `most` recordings of a finding that can be decoded."""
    by_name = {one.name: one.corpus for one in corpora}
    for corpus, clip in finding.recordings[:most]:
        sound = _mp3(_segment(by_name[corpus], clip), by_name[corpus].channel)
        if sound is not None:
            yield Player(f"{corpus}, {finding.check}: {clip}", sound)


def _segment(corpus: Corpus, clip: str) -> Segment:
    """Return a clip by its name; a recording that has no label is by its path."""
    names = clip_names(corpus.clips)
    return segments_of(corpus)[names.index(clip)] if clip in names else Segment(corpus.root / clip)


def _mp3(segment: Segment, channel: int) -> bytes | None:
    (held,) = read([segment])
    samples = held if isinstance(held, CorpusError) else outcome(listen, segment.name, held, channel)
    if isinstance(held, CorpusError) or isinstance(samples, CorpusError):
        return None
    stream = io.BytesIO()
    played = resample(samples[: int(PLAYED_S * held.rate)], held.rate, RATE_HZ)
    soundfile.write(stream, played, RATE_HZ, format="MP3")
    return stream.getvalue()


def _counts(one: MeasuredCorpus) -> pd.DataFrame:
    by = ["emotion", "gender", "speaker"]
    grouped = one.clips.groupby(by, sort=True)["duration_s"].agg(clips="size", seconds="sum").reset_index()
    return grouped.assign(corpus=one.name, seconds=grouped["seconds"].round(2))[["corpus", *by, "clips", "seconds"]]


def _of_corpus(one: MeasuredCorpus, counts: pd.DataFrame, folder: Path) -> Section:
    stem = f"corpus_{one.name}"
    with look(stem):
        figures.draw_corpus(one.clips, one.name).savefig(folder / f"{stem}.svg", metadata={"Date": None})
    mine = counts[counts["corpus"] == one.name].drop(columns="corpus")
    by_gender = mine.groupby(["emotion", "gender"])[["clips", "seconds"]].sum().reset_index()
    shown = Table("counts", f"Clips of {one.name} by emotion and gender; by speaker too in", by_gender, latex=False)
    return Section(
        one.name,
        [f"In {one.corpus.root}; {one.corpus.terms}."],
        tables=[shown],
        figures=[Figure(stem, f"{one.name}: {len(one.clips)} clips; medians are dashed")],
    )
