"""Fine-tune an encoder to transcribe, and write the checkpoint in hub layout."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from torchmetrics.functional.text import char_error_rate, word_error_rate

from ser.audio.ragged import Joined
from ser.data.stream import Batching
from ser.data.transcripts import TranscribedData
from ser.evaluation import versions
from ser.models.callbacks import SendCurves
from ser.models.devices import set_up
from ser.models.encoder import SpeechEncoder
from ser.models.features import open_inputs
from ser.models.fitting import fit, predict
from ser.models.frozen import Features
from ser.models.transcriber import CHARACTER_ERROR_RATE, Transcriber
from ser.pretuning.card import write_card
from ser.pretuning.checkpoint import write_leakage_record, write_network
from ser.pretuning.provenance import provenance
from ser.pretuning.settings import PretuneSettings
from ser.pretuning.speech import Speech, select_clips
from ser.records import CHECKPOINT, CellRecord, ProvenanceRecord, Score, output
from ser.schema import ALL
from ser.sources import Source
from ser.text.vocabulary import Vocabulary

TRANSCRIPTS = "transcripts.parquet"
"""File with the reference and the predicted transcript of every validation clip."""


def make_checkpoint(
    settings: PretuneSettings, sources: Mapping[str, Source], cell: CellRecord, folder: Path, send: SendCurves
) -> dict[str, Any]:
    """Fine-tune an encoder, measure the error rates of the best weights, and write the checkpoint.

    Args:
        settings: settings of the checkpoint.
        sources: name -> corpus and decoded audio.
        cell: its description.
        folder: folder of the records; training resumes from a checkpoint in it.
        send: called after every validation with (step, metrics).

    Returns:
        The content of `result.json`, without the description.
    """
    hardware = set_up(settings.trainer, settings.numerics)
    pl.seed_everything(settings.seed.value, verbose=False)
    encoder = SpeechEncoder(
        settings.start, settings.audio.sample_rate, settings.numerics.attention, settings.model.architecture
    )
    vocabulary = Vocabulary(settings.letters)
    speech = select_clips(
        settings, sources, vocabulary, lambda samples: int(encoder.front_end.frames(torch.tensor(samples)))
    )
    front_end, limit_gb = [Features(encoder)], settings.trainer.features_gb
    data = TranscribedData(
        store=speech.store,
        inputs=Joined(
            [
                open_inputs(front_end, source.store, settings.numerics, limit_gb, hardware.device, settings.store_dir)
                for source in sources.values()
            ]
        ),
        labels=speech.labels,
        train=speech.positions("train"),
        validation=speech.positions("validation"),
        batching=Batching.of(settings.training, hardware.evaluation_batch_size(settings.trainer), settings.seed.value),
    )
    longest = int(speech.store.lengths[data.validation].max())
    module = Transcriber(encoder, vocabulary, settings.training, settings.numerics, longest)
    trainer, training = fit(
        module,
        data,
        settings.training,
        hardware,
        settings.trainer,
        folder / CHECKPOINT,
        send,
        CHARACTER_ERROR_RATE,
    )
    [(positions, indices)] = predict(trainer, module, data)
    table = transcript_table(speech, vocabulary, positions, indices)
    table.to_parquet(folder / TRANSCRIPTS, index=False)
    scores = error_rates(table)
    with output(settings.output, "pretune", last=ProvenanceRecord.FILE) as staged:
        write_network(staged, module, settings.audio.sample_rate)
        write_leakage_record(staged, settings, sources, speech)
        write_card(staged, settings, cell, speech, scores)
        provenance(cell, scores).write(staged)
    return {
        "training": training,
        "scores": scores,
        "confusion": {},
        "left_out": speech.left_out,
        "split": {name: len(speech.positions(name)) for name in ("train", "validation", "unused")},
        "hours": {name: speech.hours(name) for name in ("train", "validation")},
        "checkpoint": str(settings.output),
        "versions": versions(),
    }


def transcript_table(
    speech: Speech, vocabulary: Vocabulary, positions: np.ndarray, indices: np.ndarray
) -> pd.DataFrame:
    """Return one row per clip: `corpus`, `path`, `speaker`, `gender`, `transcript`, and `heard`, the prediction.

    Args:
        speech: all clips.
        vocabulary: tokens of the language.
        positions: (n,) positions of the clips.
        indices: (n, frames) token indices, as `ser.models.ctc.best_path` returns them.
    """
    columns = ["corpus", "path", "speaker", "gender", "transcript"]
    texts = [vocabulary.decode(row) for row in indices.tolist()]
    return speech.clips.iloc[positions][columns].reset_index(drop=True).assign(heard=texts)


def error_rates(table: pd.DataFrame) -> list[Score]:
    """Return the character and word error rate of each corpus, over all its characters and words."""
    return [
        Score(dataset=str(corpus), group=ALL, metric=metric, value=float(rate(*_transcripts(clips))))
        for corpus, clips in table.groupby("corpus", sort=False)
        for metric, rate in (("cer", char_error_rate), ("wer", word_error_rate))
    ]


def _transcripts(clips: pd.DataFrame) -> tuple[list[str], list[str]]:
    return clips["heard"].tolist(), clips["transcript"].tolist()
