"""What the benchmarks work on: EMO-DB where it is there, else a made-up corpus; and an encoder of random weights.

Nothing is downloaded. The made-up clips are tones in noise, whose pitch tells the emotion: enough to train on.
"""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd

SAMPLE_RATE = 16000

TINY = {
    # The large models in small: seven convolutions with layer norm, and the mask that goes with it.
    "conv_dim": (32,) * 7,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 128,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
LARGE = {
    # Of all four checkpoints of the paper: 24 layers x 1024.
    "feat_extract_norm": "layer",
    "conv_bias": True,
    "do_stable_layer_norm": True,
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
}


def corpus(folder: Path, clips: int | None = None) -> Path:
    """Return the table of a corpus (`dataset=manifest`): EMO-DB where `SER_CORPORA` has it, or else what stands in.

    Args:
        folder: where the table, and made-up clips, are written.
        clips: made-up ones, so many, in any case.
    """
    emodb = Path(os.environ.get("SER_CORPORA", "corpora")) / "EMO-DB"
    if clips is None and emodb.is_dir():
        return _published("emodb", emodb.resolve(), folder)
    return tones(folder, clips or 168)


def _published(reader: str, root: Path, folder: Path) -> Path:
    from ser.corpora import read

    table = read(reader, reader=reader, root=root, channel=0, outside="drop").clips
    folder.mkdir(parents=True)
    (folder / "wav").symlink_to(root / "wav")
    table.to_csv(folder / "clips.csv", index=False)
    return folder / "clips.csv"


def name(table: Path) -> str:
    """Say what the table of a corpus holds."""
    clips = len(pd.read_csv(table))
    return f"{'EMO-DB' if (table.parent / 'wav').is_dir() else 'made-up tones'}, {clips} clips"


def described(checkpoint: Path) -> str:
    """Say how large an encoder is, by its config.json."""
    config = json.loads((checkpoint / "config.json").read_text())
    convolutions = f"{len(config['conv_dim'])} convolutions x {config['conv_dim'][-1]}"
    return f"{config['model_type']}, {convolutions}, {config['num_hidden_layers']} layers x {config['hidden_size']}"


def tones(folder: Path, clips: int, seed: int = 0, seconds: tuple[float, float] = (1.0, 3.0)) -> Path:
    """Write clips of tones in noise, two of each speaker and emotion, and return their table."""
    import soundfile

    from ser.schema import EMOTIONS

    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(clips):
        speaker, within = divmod(number, 2 * len(EMOTIONS))
        emotion = within % len(EMOTIONS)
        time_s = np.arange(int(SAMPLE_RATE * rng.uniform(*seconds))) / SAMPLE_RATE
        clip = 0.2 * np.sin(2 * np.pi * (150 + 40 * emotion + 5 * (speaker % 12)) * time_s)
        clip += 0.02 * rng.standard_normal(len(time_s))
        name = f"{number:06d}.wav"
        soundfile.write(folder / name, clip, SAMPLE_RATE, subtype="PCM_16")
        rows.append((name, EMOTIONS[emotion], f"speaker{speaker:04d}", ("female", "male")[speaker % 2]))
    table = folder / "clips.csv"
    pd.DataFrame(rows, columns=["path", "emotion", "speaker", "gender"]).to_csv(table, index=False)
    return table


def encoder(folder: Path, architecture: dict = TINY, seed: int = 0) -> Path:
    """Write a wav2vec 2.0 encoder of random weights in hub layout, and return its folder."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(seed)
    Wav2Vec2Model(Wav2Vec2Config(**architecture)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True).save_pretrained(folder)
    return folder
