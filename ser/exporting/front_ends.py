"""The front ends as a graph computes them: whole batches, with masks in place of a loop over the clips.

Training computes a clip without its padding (`ser.models.front_ends`), in an order of operations that stored features
depend on. ONNX has no such loop; what depends on the length of a clip takes its statistics over the real frames here.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ser.errors import ConfigError
from ser.models.front_ends import Convolutions, Filterbank, FrontEnd, LogMel, filterbank, log_mel
from ser.models.padding import NORMALISATION_FLOOR, length_mask, standardise


def as_graph(front_end: FrontEnd) -> nn.Module:
    """Return a module (waveforms, lengths) -> (features, frames) that computes what a front end does.

    Raises:
        ConfigError: the front end is none of those of the package.
    """
    if type(front_end) is Convolutions:
        return BatchedConvolutions(front_end)
    if type(front_end) is Filterbank:
        return BatchedFilterbank(front_end)
    if type(front_end) is LogMel:
        return BatchedLogMel(front_end)
    raise ConfigError(f"front end {type(front_end).__name__} is not one of the package, and cannot be exported to ONNX")


class BatchedConvolutions(nn.Module):
    """The convolutions of wav2vec 2.0; group norm takes its statistics over the real frames of each clip."""

    def __init__(self, front_end: Convolutions) -> None:
        super().__init__()
        self.front_end = front_end
        self.layers: nn.ModuleList = front_end.convolutions.conv_layers  # type: ignore[assignment]

    def forward(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features (batch, frames, channels) of waveforms (batch, samples), and (batch,) frames."""
        waveforms = functional.pad(waveforms, (0, self.front_end.receptive_field()))
        real = length_mask(waveforms.shape[1], lengths)
        hidden = (standardise(waveforms, real) if self.front_end.normalises else waveforms * real)[:, None]
        frames = lengths.clamp(min=self.front_end.receptive_field())
        for layer in self.layers:
            convolution: nn.Conv1d = layer.conv  # type: ignore[assignment]
            hidden = convolution(hidden)
            frames = torch.div(frames - convolution.kernel_size[0], convolution.stride[0], rounding_mode="floor") + 1
            norm = getattr(layer, "layer_norm", None)
            if isinstance(norm, nn.GroupNorm):
                hidden = _normalise_over_time(hidden, frames, norm)
            elif norm is not None:
                hidden = norm(hidden.transpose(1, 2)).transpose(1, 2)
            hidden = layer.activation(hidden)  # type: ignore[operator]
        return hidden.transpose(1, 2), frames


def _normalise_over_time(hidden: torch.Tensor, frames: torch.Tensor, norm: nn.GroupNorm) -> torch.Tensor:
    """Normalise each channel over the real frames of a clip; hidden is (batch, channels, frames)."""
    real = length_mask(hidden.shape[2], frames)[:, None]
    count = frames[:, None, None]
    mean = (hidden * real).sum(dim=2, keepdim=True) / count
    variance = ((hidden - mean).square() * real).sum(dim=2, keepdim=True) / count
    scaled = (hidden - mean) * (variance + norm.eps).rsqrt()
    return scaled * norm.weight[:, None] + norm.bias[:, None]


class _Spectra(nn.Module):
    """Power spectra of frames as one convolution: frames, window and Fourier transform are linear.

    Args:
        frame: (frames, size) -> complex (frames, bins), linear.
        size: samples of a frame.
        hop: samples from a frame to the next.
    """

    def __init__(self, frame: Any, size: int, hop: int) -> None:
        super().__init__()
        spectra = frame(torch.eye(size, dtype=torch.float64))  # (size, bins)
        kernel = torch.cat([spectra.real, spectra.imag], dim=1).T[:, None].float()
        self.register_buffer("kernel", kernel.contiguous())
        self.hop = hop

    kernel: torch.Tensor

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        """Return (batch, frames, bins) of waveforms (batch, samples)."""
        real, imaginary = functional.conv1d(waveforms[:, None], self.kernel, stride=self.hop).chunk(2, dim=1)
        return (real.square() + imaginary.square()).transpose(1, 2)


class BatchedFilterbank(nn.Module):
    """The filterbank of w2v-BERT 2.0; channels are normalised over the real frames of each clip."""

    filters: torch.Tensor

    def __init__(self, front_end: Filterbank) -> None:
        super().__init__()
        self.front_end = front_end
        self.register_buffer("filters", front_end.filters)
        window = front_end.window.double()

        def frame(frames: torch.Tensor) -> torch.Tensor:
            frames = frames * filterbank.SCALE
            frames = frames - frames.mean(dim=1, keepdim=True)
            before = torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
            return torch.fft.rfft((frames - filterbank.PREEMPHASIS * before) * window, filterbank.FOURIER)

        self.spectra = _Spectra(frame, filterbank.FRAME, filterbank.HOP)

    def forward(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features (batch, frames, channels) of waveforms (batch, samples), and (batch,) frames."""
        stride, least = self.front_end.stride, self.front_end.least
        waveforms = functional.pad(waveforms * length_mask(waveforms.shape[1], lengths), (0, least))
        mels = (self.spectra(waveforms) @ self.filters).clamp(min=filterbank.FLOOR).log()
        frames = torch.div(lengths.clamp(min=least) - filterbank.FRAME, filterbank.HOP, rounding_mode="floor") + 1
        real = length_mask(mels.shape[1], frames)[:, :, None]
        count = frames[:, None, None]
        mean = (mels * real).sum(dim=1, keepdim=True) / count
        variance = ((mels - mean).square() * real).sum(dim=1, keepdim=True) / (count - 1)
        mels = (mels - mean) / (variance + NORMALISATION_FLOOR).sqrt()
        whole = mels.shape[1] // stride
        return mels[:, : whole * stride].reshape(mels.shape[0], whole, -1), torch.div(
            frames, stride, rounding_mode="floor"
        )


class BatchedLogMel(nn.Module):
    """The log-mel spectrogram of Whisper; each clip is mirrored at its own end, and cut off below its loudest point."""

    filters: torch.Tensor

    def __init__(self, front_end: LogMel) -> None:
        super().__init__()
        self.front_end = front_end
        self.register_buffer("filters", front_end.filters)
        window = torch.hann_window(front_end.window, dtype=torch.float64)
        self.spectra = _Spectra(lambda frames: torch.fft.rfft(frames * window), front_end.window, front_end.hop)

    def forward(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features (batch, frames, mels) of waveforms (batch, samples), and (batch,) frames."""
        size, longest = self.front_end.window, self.front_end.longest
        waveforms = waveforms[:, :longest]
        waveforms = functional.pad(waveforms * length_mask(waveforms.shape[1], lengths), (0, size))
        lengths = lengths.clamp(min=size, max=longest)
        position = (torch.arange(waveforms.shape[1], device=lengths.device) - size // 2).abs()[None]
        mirrored = torch.minimum(position, (2 * (lengths[:, None] - 1) - position).abs())
        waveforms = waveforms.gather(1, mirrored.clamp(max=waveforms.shape[1] - 1))
        frames = torch.div(lengths, self.front_end.hop, rounding_mode="floor")
        decades = (self.spectra(waveforms) @ self.filters).clamp(min=log_mel.FLOOR).log10()
        real = length_mask(decades.shape[1], frames)[:, :, None]
        peak = decades.masked_fill(~real, -torch.inf).amax(dim=(1, 2), keepdim=True)
        return (decades.maximum(peak - log_mel.RANGE) + 4) / 4 * real, frames
