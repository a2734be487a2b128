"""The report of an archive made again from its cells, and what differs from the one in it."""

from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from ser import records
from ser.analysis import report
from ser.analysis.settings import AnalysisSettings
from ser.analysis.sweeps import read_sweeps
from ser.errors import ArchiveError
from ser.sharing.differences import Difference, compare_tables
from ser.sharing.zip_files import Archive

DIFFERENCES: Final = "differences.csv"
SHOWN: Final = 20
"""Differences that are printed; the file has all of them."""


def settings_of(archive: Archive) -> AnalysisSettings:
    """Return the choices that the report in an archive was made with.

    Raises:
        ArchiveError: they are none.
    """
    try:
        return AnalysisSettings.model_validate(archive.record.settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ArchiveError(f"{archive.path}: the settings of its report: {key}: {first['msg']}") from error


def write_report(title: str, cells: Path, settings: AnalysisSettings, output: Path, helpers: Executor) -> list[Path]:
    """Write the report of a folder of cells.

    Args:
        title: of the report.
        cells: folder of the sweep.
        settings: of the report.
        output: folder of the report.
        helpers: processes that read and draw.

    Raises:
        ScoresError, RecordError, UserError: as `ser.analysis.sweeps.read_sweeps` and `ser.analysis.report.write`.
    """
    tables, speakers = read_sweeps([cells], settings.metric, helpers)
    with records.writing_to(output, "output"):
        return report.write(
            title,
            tables.scores,
            tables.confusions,
            tables.failures,
            settings,
            output,
            helpers,
            tables.hardware,
            speakers,
        )


def reanalyse(
    archive: Archive, chosen: Mapping[str, Any], output: Path, helpers: Executor
) -> tuple[list[Path], list[Difference] | None]:
    """Make the report of an archive again, without corpora and without a tracker.

    Args:
        archive: that is open.
        chosen: settings of the report that the user chose, in place of those of the archive.
        output: folder of the new report.
        helpers: processes that read and draw.

    Returns:
        The files of the report; and what differs from the report in the archive, None where the user chose other
        settings, so that nothing can be compared.

    Raises:
        ArchiveError, ScoresError, RecordError, UserError: it cannot be read, or the report cannot be written.
    """
    archived = settings_of(archive)
    settings = AnalysisSettings.model_validate({**archived.model_dump(), **chosen})
    try:
        files = write_report(archive.record.sweep, archive.cells, settings, output, helpers)
    except records.RecordError as error:
        shown = error.path.relative_to(archive.folder) if error.path.is_relative_to(archive.folder) else error.path
        raise ArchiveError(
            f"{archive.path}: {shown} {error.reason}: it was changed or damaged; get the archive again from whoever"
            " made it"
        ) from error
    if settings != archived:
        return files, None
    differences = compare_tables(archive.report, output)
    if differences:
        records.update_file(output / DIFFERENCES, _as_csv(differences), "analyze")
    return files, differences


def in_words(differences: list[Difference]) -> list[str]:
    """Return the lines that a person reads of differences: those beyond rounding first, the others counted."""
    changed = [difference for difference in differences if not difference.rounding]
    rounded = [difference for difference in differences if difference.rounding]
    lines = [str(difference) for difference in changed[:SHOWN]]
    if len(changed) > SHOWN:
        lines.append(f"and {len(changed) - SHOWN} more")
    if rounded:
        largest = max(rounded, key=lambda difference: difference.relative)
        lines.append(
            f"{len(rounded)} number(s) differ by rounding alone, most {largest.file}, row {largest.row},"
            f" {largest.column}: {largest.archived} in the archive, {largest.now} now"
        )
    return lines


def _as_csv(differences: list[Difference]) -> str:
    import pandas as pd

    from ser.csv_tables import escaped

    return escaped(pd.DataFrame(differences)).to_csv(index=False)
