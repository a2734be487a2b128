"""What a checkpoint is made from: its signature, and the file beside its weights that says so; nothing is opened."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ser.corpora import Corpus
from ser.errors import ConfigError, UserError
from ser.pretuning.settings import PretuneSettings
from ser.records import CellRecord, ProvenanceRecord, Score
from ser.sweep.identity import changes, describe_run, identity


def describe_checkpoint(settings: PretuneSettings, corpora: Mapping[str, Corpus]) -> CellRecord:
    """Return what is written down of a checkpoint before training starts, as `ser.sweep.identity.describe` does.

    Raises:
        CorpusError: a recording cannot be read.
    """
    factors = {
        "model": settings.model.name,
        "pretune": settings.pretune.name,
        "dataset": "+".join(settings.corpora),
        "seed": settings.seed.value,
    }
    return describe_run(settings, settings.start, corpora, {}, factors=factors, tests=list(settings.corpora))


def provenance(cell: CellRecord, scores: list[Score]) -> ProvenanceRecord:
    """Return what is written down: no times and no paths, so that the same checkpoint made again has the same file."""
    return ProvenanceRecord(
        signature=cell.signature, factors=cell.factors, parameters=identity(cell.parameters), scores=scores
    )


def is_made(output: Path, cell: CellRecord, on_change: Literal["stop", "rerun"]) -> bool:
    """Return whether a folder holds the checkpoint that is described; if not, it may be written there.

    Raises:
        ConfigError: it holds one that was made from something else, and `on_change` is `stop`; what differs is named.
        RecordError: it holds a checkpoint, and the record of what it was made from cannot be read.
        UserError: it holds something that was not made by this stage.
    """
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return False
    before = ProvenanceRecord.read(output) if output.is_dir() else None
    if before is None:
        raise UserError(
            f"{output} holds something that was not made here (no {ProvenanceRecord.FILE} in it); choose another"
            " folder: output=<folder>"
        )
    if before.signature == cell.signature:
        return True
    if on_change == "rerun":
        return False
    different = "\n         ".join(changes(before.parameters, identity(cell.parameters)))
    raise ConfigError(
        f"{output} was made from something else:\n         {different}\n"
        "       choose another folder (output=...) or level (pretune=...), or make it anew with on_change=rerun"
    )


def error_rates_of(output: Path) -> str:
    """Return `commonvoice CER .215, WER .682`: the errors of a made checkpoint on unheard speakers.

    Raises:
        RecordError: its record cannot be read.
    """
    rates: dict[str, list[str]] = {}
    record = ProvenanceRecord.read(output)
    for score in record.scores if record else []:
        value = f"{score.value:.3f}".removeprefix("0")
        rates.setdefault(score.dataset, []).append(f"{score.metric.upper()} {value}")
    return "; ".join(f"{corpus} {', '.join(values)}" for corpus, values in rates.items())
