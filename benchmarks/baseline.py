"""How such an encoder is fine-tuned where nobody looked at the time: what the benchmarks compare with.

Single precision, every clip convolved again in every epoch, batches drawn at random and padded to their longest clip,
validation every ten steps at the same price. The network, the mean over real frames and the weighted loss are the
project's, written anew with transformers alone, so that accuracies can be compared too.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset
from transformers import AutoModel, Wav2Vec2FeatureExtractor


class PlainClassifier(nn.Module):
    """An encoder, the mean over real frames, ReLU, one linear layer, and the loss.

    Args:
        checkpoint: a folder in hub layout.
        weights: (emotions,) of the classes in the loss.
    """

    def __init__(self, checkpoint: str, weights: torch.Tensor) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(checkpoint, dtype=torch.float32)
        self.encoder.feature_extractor._freeze_parameters()
        self.head = nn.Linear(self.encoder.config.hidden_size, len(weights))
        self.loss = nn.CrossEntropyLoss(weight=weights)

    def forward(
        self, input_values: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Return the loss and the logits of padded waveforms (batch, samples), with their mask of real samples."""
        hidden = self.encoder(input_values, attention_mask=attention_mask).last_hidden_state
        real = self.encoder._get_feature_vector_attention_mask(hidden.shape[1], attention_mask).unsqueeze(-1)
        logits = self.head(torch.relu((hidden * real).sum(1) / real.sum(1)))
        return {"loss": self.loss(logits, labels), "logits": logits}


class Clips(Dataset):
    """Waveforms and the indices of their emotions.

    Args:
        inputs: position -> waveform (samples,).
        positions: of the clips among them.
        labels: of the clips.
    """

    def __init__(self, inputs: Sequence[np.ndarray], positions: np.ndarray, labels: np.ndarray) -> None:
        self.inputs = inputs
        self.positions = positions
        self.labels = labels

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, item: int) -> tuple[np.ndarray, int]:
        return np.asarray(self.inputs[int(self.positions[item])]), int(self.labels[item])


class Collate:
    """Standardises clips and pads them to the longest, as the checkpoint's feature extractor does."""

    def __init__(self, checkpoint: str) -> None:
        self.extractor = Wav2Vec2FeatureExtractor.from_pretrained(checkpoint)

    def __call__(self, items: list[tuple[np.ndarray, int]]) -> dict[str, torch.Tensor]:
        """Return a batch as `PlainClassifier` takes it."""
        clips, labels = zip(*items, strict=True)
        batch = self.extractor(
            list(clips), sampling_rate=16000, padding=True, return_attention_mask=True, return_tensors="pt"
        )
        return {**batch, "labels": torch.tensor(labels)}
