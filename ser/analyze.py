"""The statistics of a sweep: read its scores from the tracker, write tables, tests, figures and the report."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from ser.analysis.settings import AnalysisSettings
from ser.command import run
from ser.errors import ConfigError
from ser.settings import FolderName, TrackerSettings

if TYPE_CHECKING:
    from pandas import DataFrame


HELPERS = 2
"""Processes that read scores and draw figures, which takes longer than the statistics."""


class AnalyzeSettings(AnalysisSettings):
    """The choices of the analysis, where the scores are, and where the report goes."""

    sweep: FolderName
    sweeps_dir: Path
    output: Path
    tracker: TrackerSettings


def main(settings: AnalyzeSettings) -> None:
    """Write the report of a sweep and log it to the sweep's parent run.

    Raises:
        ConfigError: there is no tracker to read from.
        ScoresError: the sweep, its scores, the metric, a factor or a column of `only` is not there.
    """
    uri = settings.tracker.uri
    if uri is None:
        raise ConfigError("the analysis reads scores from MLflow; name its address: tracker.uri=sqlite:///...")
    forks = get_context("forkserver")
    forks.set_forkserver_preload(["ser.tracking"])
    with ProcessPoolExecutor(HELPERS, forks) as helpers:
        reading = helpers.submit(_read, uri, settings.sweep, settings.sweeps_dir / settings.sweep)
        from ser.analysis import report

        scores, confusions, failures, hardware = reading.result()
        files = report.write(settings.sweep, scores, confusions, failures, settings, settings.output, helpers, hardware)
        helpers.submit(_log, uri, settings.sweep, settings.sweeps_dir, settings.output).result()
    print(f"{len(files)} files in {settings.output}")
    print(f"report: {settings.output / 'report.html'} (also report.md)")


def _read(uri: str, sweep: str, folder: Path) -> tuple["DataFrame", "DataFrame", "DataFrame", "DataFrame"]:
    """Read the sweep from the tracker, and from its folder, if that is here, which cells it was to have."""
    from ser.sweep.grid import called, finished
    from ser.tracking import Tracker, read_sweep, send_missing

    tables = read_sweep(uri, sweep, called(folder))
    if len(tables.failures) and (ended := finished(folder)):  # the files are the truth, and the tracker may be behind
        send_missing(Tracker(uri, sweep, folder.parent), ended)
        tables = read_sweep(uri, sweep, called(folder))
    return tables.scores, tables.confusions, tables.failures, tables.hardware


def _log(uri: str, sweep: str, sweeps_dir: Path, folder: Path) -> None:
    from ser.tracking import log_report

    log_report(uri, sweep, sweeps_dir, folder)


if __name__ == "__main__":
    run(main, "analyze", AnalyzeSettings)
