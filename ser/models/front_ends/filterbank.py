"""The log-mel filterbank of w2v-BERT 2.0: as Kaldi computes it, each channel normalised over the clip."""

from typing import Any

import torch
from torch.nn import functional
from transformers import PreTrainedModel, SeamlessM4TFeatureExtractor

from ser.models.padding import NORMALISATION_FLOOR, transform_unpadded

FRAME = 400
HOP = 160
FOURIER = 512
PREEMPHASIS = 0.97
FLOOR = 1.192092955078125e-07
SCALE = 2**15
"""Kaldi's samples are 16-bit integers."""


class Filterbank:
    """What `SeamlessM4TFeatureExtractor` computes of an unpadded clip, on the device where the clip is.

    Communication et al. (2023), Seamless, section 3.2.1. `stride` frames of 10 ms make one of the encoder's; what is
    left over at the end is left out, as the extractor's mask leaves it out.

    Args:
        model: not used: all that counts is in the extractor.
        extractor: has the mel filters, the window and the stride.
    """

    longest: int | None = None

    def __init__(self, model: PreTrainedModel, extractor: SeamlessM4TFeatureExtractor) -> None:
        self.stride: int = extractor.stride
        self.filters = torch.as_tensor(extractor.mel_filters, dtype=torch.float32)
        self.window = torch.as_tensor(extractor.window, dtype=torch.float32)
        self.channels: int = self.filters.shape[1] * self.stride
        self.least = FRAME + HOP * (max(self.stride, 2) - 1)  # the variance is that of two frames at least

    @torch.no_grad()
    def __call__(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features (batch, frames, channels) of waveforms (batch, samples), and (batch,) frames of each."""
        return transform_unpadded(self._filterbank, waveforms, lengths, self.least), self.frames(lengths)

    def frames(self, samples: torch.Tensor) -> torch.Tensor:
        """Return how many frames so many samples make."""
        short = torch.div(samples.clamp(min=self.least) - FRAME, HOP, rounding_mode="floor") + 1
        return torch.div(short, self.stride, rounding_mode="floor")

    def description(self) -> dict[str, Any]:
        """Return all but filters and window that determines the features of a clip."""
        return {"kind": "filterbank", "stride": self.stride}

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the mel filters and the window."""
        return {"filters": self.filters, "window": self.window}

    def _filterbank(self, waveform: torch.Tensor) -> torch.Tensor:
        frames = waveform.unfold(0, FRAME, HOP) * SCALE
        frames = frames - frames.mean(dim=1, keepdim=True)
        before = functional.pad(frames[None], (1, 0), mode="replicate")[0, :, :-1]
        frames = (frames - PREEMPHASIS * before) * self.window.to(waveform.device)
        power = torch.fft.rfft(frames, FOURIER).abs().square()
        mels = (power @ self.filters.to(waveform.device)).clamp(min=FLOOR).log()
        mels = (mels - mels.mean(dim=0)) / (mels.var(dim=0) + NORMALISATION_FLOOR).sqrt()
        whole = len(mels) // self.stride
        return mels[: whole * self.stride].reshape(whole, -1)
