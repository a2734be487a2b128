"""The statistics of a sweep: read its scores from the tracker, write tables, tests, figures and the report."""

from pathlib import Path

from ser.analysis.settings import AnalysisSettings
from ser.command import run
from ser.errors import ConfigError
from ser.settings import TrackerSettings


class AnalyzeSettings(AnalysisSettings):
    """The choices of the analysis, where the scores are, and where the report goes."""

    sweep: str
    sweeps_dir: Path
    output: Path
    tracker: TrackerSettings


def main(settings: AnalyzeSettings) -> None:
    """Write the report of a sweep and log it to the sweep's parent run.

    Raises:
        ConfigError: there is no tracker to read from.
        ScoresError: the sweep, its scores, the metric or a factor is not there.
    """
    uri = settings.tracker.uri
    if uri is None:
        raise ConfigError("the analysis reads scores from MLflow; name its address: tracker.uri=sqlite:///...")
    from ser.analysis import report
    from ser.tracking import log_report, read_confusions, read_failures, read_scores

    files = report.write(
        settings.sweep,
        read_scores(uri, settings.sweep),
        read_confusions(uri, settings.sweep),
        read_failures(uri, settings.sweep),
        settings,
        settings.output,
    )
    log_report(uri, settings.sweep, settings.output)
    print(f"{len(files)} files in {settings.output}")
    print(f"report: {settings.output / 'report.html'} (also report.md)")


if __name__ == "__main__":
    run(main, "analyze", AnalyzeSettings)
