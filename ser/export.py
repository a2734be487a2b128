"""`python -m ser.export cell=<folder>`: write a finished cell as a folder that needs neither corpora nor sweep."""

import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ser.arguments import quoted_folders
from ser.command import run
from ser.settings import Part


class ExportSettings(Part):
    """The cells, the folder to write, and the name on the hub."""

    cell: Path | None
    ensemble: list[Path]
    output: Path | None
    push: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None


def main(settings: ExportSettings) -> None:
    """Write ONNX, weights in hub layout, settings and model card; upload them if a name on the hub is given.

    Raises:
        ConfigError: not one of `cell` and `ensemble` is given, a cell kept no weights, the cells of an ensemble differ
            in more than their seed, or a part cannot be exported.
        RecordError: a file of a cell is damaged.
        UserError: the output folder holds other files, the checkpoint has changed, or the hub refuses.
    """
    from ser import records
    from ser.errors import ConfigError

    folders = settings.ensemble or ([settings.cell] if settings.cell else [])
    if not folders or (settings.ensemble and settings.cell):
        raise ConfigError(
            "name one: cell=<folder of a finished cell>, or ensemble=[<folder>,<folder>] of several seeds"
        )
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise ConfigError("ensemble: a cell is named twice; name it once")
    output = settings.output or folders[0] / "export"

    from ser.exporting.folder import FILES, write_export
    from ser.exporting.members import open_members
    from ser.prediction.folder import COMMAND

    records.check_output(output, COMMAND, FILES)
    write_export(output, open_members(folders, "ensemble" if settings.ensemble else "cell"))
    print(f"exported model: {output}")
    if settings.push:
        from ser.exporting.upload import push

        print(f"uploaded: {push(output, settings.push)}")


if __name__ == "__main__":
    sys.argv[1:] = quoted_folders(sys.argv[1:])
    run(main, "export", ExportSettings)
