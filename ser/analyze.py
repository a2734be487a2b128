"""`python -m ser.analyze sweep=<name>`: the statistics of a sweep, of scores, or of predictions, as a report."""

import sys
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from ser.analysis.settings import AnalysisSettings
from ser.command import run
from ser.errors import ConfigError, ScoresError
from ser.settings import TrackerSettings

if TYPE_CHECKING:
    from pandas import DataFrame

    from ser.tables import SweepTables


HELPERS = 2
"""Processes that read scores and predictions and draw figures, which takes longer than the statistics."""


class AnalyzeSettings(AnalysisSettings):
    """The choices of the analysis, where the scores are, and where the report goes."""

    sweep: str | tuple[str, ...] | None
    scores: Path | None
    speaker_scores: Path | None
    predictions: Path | None
    sweeps_dir: Path
    output: Path | None
    tracker: TrackerSettings

    @property
    def sweeps(self) -> tuple[str, ...]:
        """The sweeps to analyse, as one."""
        return (self.sweep,) if isinstance(self.sweep, str) else self.sweep or ()

    @property
    def folders(self) -> list[Path]:
        """The folders of the sweeps: a path as it is, a name under `sweeps_dir`."""
        return [Path(name) if len(Path(name).parts) > 1 else self.sweeps_dir / name for name in self.sweeps]

    @property
    def title(self) -> str:
        """What the report is of."""
        table = self.predictions or self.scores
        return table.stem if table else " + ".join(folder.name for folder in self.folders)

    @property
    def report(self) -> Path:
        """The folder of the report: beside the cells, or beside the table."""
        if self.output is not None:
            return self.output
        if table := self.predictions or self.scores:
            return table.with_name(f"{table.stem}_report")
        folders = self.folders
        return folders[0].with_name("+".join(folder.name for folder in folders)) / "report"


def main(settings: AnalyzeSettings) -> None:
    """Write the report, and log it to the sweep's parent run where the scores are from a tracker.

    Raises:
        ConfigError: there is nothing to read from, or more than one thing.
        UserError: the report cannot be written.
        ScoresError: the sweep, its scores, the metric, a factor or a column of `only` is not there.
    """
    named = [name for name in ("sweep", "scores", "predictions") if getattr(settings, name)]
    if len(named) != 1:
        raise ConfigError(
            f"name one thing to analyse, not {' and '.join(named) or 'nothing'}: sweep=<name, folder or [several]>,"
            " scores=<csv>, or predictions=<csv or parquet>"
        )
    if settings.speaker_scores and not settings.scores:
        raise ConfigError("speaker_scores=<csv> goes with scores=<csv>, both of one report")
    uri = _tracker_of(settings)
    forks = get_context("forkserver")
    forks.set_forkserver_preload(["ser.tracking"] if uri else ["ser.analysis.report"])
    with ProcessPoolExecutor(HELPERS, forks) as helpers:
        tables, speakers = _read(settings, uri, helpers)
        from ser import records
        from ser.analysis import report

        with records.writing_to(settings.report, "output"):
            files = report.write(
                settings.title,
                tables.scores,
                tables.confusions,
                tables.failures,
                settings,
                settings.report,
                helpers,
                tables.hardware,
                speakers,
            )
        if uri is not None and len(settings.sweeps) == 1:
            try:
                helpers.submit(_log, uri, settings.sweeps[0], settings.sweeps_dir, settings.report).result()
            except ScoresError as error:
                print(f"the tracker has no copy of the report: {error}", file=sys.stderr)
    print(f"{len(files)} files in {settings.report}")
    print(f"report: {settings.report / 'report.html'} (also report.md)")


def _tracker_of(settings: AnalyzeSettings) -> str | None:
    """Return the tracker to read from; None where the cells' files are what there is."""
    uri = settings.tracker.uri
    if uri is None or not settings.sweeps or any(len(Path(name).parts) > 1 for name in settings.sweeps):
        return None
    database = Path(uri.removeprefix("sqlite:///"))
    here = all(any(folder.glob("*/result.json")) for folder in settings.folders)
    return None if uri.startswith("sqlite:///") and not database.is_file() and here else uri


def _read(settings: AnalyzeSettings, uri: str | None, helpers: Executor) -> tuple["SweepTables", "DataFrame | None"]:
    """Read the tables, and the speaker scores where there are predictions."""
    if settings.sweeps:
        cells = [path.parent for folder in settings.folders for path in sorted(folder.glob("*/result.json"))]
        reading = helpers.submit(_read_sweeps, uri, settings.sweeps, settings.folders)
        parts = [cells[first::HELPERS] for first in range(HELPERS)]
        clips = [helpers.submit(_read_predictions, part, settings.metric) for part in parts if part]
        from ser.analysis import report  # noqa: F401  meanwhile
        from ser.analysis.claims.files import join

        return reading.result(), join([part.result() for part in clips])
    from ser.analysis.claims.clips import tables_of, with_standard_keys
    from ser.analysis.claims.files import read_clips, read_speakers
    from ser.schema import ALL, check_scores
    from ser.tables import SweepTables, read_scores, tabulate

    if settings.predictions:
        scores, speakers = tables_of(read_clips(settings.predictions), settings.metric, str(settings.predictions))
        return SweepTables(check_scores(scores, str(settings.predictions)), tabulate([]), tabulate([])), speakers
    assert settings.scores is not None
    tables = read_scores(settings.scores)
    lacking = {
        name: value for name, value in (("group", ALL), ("metric", settings.metric)) if name not in tables.scores
    }
    scores = check_scores(with_standard_keys(tables.scores.assign(**lacking)), str(settings.scores))
    speakers = read_speakers(settings.speaker_scores) if settings.speaker_scores else None
    return SweepTables(scores, tables.confusions, tables.failures), speakers


def _read_sweeps(uri: str | None, sweeps: Sequence[str], folders: Sequence[Path]) -> "SweepTables":
    """Read sweeps from the tracker and, if their folders are here, what was planned; or from the folders."""
    from ser.tables import join_tables, read_folders

    if uri is None:
        return read_folders(folders)
    from ser.sweep.grid import called, finished
    from ser.tracking import Tracker, read_sweep, send_missing

    tables = []
    for name, folder in zip(sweeps, folders, strict=True):
        table = read_sweep(uri, name, called(folder))
        if len(table.failures) and (ended := finished(folder)):  # the files are the truth, the tracker may be behind
            send_missing(Tracker(uri, name, folder.parent), ended)
            table = read_sweep(uri, name, called(folder))
        tables.append(table)
    return join_tables(tables)


def _read_predictions(cells: Sequence[Path], metric: str) -> "DataFrame":
    from ser.analysis.claims.files import read_cells

    return read_cells(cells, metric)


def _log(uri: str, sweep: str, sweeps_dir: Path, folder: Path) -> None:
    from ser.tracking import log_report

    log_report(uri, sweep, sweeps_dir, folder)


if __name__ == "__main__":
    run(main, "analyze", AnalyzeSettings)
