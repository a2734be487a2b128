"""`python -m ser.analyze sweep=<name>`: the statistics of a sweep, of scores, or of predictions, as a report."""

import contextlib
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.hydra_config import HydraConfig

from ser.analysis.helpers import processes
from ser.analysis.settings import AnalysisSettings
from ser.command import run
from ser.errors import ConfigError, ScoresError
from ser.settings import TrackerSettings

if TYPE_CHECKING:
    from pandas import DataFrame

    from ser.tables import SweepTables


class AnalyzeSettings(AnalysisSettings):
    """The choices of the analysis, where the scores are, and where the report goes."""

    sweep: str | tuple[str, ...] | None
    scores: Path | None
    speaker_scores: Path | None
    predictions: Path | None
    archive: Path | tuple[Path, ...] | None
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
    def archives(self) -> tuple[Path, ...]:
        """The archives to analyse, as one or several."""
        return (self.archive,) if isinstance(self.archive, Path) else self.archive or ()

    @property
    def title(self) -> str:
        """What the report is of."""
        if self.archives:
            return " + ".join(path.stem for path in self.archives)
        table = self.predictions or self.scores
        return table.stem if table else " + ".join(folder.name for folder in self.folders)

    @property
    def report(self) -> Path:
        """The folder of the report: beside the cells, or beside the table."""
        if self.output is not None:
            return self.output
        if table := self.predictions or self.scores:
            return table.with_name(f"{table.stem}_report")
        if self.archives:
            return self.archives[0].with_name(f"{'+'.join(path.stem for path in self.archives)}_report")
        folders = self.folders
        return folders[0].with_name("+".join(folder.name for folder in folders)) / "report"


def main(settings: AnalyzeSettings) -> None:
    """Write the report, and log it to the sweep's parent run where the scores are from a tracker.

    Raises:
        ConfigError: there is nothing to read from, or more than one thing.
        UserError: the report cannot be written.
        ScoresError: the sweep, its scores, the metric, a factor or a column of `only` is not there.
        ArchiveError: an archive cannot be opened or analysed.
    """
    named = [name for name in ("sweep", "scores", "predictions", "archive") if getattr(settings, name)]
    if len(named) != 1:
        raise ConfigError(
            f"name one thing to analyse, not {' and '.join(named) or 'nothing'}: sweep=<name, folder or [several]>,"
            " scores=<csv>, predictions=<csv or parquet>, or archive=<zip or [several]>"
        )
    if settings.speaker_scores and not settings.scores:
        raise ConfigError("speaker_scores=<csv> goes with scores=<csv>, both of one report")
    if settings.archives:
        return analyze_archive(settings) if len(settings.archives) == 1 else compare(settings)
    uri = _tracker_of(settings)
    with processes("ser.tracking" if uri else "ser.analysis.report") as helpers:
        tables, speakers = _read(settings, uri, helpers)
        print(f"{settings.title}: {len(tables.scores)} scores; tests and figures follow", flush=True)
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
    for line in report.in_short(settings.report):
        print(line)
    print(f"{len(files)} files in {settings.report}")
    print(f"report: {settings.report / 'report.html'} (also report.md)")


def analyze_archive(settings: AnalyzeSettings) -> None:
    """Make the report of an archive again and list what differs; leave with exit code 1 if anything was changed."""
    with processes("ser.analysis.report") as helpers:
        from ser.sharing.reanalysis import in_words, reanalyse
        from ser.sharing.zip_files import opened

        path = settings.archives[0]
        with opened(path) as archive:
            files, differences = reanalyse(archive, _typed(settings), settings.report, helpers)
            altered = archive.altered
    print(f"{len(files)} files in {settings.report}")
    for name in altered:
        print(f"{path}: {name} was changed after the archive was written")
    if differences is None:
        print("not compared with the report in the archive, which was made with other settings")
    elif not differences:
        print("every CSV file is that of the report in the archive, bit for bit")
    else:
        print("\n".join([*in_words(differences), f"all differences: {settings.report / 'differences.csv'}"]))
    print(f"report: {settings.report / 'report.html'} (also report.md)")
    if altered or any(not difference.rounding for difference in differences or ()):
        sys.exit(1)


def compare(settings: AnalyzeSettings) -> None:
    """Write one leaderboard over several archives, and print what they cannot be compared on."""
    from ser.sharing.comparing import compare_archives
    from ser.sharing.leaderboards import write_leaderboards
    from ser.sharing.zip_files import opened

    with contextlib.ExitStack() as stack:
        archives = [stack.enter_context(opened(path)) for path in settings.archives]
        for archive in archives:
            for name in archive.altered:
                print(f"{archive.path}: {name} was changed after the archive was written")
        comparison = compare_archives(archives, settings.metric)
        files = write_leaderboards(comparison, settings, settings.title, settings.report)
    print("\n".join([*comparison.notes, f"{len(files)} files in {settings.report}"]))
    print(f"report: {settings.report / 'report.html'} (also report.md)")


def _typed(settings: AnalyzeSettings) -> dict[str, object]:
    """Return the choices of the report that were typed on the command line."""
    typed = HydraConfig.get().overrides.task if HydraConfig.initialized() else []
    keys = {item.lstrip("+~").partition("=")[0] for item in typed} & AnalysisSettings.model_fields.keys()
    return {key: getattr(settings, key) for key in keys}


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
        reading = helpers.submit(_read_sweeps, uri, settings.sweeps, settings.folders)
        from ser.analysis.sweeps import joined, start_reading

        clips = start_reading(settings.folders, settings.metric, helpers)
        from ser.analysis import report  # noqa: F401  meanwhile

        return reading.result(), joined(clips)
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


def _log(uri: str, sweep: str, sweeps_dir: Path, folder: Path) -> None:
    from ser.tracking import log_report

    log_report(uri, sweep, sweeps_dir, folder)


if __name__ == "__main__":
    run(main, "analyze", AnalyzeSettings)
