"""`python -m ser.archive sweep=<name>`: one zip file of a sweep that others can analyse again, extend and compare."""

import platform
import tempfile
from importlib.metadata import distributions, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ser.analysis.helpers import processes
from ser.analysis.settings import AnalysisSettings
from ser.command import run
from ser.settings import FolderName


class Creator(BaseModel):
    """A person who made the sweep, as Zenodo has them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    affiliation: str | None = None
    orcid: str | None = Field(None, pattern=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$")


class ArchiveSettings(AnalysisSettings):
    """The sweep, the choices of its report, and who made it."""

    sweep: FolderName
    sweeps_dir: Path
    output: Path | None
    creators: tuple[Creator, ...]
    licence: str = Field(min_length=1)

    @property
    def path(self) -> Path:
        """The zip file."""
        return self.output or self.sweeps_dir / f"{self.sweep}.zip"

    @property
    def of_report(self) -> AnalysisSettings:
        """The choices of the report alone."""
        return AnalysisSettings(**{name: getattr(self, name) for name in AnalysisSettings.model_fields})


def main(settings: ArchiveSettings) -> None:
    """Write the archive, and print what it holds.

    Raises:
        ArchiveError: there is no finished cell, or a file of another origin would be replaced.
        RecordError: a file of a cell is damaged.
        ScoresError: the report cannot be made of these scores.
        UserError: the archive cannot be written.
    """
    with processes("ser.analysis.report") as helpers, tempfile.TemporaryDirectory(prefix="ser-archive-") as temporary:
        from ser import records
        from ser.csv_tables import write_csv
        from ser.records.output import digest
        from ser.sharing import metadata
        from ser.sharing.reanalysis import write_report
        from ser.sharing.record import CELLS, REPORT, ArchiveRecord, members
        from ser.sharing.staging import stage_cells
        from ser.sharing.terms import environment, terms
        from ser.sharing.zip_files import require_replaceable, write_archive

        require_replaceable(settings.path)
        folder = Path(temporary)
        results, unfinished = stage_cells(settings.sweeps_dir / settings.sweep, folder / CELLS)
        write_report(settings.sweep, folder / CELLS, settings.of_report, folder / REPORT, helpers)
        used = terms(results)
        write_csv(used, folder / metadata.TERMS)
        tests = sorted({test for result in results.values() for test in result.tests})
        installed = {package.name: package.version for package in distributions()}
        (folder / metadata.ENVIRONMENT).write_text(
            environment(results.values(), installed, platform.python_version()), encoding="utf-8"
        )
        metadata.write_metadata(
            folder,
            *metadata.describe(settings.sweep, len(results), unfinished, tests),
            max(result.ended for result in results.values()),
            used,
            [creator.model_dump(exclude_none=True) for creator in settings.creators],
            settings.licence,
        )
        ArchiveRecord(
            sweep=settings.sweep,
            version=version("ser-grid"),
            settings=settings.of_report.model_dump(mode="json"),
            files={name: digest(folder / name) for name in members(folder)},
        ).write(folder)
        with records.writing_to(settings.path, "output"):
            write_archive(folder, settings.path)
    print(f"{len(results)} finished cells, {unfinished} without a result")
    print(f"archive: {settings.path} ({settings.path.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    run(main, "archive", ArchiveSettings)
