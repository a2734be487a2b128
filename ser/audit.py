"""`python -m ser.audit dataset=<name>`: look at the corpora of a dataset as a careful person does before training."""

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import NonNegativeInt

from ser.command import run
from ser.settings import DatasetSettings, Part, Seed, SplitSettings

if TYPE_CHECKING:
    from ser.auditing.findings import Examined
    from ser.corpora import Corpus


class AuditSettings(Part):
    """Which corpora and which split are looked at, where the page goes, and what is too bad."""

    dataset: DatasetSettings
    split: SplitSettings
    seed: Seed
    corpora_dir: Path
    output: Path
    players: NonNegativeInt
    fail_on: Literal["error", "warning", "never"]


def main(settings: AuditSettings) -> None:
    """Measure every clip, write what was found, and leave with code 1 if some of it is too bad.

    Raises:
        ConfigError: a reader or an option is wrong.
        CorpusError: the labels of a corpus cannot be read; recordings that cannot are findings.
    """
    from ser.auditing import labels, overlap, page, parts, recordings
    from ser.auditing.findings import SEVERITIES, Finding
    from ser.sources import read_corpus

    dataset = settings.dataset
    corpora = [examine(read_corpus(name, dataset.corpora[name])) for name in dataset.used]
    splits = {}
    findings: list[Finding] = []
    for one in corpora[: len(dataset.train)]:
        split, of_split = parts.split(one, settings.split, settings.seed)
        findings += of_split
        if split is not None:
            splits[one.name] = split
    for one in corpora:
        findings += [found for check in (*recordings.CHECKS, *labels.CHECKS) for found in check(one)]
    findings += overlap.find(corpora, splits)
    written = page.write(dataset.name, corpora, findings, settings.output, settings.players)
    for severity in reversed(SEVERITIES):
        for found in findings:
            if found.severity == severity:
                print(f"{severity}: {found.corpus}, {found.check}: {found.message}")
    print(f"{written} (also findings.csv, clips.csv, counts.csv)")
    bad = SEVERITIES[SEVERITIES.index(settings.fail_on) :] if settings.fail_on != "never" else ()
    if any(found.severity in bad for found in findings):
        sys.exit(1)


def examine(corpus: "Corpus") -> "Examined":
    """Measure every clip of a corpus."""
    import pandas as pd

    from ser.audio.parallel import each_file
    from ser.auditing.findings import Examined
    from ser.auditing.measure import MEASURES, measure

    files = [corpus.root / path for path in corpus.clips["path"]]
    rows = each_file(functools.partial(measure, channel=corpus.channel), files, f"Measuring {corpus.name}")
    measures = pd.DataFrame(list(rows), columns=list(MEASURES))
    return Examined(corpus, pd.concat([corpus.clips, measures], axis=1))


if __name__ == "__main__":
    run(main, "audit", AuditSettings)
