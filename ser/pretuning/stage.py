"""One checkpoint, from transcribed speech to a folder in hub layout, in the order in which it happens."""

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
from ser.models.transcriber import CHARACTER_ERROR_RATE, Transcriber
from ser.pretuning.card import write_card
from ser.pretuning.checkpoint import whole, write_network, write_speech
from ser.pretuning.provenance import provenance
from ser.pretuning.settings import PretuneSettings
from ser.pretuning.speech import Speech, choose
from ser.records import CHECKPOINT, CellRecord, Score
from ser.schema import ALL
from ser.sources import Source
from ser.text.vocabulary import Vocabulary

TRANSCRIPTS = "transcripts.parquet"
"""The file with what was said and what was heard in every clip that was validated on."""


def make_checkpoint(
    settings: PretuneSettings, sources: Mapping[str, Source], cell: CellRecord, folder: Path, send: SendCurves
) -> dict[str, Any]:
    """Fine-tune by the protocol, measure the errors of the best weights, and write the checkpoint.

    Args:
        settings: of the checkpoint.
        sources: the corpora.
        cell: its description.
        folder: of the records; training goes on from a checkpoint that is in it.
        send: is told of every validation.

    Returns:
        What stands in `result.json` beside the description.
    """
    hardware = set_up(settings.trainer, settings.numerics)
    pl.seed_everything(settings.seed.value, verbose=False)
    encoder = SpeechEncoder(
        settings.start, settings.audio.sample_rate, settings.numerics.attention, settings.model.architecture
    )
    vocabulary = Vocabulary(settings.letters)
    speech = choose(settings, sources, vocabulary, lambda samples: int(encoder.front_end.frames(torch.tensor(samples))))
    limit_gb = settings.trainer.features_gb
    data = TranscribedData(
        store=speech.store,
        inputs=Joined(
            [
                open_inputs(encoder, source.store, settings.numerics, limit_gb, hardware.device, settings.store_dir)
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
    [(positions, heard)] = predict(trainer, module, data)
    table = transcripts(speech, vocabulary, positions, heard)
    table.to_parquet(folder / TRANSCRIPTS, index=False)
    scores = error_rates(table)
    with whole(settings.output) as output:
        write_network(output, module, settings.audio.sample_rate)
        write_speech(output, settings, sources, speech)
        write_card(output, settings, cell, speech, scores)
        provenance(cell, scores).write(output)
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


def transcripts(speech: Speech, vocabulary: Vocabulary, positions: np.ndarray, heard: np.ndarray) -> pd.DataFrame:
    """Tabulate what was said and heard: `corpus`, `path`, `speaker`, `gender`, `transcript`, `heard`.

    Args:
        speech: all clips.
        vocabulary: of the recogniser.
        positions: (n,) of the clips.
        heard: (n, frames) indices of the vocabulary, as `ser.models.ctc.best_path` returns them.
    """
    columns = ["corpus", "path", "speaker", "gender", "transcript"]
    texts = [vocabulary.decode(row) for row in heard.tolist()]
    return speech.clips.iloc[positions][columns].reset_index(drop=True).assign(heard=texts)


def error_rates(table: pd.DataFrame) -> list[Score]:
    """Return character and word error rate on each corpus, over all its characters and words, as rows of scores."""
    return [
        Score(dataset=str(corpus), group=ALL, metric=metric, value=float(rate(*_columns(clips))))
        for corpus, clips in table.groupby("corpus", sort=False)
        for metric, rate in (("cer", char_error_rate), ("wer", word_error_rate))
    ]


def _columns(clips: pd.DataFrame) -> tuple[list[str], list[str]]:
    return clips["heard"].tolist(), clips["transcript"].tolist()
