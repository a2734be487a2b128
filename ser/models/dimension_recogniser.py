"""The LightningModule for arousal, valence and dominance: losses, and the CCC as validation metric."""

import torch
from torch import nn

from ser.data.batches import Batch
from ser.metrics.concordance import ccc
from ser.models.callbacks import Monitor
from ser.models.classifier import EmotionClassifier
from ser.models.recogniser import Recogniser
from ser.schema import DIMENSIONS
from ser.settings import NumericsSettings, TrainingSettings


class ConcordanceLoss(nn.Module):
    """1 - the mean CCC over the dimensions of a batch, from 0 (all predictions correct) to 2."""

    def forward(self, predicted: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Return the loss of values (batch, dimensions)."""
        return 1 - ccc(predicted.float(), truth).mean()  # moments in bf16 have two digits, and autocast knows no CCC


CONCORDANCE = Monitor("validation/ccc", "max")

LOSSES = {"ccc": ConcordanceLoss, "mse": nn.MSELoss}


class DimensionRecogniser(Recogniser):
    """Fine-tunes a network whose outputs are the three dimensions, each on a scale from 0 to 1.

    Args:
        classifier: the network, with one output per dimension.
        protocol: optimiser and schedule.
        numerics: arithmetic of the optimiser.
        loss: one of `LOSSES`.
    """

    monitor = CONCORDANCE

    def __init__(
        self, classifier: EmotionClassifier, protocol: TrainingSettings, numerics: NumericsSettings, loss: str
    ) -> None:
        super().__init__(classifier, protocol, numerics, LOSSES[loss]())
        self._validated: list[tuple[torch.Tensor, torch.Tensor]] = []

    def validation_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Collect predictions and truth, and return the former: the CCC of a split is not the mean over its batches."""
        predicted = self.classifier(batch.inputs, batch.lengths).float()
        self._validated.append((predicted, batch.labels))
        return predicted

    def on_validation_epoch_end(self) -> None:
        """Log loss and CCC over the whole validation split."""
        predicted, truth = (torch.cat(parts) for parts in zip(*self._validated, strict=True))
        self._validated = []
        concordance = ccc(predicted, truth)
        self.log("validation/ccc", concordance.mean())
        for name, value in zip(DIMENSIONS, concordance, strict=True):
            self.log(f"validation/ccc_{name}", value)
        self.log("validation/loss", self.loss(predicted, truth))
        super().on_validation_epoch_end()
