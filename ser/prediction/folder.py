"""The folder of an exported model: what it is, and whether its files are those that were exported."""

from pathlib import Path

from ser.errors import ConfigError, RecordError
from ser.records.output import OutputRecord, digest
from ser.records.record import Record

COMMAND = "export"
ONNX = "model.onnx"
WEIGHTS_BESIDE = f"{ONNX}.data"
REMEDY = "export the cell again: python -m ser.export cell=<folder>"


class ExportRecord(Record):
    """How an exported model is called and what it takes.

    Attributes:
        name: of the model.
        labels: of its outputs.
        values: they are values from 0 to 1, not probabilities.
        sample_rate: of the clips that it takes, in Hz.
        loudness_lufs: of the clips; None leaves them at their level.
        channel: of recordings that have several.
        embedding_width: of its embeddings.
        longest_s: of a longer clip, only so much is used; None uses all.
        signatures: of the cells.
    """

    FILE = "recogniser.json"
    REMEDY = REMEDY

    name: str
    labels: list[str]
    values: bool
    sample_rate: int
    loudness_lufs: float | None
    channel: int
    embedding_width: int
    longest_s: float | None
    signatures: list[str]


def open_export(folder: Path, key: str = "model") -> ExportRecord:
    """Return what an exported model is, after comparing its files with the hashes of the export.

    Raises:
        ConfigError: the folder is none of an export.
        RecordError: a file is damaged, or is not there any more.
    """
    record, marker = ExportRecord.read(folder), OutputRecord.read(folder)
    if record is None or marker is None or marker.command != COMMAND:
        missing = "it is not there" if not folder.is_dir() else f"it has no {ExportRecord.FILE} and {OutputRecord.FILE}"
        raise ConfigError(f"{key}={folder}: no exported model, {missing}; make one: python -m ser.export cell=<folder>")
    for name in (ONNX, WEIGHTS_BESIDE):
        expected = marker.files.get(name)
        if expected is None and name != ONNX:
            continue
        if not (folder / name).is_file():
            raise RecordError(folder / name, "it is not there", REMEDY)
        if digest(folder / name) != expected:
            raise RecordError(folder / name, "its content is not that which was exported", REMEDY)
    return record
