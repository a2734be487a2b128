"""The log-mel spectrogram of Whisper, of the clip alone: no silence is added to make it 30 s long."""

from typing import Any

import torch
from transformers import PreTrainedModel, WhisperFeatureExtractor

from ser.models.padding import apart

FLOOR = 1e-10
RANGE = 8.0
"""Decades below the loudest point of a clip at which its spectrogram is cut off."""


class LogMel:
    """What `WhisperFeatureExtractor` computes of an unpadded clip, on the device where the clip is.

    Radford et al. (2023), Robust speech recognition via large-scale weak supervision, section 2.2. Whisper has a
    position for each 20 ms of 30 s and no more: of a longer clip the first 30 s are used.

    Args:
        model: whose number of positions counts.
        extractor: has the mel filters.
    """

    def __init__(self, model: PreTrainedModel, extractor: WhisperFeatureExtractor) -> None:
        self.hop: int = extractor.hop_length
        self.window: int = extractor.n_fft
        self.filters = torch.as_tensor(extractor.mel_filters, dtype=torch.float32)
        self.channels: int = self.filters.shape[1]
        self.longest: int | None = 2 * model.config.max_source_positions * self.hop  # two frames make a position

    @torch.no_grad()
    def __call__(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features (batch, frames, mels) of waveforms (batch, samples), and (batch,) frames of each."""
        return apart(self._log_mel, waveforms, lengths.clamp(max=self.longest), self.window), self.frames(lengths)

    def frames(self, samples: torch.Tensor) -> torch.Tensor:
        """Return how many frames so many samples make."""
        return torch.div(samples.clamp(min=self.window, max=self.longest), self.hop, rounding_mode="floor")

    def description(self) -> dict[str, Any]:
        """Return all but the filters that determines the features of a clip."""
        return {"kind": "log_mel", "hop": self.hop, "window": self.window, "longest": self.longest}

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the mel filters."""
        return {"filters": self.filters}

    def _log_mel(self, waveform: torch.Tensor) -> torch.Tensor:
        window = torch.hann_window(self.window, device=waveform.device)
        spectrum = torch.stft(waveform, self.window, self.hop, window=window, return_complex=True)[:, :-1]
        mels = spectrum.abs().square().T @ self.filters.to(waveform.device)
        decades = mels.clamp(min=FLOOR).log10()
        return (decades.maximum(decades.max() - RANGE) + 4) / 4
