"""The exported folder: all of its files, written whole or not at all."""

from pathlib import Path

from ser import records
from ser.errors import ConfigError
from ser.exporting import audonnx
from ser.exporting.card import card
from ser.exporting.graph import PROBABILITIES, VALUES, write_onnx
from ser.exporting.hub import FILES as HUB_FILES
from ser.exporting.hub import write_hub
from ser.exporting.members import Members
from ser.prediction.folder import COMMAND, ONNX, WEIGHTS_BESIDE, ExportRecord

CARD = "README.md"
FILES = (ONNX, WEIGHTS_BESIDE, audonnx.HEADER, audonnx.GRAPH, *HUB_FILES, CARD, ExportRecord.FILE)


def write_export(folder: Path, members: Members) -> None:
    """Write networks as a folder that needs neither corpora nor sweep.

    Raises:
        ConfigError: the extra is not installed, or a part of the network cannot be exported.
        CheckpointError: the checkpoint cannot be loaded.
        UserError: files in the folder are not of an earlier export, or cannot be replaced.
    """
    networks = members.networks()
    record = _record(members, folder.name, sum(network.pooling.width for network in networks), networks[0].encoder)
    settings = members.settings
    with records.output(folder, COMMAND, FILES) as staged:
        write_hub(
            staged,
            networks,
            members.labels,
            {"pooling": settings.pooling, "layers": settings.layers, "head": settings.head},
            members.values,
            record.sample_rate,
            record.loudness_lufs,
        )
        write_onnx(staged / ONNX, networks, members.values, record.sample_rate)
        audonnx.write_header(staged, ONNX, VALUES if members.values else PROBABILITIES, members.labels)
        (staged / CARD).write_text(card(members, record), encoding="utf-8")
        record.write(staged)


def _record(members: Members, name: str, width: int, encoder: object) -> ExportRecord:
    settings = members.settings
    channels = {settings.dataset.corpora[corpus].channel for corpus in settings.dataset.train}
    if len(channels) > 1:
        raise ConfigError(f"the training corpora use different channels: {', '.join(map(str, sorted(channels)))}")
    longest = encoder.front_end.longest  # type: ignore[attr-defined]
    return ExportRecord(
        name=name,
        labels=members.labels,
        values=members.values,
        sample_rate=settings.audio.sample_rate,
        loudness_lufs=settings.audio.loudness_lufs,
        channel=channels.pop(),
        embedding_width=width,
        longest_s=None if longest is None else longest / settings.audio.sample_rate,
        signatures=[cell.result.signature for cell in members.cells],
    )
