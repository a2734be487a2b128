"""Tiny wav2vec2 and HuBERT encoders for the demo, pre-trained on unlabelled synthetic English speech.

Fine-tuning freezes the convolutions, and with random ones it learns little. So an encoder is first trained to predict
the log-mel spectrogram of its input: not the objective of wav2vec 2.0 or HuBERT, but in seconds it gives features that
carry pitch, rate and loudness. These are the demo's `<model>-none`; `ser.pretune` makes its `<model>-it` from them.

The speech has other sentences, voices and seeds than the corpora, and prosody drawn independently of any emotion.
"""

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torchaudio
from torch import nn
from torch.nn import functional
from transformers import (
    HubertConfig,
    HubertModel,
    PreTrainedModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
)
from transformers.utils import logging as transformers_logging

from ser.synthesis import sentences
from ser.synthesis.emotions import draw_any
from ser.synthesis.progress import progress
from ser.synthesis.rendering import render_all, resample
from ser.synthesis.voices import Utterance, draw_voice

SAMPLE_RATE = 16000

ARCHITECTURE = {
    # The large models scaled down, with three convolutions instead of seven: the same frame rate, much faster.
    "conv_dim": (48, 64, 64),
    "conv_kernel": (40, 8, 8),
    "conv_stride": (20, 4, 4),
    "conv_bias": True,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 128,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    # A few hundred steps need no regularisation.
    "apply_spec_augment": False,
    "layerdrop": 0.0,
    "hidden_dropout": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
    "feat_proj_dropout": 0.0,
}
MODELS = {"wav2vec2": (Wav2Vec2Config, Wav2Vec2Model), "hubert": (HubertConfig, HubertModel)}

_MELS = 80
_WINDOW = 1024  # samples of the spectrogram: long enough for the lowest filters to resolve pitch
_HOP = 320  # samples between frames: the product of `conv_stride`
_RECEPTIVE_FIELD = 740  # samples in the receptive field of a frame of the convolutions
_CROP = 16000  # samples
_BATCH = 16
_LEARNING_RATE = 3e-3


def write_checkpoints(folder: Path, clips: int, steps: int, seed: int) -> None:
    """Write the checkpoints, each as a folder in Hugging Face hub layout.

    Args:
        folder: new folder of the checkpoints.
        clips: number of training clips, each of another voice.
        steps: optimiser steps.
        seed: seed of speech, weights and batches.

    Raises:
        SynthesisError: as `espeak.speak`.
    """
    speech = _speech(clips, [seed, 3])
    extractor = Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True)
    transformers_logging.disable_progress_bar()  # for files of half a megabyte
    for number, (name, (config, model)) in enumerate(MODELS.items()):
        with _reproducible(seed + number):
            encoder = model(config(**ARCHITECTURE))
            head = nn.Linear(encoder.config.hidden_size, _MELS)
            _warm_up(encoder, head, speech, steps, name)
            encoder.save_pretrained(folder / f"{name}-none")
            extractor.save_pretrained(folder / f"{name}-none")


@contextlib.contextmanager
def _reproducible(seed: int) -> Iterator[None]:
    """Run torch on one thread with a fixed seed, then restore its state: the same weights on any machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def _speech(clips: int, seed: list[int]) -> torch.Tensor:
    """Return the concatenated clips, (samples,), each of another voice, with zero mean and unit variance."""
    rng = np.random.default_rng(seed)
    utterances = [
        Utterance(
            text=str(rng.choice(sentences.WARM_UP)),
            language="en",
            voice=draw_voice(("female", "male")[number % 2], rng),
            prosody=draw_any(rng),
            seed=int(rng.integers(2**31)),
        )
        for number in range(clips)
    ]
    spoken = [resample(clip, SAMPLE_RATE) for clip in render_all(utterances, "speech for pre-training")]
    return torch.from_numpy(np.concatenate([(clip - clip.mean()) / clip.std() for clip in spoken]))


def _warm_up(encoder: PreTrainedModel, head: nn.Module, speech: torch.Tensor, steps: int, task: str) -> None:
    """Train the encoder to predict the standardised log-mel spectrogram of its input."""
    mean, deviation = (moment(_log_mel(speech), dim=0) for moment in (torch.mean, torch.std))
    parameters = [*encoder.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LEARNING_RATE, total_steps=steps, pct_start=0.1)
    encoder.train()
    for _ in progress(range(steps), f"warming up {task}", steps):
        starts = torch.randint(len(speech) - _CROP, (_BATCH, 1))
        waveforms = speech[starts + torch.arange(_CROP)]
        predicted = head(encoder(waveforms).last_hidden_state)
        loss = functional.mse_loss(predicted, (_log_mel(waveforms) - mean) / deviation)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()


def _log_mel(waveforms: torch.Tensor) -> torch.Tensor:
    """Return (..., frames, mels) of (..., samples), with the frames and centres of the convolutions."""
    padding = (_WINDOW - _RECEPTIVE_FIELD) // 2
    return (_spectrogram()(functional.pad(waveforms, (padding, padding))) + 1e-4).log().transpose(-1, -2)


@functools.cache
def _spectrogram() -> torchaudio.transforms.MelSpectrogram:
    return torchaudio.transforms.MelSpectrogram(
        SAMPLE_RATE, n_fft=_WINDOW, hop_length=_HOP, n_mels=_MELS, f_min=50, center=False
    )
