"""`python -m ser.audit corpus=<name>` or `dataset=<name>`: check a corpus, or those of a dataset, before training."""

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ser.arguments import corpus_alone
from ser.command import run
from ser.settings import DatasetSettings, Part, SeedSettings, SplitSettings
from ser.sweep.names import seeds_as_values

if TYPE_CHECKING:
    from ser.auditing.findings import MeasuredCorpus
    from ser.corpora import Corpus


class AuditSettings(Part):
    """Dataset and split to check, output folder, and the severity that fails the call."""

    dataset: DatasetSettings
    split: SplitSettings
    seed: SeedSettings
    corpora_dir: Path
    output: Path
    players: int = Field(ge=0, le=1000)
    fail_on: Literal["error", "warning", "never"]


def main(settings: AuditSettings) -> None:
    """Measure every clip, write the findings, and exit with code 1 if one is of severity `fail_on` or worse.

    Raises:
        ConfigError: a reader or an option is wrong.
        CorpusError: the labels of a corpus cannot be read; unreadable recordings are findings.
        UserError: the folder holds files that are not of an audit, or cannot be written.
    """
    from ser import records
    from ser.auditing import agreement, labels, overlap, page, recordings, splits
    from ser.auditing.findings import SEVERITIES, Finding
    from ser.sources import read_corpora

    records.check_output(settings.output, "audit", page.FILES)
    dataset = settings.dataset
    corpora = [measure_corpus(corpus) for corpus in read_corpora(dataset).values()]
    parts_of = {}
    findings: list[Finding] = []
    for one in corpora[: len(dataset.train)]:
        parts, of_split = splits.check_split(one, settings.split, settings.seed.split)
        findings += of_split
        if parts is not None:
            parts_of[one.name] = parts
    for one in corpora:
        checks = (*recordings.CHECKS, *labels.CHECKS, *agreement.CHECKS)
        findings += [finding for check in checks for finding in check(one)]
    findings += overlap.check_overlap(corpora, parts_of)
    report = page.write(dataset.name, corpora, findings, settings.output, settings.players)
    for severity in reversed(SEVERITIES):
        for finding in findings:
            if finding.severity == severity:
                print(f"{severity}: {finding.corpus}, {finding.check}: {finding.message}")
    print(f"{report} (also findings.csv, clips.csv, counts.csv, agreement.csv)")
    failing = SEVERITIES[SEVERITIES.index(settings.fail_on) :] if settings.fail_on != "never" else ()
    if any(finding.severity in failing for finding in findings):
        sys.exit(1)


def measure_corpus(corpus: "Corpus") -> "MeasuredCorpus":
    """Return a corpus with the measures of every clip."""
    import pandas as pd

    from ser.audio.cutting import each_segment
    from ser.auditing.findings import MeasuredCorpus
    from ser.auditing.measure import MEASURES, measure
    from ser.schema import clip_names
    from ser.sources import segments_of

    rows = each_segment(
        functools.partial(measure, channel=corpus.channel), segments_of(corpus), f"Measuring {corpus.name}"
    )
    measures = pd.DataFrame(list(rows), columns=list(MEASURES))
    clips = corpus.clips.assign(path=clip_names(corpus.clips)).drop(columns=list(MEASURES), errors="ignore")
    return MeasuredCorpus(corpus, pd.concat([clips, measures], axis=1))


if __name__ == "__main__":
    run(main, "audit", AuditSettings, lambda arguments: corpus_alone(seeds_as_values(arguments)))
