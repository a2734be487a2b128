"""The description and signature of a checkpoint, and the file beside its weights that holds them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ser.corpora import Corpus
from ser.errors import ConfigError, UserError
from ser.pretuning.settings import PretuneSettings
from ser.records import CellRecord, OutputRecord, ProvenanceRecord, Score, check_output
from ser.sweep.identity import changes, describe_run, identity


def describe_checkpoint(settings: PretuneSettings, corpora: Mapping[str, Corpus]) -> CellRecord:
    """Return the description of a checkpoint, written before training starts; see `ser.sweep.identity.describe`.

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
    """Return the record of a checkpoint, without times and paths: the same checkpoint has the same file."""
    return ProvenanceRecord(
        signature=cell.signature, factors=cell.factors, parameters=identity(cell.parameters), scores=scores
    )


def is_made(output: Path, cell: CellRecord, on_change: Literal["stop", "rerun"]) -> bool:
    """Return whether a folder holds the described checkpoint; if False, it may be written there.

    Raises:
        ConfigError: it holds a checkpoint with another description, and `on_change` is `stop`.
        RecordError: it holds a checkpoint whose record cannot be read.
        UserError: it holds something else, or files that were changed since.
    """
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return False
    existing = ProvenanceRecord.read(output) if output.is_dir() else None
    if existing is None and output.is_dir() and OutputRecord.read(output):
        check_output(output, "pretune")  # its files were being replaced when the call was killed
        return False
    if existing is None:
        raise UserError(
            f"{output} holds something that was not made here (no {ProvenanceRecord.FILE} in it); choose another"
            " folder: output=<folder>"
        )
    if existing.signature == cell.signature:
        return True
    if on_change == "rerun":
        check_output(output, "pretune")
        return False
    different = "\n         ".join(changes(existing.parameters, identity(cell.parameters)))
    raise ConfigError(
        f"{output} was made from something else:\n         {different}\n"
        "       choose another folder (output=...) or level (pretune=...), or make it again with on_change=rerun"
    )


def error_rates_of(output: Path) -> str:
    """Return `commonvoice CER .215, WER .682`: the error rates of a checkpoint on held-out speakers.

    Raises:
        RecordError: its record cannot be read.
    """
    rates: dict[str, list[str]] = {}
    record = ProvenanceRecord.read(output)
    for score in record.scores if record else []:
        value = f"{score.value:.3f}".removeprefix("0")
        rates.setdefault(score.dataset, []).append(f"{score.metric.upper()} {value}")
    return "; ".join(f"{corpus} {', '.join(values)}" for corpus, values in rates.items())
