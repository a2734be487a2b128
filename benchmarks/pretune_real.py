"""Pre-fine-tune a tiny encoder on real Italian speech, and see whether it hears speakers that it has not heard before.

    python -m benchmarks.pretune_real corpora=/path/to/corpora output=pretune_real

needs CommonVoice-it/ and EMOVO/ in the folder of the corpora. For each seed, with its own speakers held out, it writes
down the training loss at the first and at the last validation, and the character error rate on the held-out speakers of
the best weights, of the untrained network, and of the best constant guess: the one text that is nearest to the
transcripts of the training clips, found by local search. `hindsight` is the text that is nearest to the held-out
transcripts themselves, which nobody can know before. Results: results.json and results.md in `output`.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import hydra
import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from torchmetrics.functional.text import char_error_rate

from ser import records
from ser.command import check, config_folder
from ser.data.stream import Batching
from ser.data.transcripts import TranscribedData
from ser.models.ctc import best_path
from ser.models.encoder import SpeechEncoder
from ser.models.transcriber import Transcriber
from ser.pretune import pretune
from ser.pretuning.settings import PretuneSettings
from ser.pretuning.speech import choose, open_speech
from ser.pretuning.stage import TRANSCRIPTS, transcripts
from ser.synthesis.checkpoints import write_checkpoints
from ser.text.vocabulary import Vocabulary

SEEDS = (0, 1, 2)
PROTOCOL = (
    "training.epochs=25",
    "training.batch_size=8",
    "training.learning_rate=3e-3",
    "training.validate_every_steps=118",
    "training.patience=100",
    "trainer=cpu",
    "trainer.threads=1",
    "tracker=none",
)


def main(corpora: str, output: str, *overrides: str) -> None:
    folder = Path(output)
    if not (folder / "encoders").is_dir():
        write_checkpoints(folder / "encoders", clips=250, steps=300, seed=0)
    rows = [row for seed in SEEDS for row in measure(settings_of(corpora, folder, seed, *overrides), folder)]
    table = pd.DataFrame(rows)
    (folder / "results.json").write_text(json.dumps(rows, indent=1) + "\n")
    (folder / "results.md").write_text(markdown(table))
    print(markdown(table))


def settings_of(corpora: str, folder: Path, seed: int, *overrides: str) -> PretuneSettings:
    with hydra.initialize_config_dir(str(config_folder()), version_base="1.3"):
        config = hydra.compose(
            "pretune",
            [
                "corpus=[commonvoice,emovo]",
                f"corpora_dir={corpora}",
                f"model.checkpoints.none={folder}/encoders/wav2vec2-none",
                f"store_dir={folder}/audio",
                f"output={folder}/checkpoints/wav2vec2-it-{seed}",
                f"seed.value={seed}",
                *PROTOCOL,
                *overrides,
            ],
        )
    return check(config, PretuneSettings)


def measure(settings: PretuneSettings, folder: Path) -> Iterator[dict[str, object]]:
    seed, cell = settings.seed.value, folder / "records" / f"seed={settings.seed.value}"
    before, trained_on = untrained(settings)
    cell.mkdir(parents=True, exist_ok=True)
    pretune(settings, cell)
    after = pd.read_parquet(cell / TRANSCRIPTS)
    losses = [row["metrics"]["train/loss"] for row in records.read_curves(cell)]
    parts = {"all": slice(None)} | {name: (after["corpus"] == name).to_numpy() for name in after["corpus"].unique()}
    for name, part in parts.items():
        said = after["transcript"][part].tolist()
        guess = best_constant([text for corpus, text in trained_on if name in ("all", corpus)])
        yield {
            "seed": seed,
            "corpus": name,
            "clips": len(said),
            "first_training_loss": losses[0],
            "last_training_loss": losses[-1],
            "untrained_cer": float(char_error_rate(before["heard"][part].tolist(), said)),
            "constant_cer": float(char_error_rate([guess] * len(said), said)),
            "hindsight_cer": float(char_error_rate([best_constant(said)] * len(said), said)),
            "model_cer": float(char_error_rate(after["heard"][part].tolist(), said)),
            "constant": guess,
        }


def untrained(settings: PretuneSettings) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """What the network hears before its first step, in the order of the transcripts that are written after the last.

    And the corpora and transcripts of the clips that it is going to be trained on.
    """
    pl.seed_everything(settings.seed.value, verbose=False)
    encoder, vocabulary = SpeechEncoder(settings.start, settings.audio.sample_rate), Vocabulary(settings.letters)
    speech = choose(
        settings, open_speech(settings), vocabulary, lambda n: int(encoder.front_end.frames(torch.tensor(n)))
    )
    validation = speech.positions("validation")
    module = Transcriber(encoder, vocabulary, settings.training, settings.numerics, longest=0).eval()
    batching = Batching(batch_size=8, evaluation_batch_size=32, epochs=1, seed=0)
    data = TranscribedData(speech.store, speech.store, speech.labels, validation, validation, batching)
    clips, heard = [], []
    with torch.no_grad():
        for batch in data.val_dataloader():
            paths = best_path(*module(batch.inputs, batch.lengths))
            clips.append(batch.clips)
            heard += [path.numpy() for path in paths]
    order = np.argsort(torch.cat(clips).numpy())
    width = max(map(len, heard))
    padded = np.stack([np.pad(path, (0, width - len(path))) for path in heard])
    trained_on = speech.clips.iloc[speech.positions("train")][["corpus", "transcript"]]
    heard_before = transcripts(speech, vocabulary, torch.cat(clips).numpy()[order], padded[order])
    return heard_before, list(trained_on.itertuples(index=False, name=None))


def best_constant(said: list[str]) -> str:
    """Return the text that is nearest to all others."""
    counts = pd.Series(said).value_counts()
    texts, weights = counts.index.tolist(), counts.to_numpy()
    frequent = pd.Series(list("".join(said))).value_counts().index[:12].tolist()

    def errors(text: str) -> int:
        return int(distances(text, texts) @ weights)

    guess = min(["", *texts], key=errors)
    improved = True
    while improved:
        improved = False
        for place in range(len(guess), -1, -1):
            nearby = sorted(
                {guess[:place] + letter + guess[place + cut :] for letter in ["", *frequent] for cut in (0, 1)}
            )
            nearest = min(nearby, key=errors)
            if errors(nearest) < errors(guess):
                guess, improved = nearest, True
    return guess


def distances(guess: str, said: list[str]) -> np.ndarray:
    """Return the edit distances of one text to many, (n,): a row of the usual table for all texts at once."""
    lengths = np.array([len(text) for text in said])
    columns = np.arange(lengths.max() + 1)
    codes = np.zeros((len(said), lengths.max()), dtype=int)
    for row, text in zip(codes, said, strict=True):
        row[: len(text)] = list(map(ord, text))
    table = np.broadcast_to(columns, (len(said), len(columns)))
    for number, letter in enumerate(guess, start=1):
        replaced = table[:, :-1] + (codes != ord(letter))
        best = np.minimum(np.column_stack([np.full(len(said), number), replaced]), table + 1)
        table = np.minimum.accumulate(best - columns, axis=1) + columns
    return table[np.arange(len(said)), lengths]


def markdown(table: pd.DataFrame) -> str:
    columns = [
        *("seed", "corpus", "clips", "first_training_loss", "last_training_loss"),
        *("untrained_cer", "constant_cer", "hindsight_cer", "model_cer"),
    ]
    lines = ["| " + " | ".join(column.replace("_", " ") for column in columns) + " |", "|---" * len(columns) + "|"]
    for row in table[columns].itertuples(index=False):
        lines.append("| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    given = dict(item.split("=", 1) for item in sys.argv[1:3])
    main(given["corpora"], given["output"], *sys.argv[3:])
