"""Pre-trained speech encoders: a front end that is computed once, and a body that is trained."""

import torch
from torch import nn

from ser.errors import CheckpointError
from ser.models import bodies, front_ends
from ser.models.attention import IMPLEMENTATIONS
from ser.models.loading import load
from ser.models.padding import positions


class SpeechEncoder(nn.Module):
    """A Hugging Face encoder in two halves: the front end, which has no gradient, and the body above it.

    Padding changes nothing: the front end and the body see to it that every clip is encoded as it is alone.

    Args:
        checkpoint: a hub id, `id@revision`, or a folder in hub layout.
        sample_rate: of the clips, in Hz.
        attention: how transformers computes it: `sdpa` or `eager`.

    Attributes:
        model: of transformers.
        front_end: (waveforms, lengths) -> (features, frames).
        body: features -> hidden states.
        width: of the hidden states.

    Raises:
        CheckpointError: as `ser.models.loading.load` does, or the encoder hears another sampling rate.
    """

    def __init__(self, checkpoint: str, sample_rate: int, attention: str = "sdpa") -> None:
        super().__init__()
        self.model, extractor = load(checkpoint, IMPLEMENTATIONS[attention])
        if extractor.sampling_rate != sample_rate:
            raise CheckpointError(
                f"checkpoint {checkpoint} hears {extractor.sampling_rate} Hz, the clips are stored at {sample_rate} Hz:"
                f" set audio.sample_rate={extractor.sampling_rate}"
            )
        self.front_end = front_ends.build(self.model, extractor)
        self.body = bodies.build(self.model)
        self.width: int = self.model.config.hidden_size
        self.model.train()  # checkpoints load in evaluation mode, and Lightning leaves modes as they are
        for module in self.body.convolutions:
            module.requires_grad_(False)

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode padded clips.

        Args:
            inputs: waveforms (batch, samples) at the encoder's sampling rate, or features (batch, frames, channels) as
                the front end returns them; anything where padded.
            lengths: (batch,) of each clip, in samples or frames.

        Returns:
            The last hidden states (batch, frames, width), and a mask (batch, frames) that is True on real frames.
        """
        hidden, real = self._embed(inputs, lengths)
        return self.body.transform(hidden, real), real

    def _embed(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features, frames = (inputs, lengths) if inputs.dim() == 3 else self.front_end(inputs, lengths)
        masks = self.training and getattr(self.model.config, "apply_spec_augment", True)  # data2vec's does not say
        hidden, frames = self.body.embed(features.float(), frames, masks)
        return hidden, positions(hidden.shape[1], frames)
