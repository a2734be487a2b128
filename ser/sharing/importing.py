"""Cells of an archive become cells of a sweep here, where they are the same: they are not trained again."""

from collections.abc import Sequence
from pathlib import Path

from ser import records
from ser.errors import ArchiveError, RecordError
from ser.sharing.zip_files import REMEDY, Archive
from ser.sweep.identity import changes
from ser.sweep.planned import GridCell, needed


def import_cells(archive: Archive, cells: Sequence[GridCell]) -> int:
    """Copy the finished cells of an archive whose signature is that of a cell here, and return how many.

    A cell that is finished here stays as it is. One that is copied says where it is from.

    Args:
        archive: that is open.
        cells: of the grid here.

    Raises:
        ArchiveError: a file of the archive was changed or damaged.
        ConfigError: a cell was started here with another configuration.
    """
    sources = _finished(archive)
    imported = 0
    for cell in cells:
        if cell.description.signature not in sources or not needed(cell):
            continue
        source, result = sources[cell.description.signature]
        with records.held(cell.folder) as mine:
            if mine and needed(cell, mine):
                _copy(archive, source, result, cell)
                imported += 1
    return imported


def _finished(archive: Archive) -> dict[str, tuple[Path, records.ResultRecord]]:
    found = {}
    for path in sorted(archive.cells.glob(f"*/{records.RESULT}")):
        try:
            result = records.ResultRecord.read(path.parent)
            if result is not None:
                records.check(path.parent, result, *result.files)
                found[result.signature] = path.parent, result
        except RecordError as error:
            shown = error.path.relative_to(archive.folder)
            raise ArchiveError(f"{archive.path}: {shown} {error.reason}; {REMEDY}") from error
    return found


def _copy(archive: Archive, source: Path, result: records.ResultRecord, cell: GridCell) -> None:
    """Write the files of a cell, the result last, with the configuration of this machine."""
    records.start(cell.folder, cell.description, cell.settings.model_dump(mode="json"))
    for path in (*records.predictions(source, result), source / records.CURVES):
        if path.is_file():
            with records.whole(cell.folder / path.name) as temporary:
                temporary.write_bytes(path.read_bytes())
    own = {name: getattr(cell.description, name) for name in ("factors", "parameters", "started", "checkpoint_files")}
    files = {"files": records.digests(cell.folder), "imported_from": archive.record.sweep}
    result.model_copy(update=own | files).write(cell.folder)


def unlike(archive: Archive, cells: Sequence[GridCell]) -> list[str]:
    """Return what differs between cells here and those of the same factors in an archive, a line each."""
    archived = {_key(result): result for _, result in _finished(archive).values()}
    lines = []
    for cell in cells:
        other = archived.get(_key(cell.description))
        if other is not None and other.signature != cell.description.signature:
            before, now = ({**each.parameters, "checkpoint": ""} for each in (other, cell.description))
            lines.append(f"{cell.folder.name}: {', '.join(changes(before, now)) or 'another version of ser'}")
    return lines


def _key(cell: records.CellRecord) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in cell.factors.items()))
