"""Speech recognition by CTC: the network of transformers, and the LightningModule that fine-tunes it."""

import torch
from torch import nn
from torchmetrics.text import CharErrorRate, WordErrorRate
from transformers import PreTrainedModel

from ser.data.batches import Batch
from ser.errors import CheckpointError
from ser.models.architectures import ARCHITECTURES
from ser.models.callbacks import Monitor
from ser.models.ctc import BLANK, best_path, ctc_loss
from ser.models.encoder import SpeechEncoder
from ser.models.optimisation import FineTuner
from ser.settings import NumericsSettings, TranscriptionSettings
from ser.text.vocabulary import Vocabulary

CHARACTER_ERROR_RATE = Monitor("validation/cer", "min")


def with_ctc_head(encoder: SpeechEncoder, vocabulary: Vocabulary) -> PreTrainedModel:
    """Return transformers' own CTC model with this encoder in it, and a new head.

    The encoder is no copy: what trains one trains the other. Dropout before the head is that of the encoder's
    configuration.

    Raises:
        CheckpointError: there is no such model for this architecture.
    """
    config = encoder.model.config
    network_of = encoder.architecture.ctc
    if network_of is None:
        able = ", ".join(name for name, architecture in ARCHITECTURES.items() if architecture.ctc)
        raise CheckpointError(f"a {config.model_type} encoder cannot be pre-fine-tuned here; these can: {able}")
    config.update(
        {
            "vocab_size": len(vocabulary.tokens),
            "pad_token_id": BLANK,
            "bos_token_id": BLANK,  # there is none; some configurations need a number
            "eos_token_id": BLANK,
            "ctc_loss_reduction": "mean",
        }
    )
    with torch.device("meta"):  # its own encoder, which is thrown away, is never made
        network = network_of(config)
    setattr(network, network.base_model_prefix, encoder.model)
    network.lm_head = nn.Linear(config.hidden_size, config.vocab_size)
    nn.init.normal_(network.lm_head.weight, std=config.initializer_range)
    nn.init.zeros_(network.lm_head.bias)
    return network


class Transcriber(FineTuner):
    """Fine-tunes an encoder to write down what is said.

    Args:
        encoder: with its frozen convolutions, normalisation and mask rule.
        vocabulary: what can be written.
        protocol: optimiser and schedule.
        numerics: of the optimiser.
        longest: samples of the longest clip that is predicted.
    """

    def __init__(
        self,
        encoder: SpeechEncoder,
        vocabulary: Vocabulary,
        protocol: TranscriptionSettings,
        numerics: NumericsSettings,
        longest: int,
    ) -> None:
        super().__init__(protocol, numerics, protocol.warm_up)
        self.encoder = encoder
        self.network = with_ctc_head(encoder, vocabulary)
        self.vocabulary = vocabulary
        self.longest = longest
        self.cer = CharErrorRate()
        self.wer = WordErrorRate()

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits (batch, frames, vocabulary) of padded clips, and a mask that is True on real frames."""
        hidden, mask = self.encoder(inputs, lengths)
        return self.network.lm_head(self.network.dropout(hidden)), mask  # type: ignore[operator]

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Return the CTC loss of a batch."""
        logits, mask = self(batch.inputs, batch.lengths)
        return self.keep_loss(ctc_loss(logits, mask, batch.labels))

    def validation_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Count loss and errors over the clips that are validated on, and return the logits."""
        logits, mask = self(batch.inputs, batch.lengths)
        hypotheses = [self.vocabulary.decode(path) for path in best_path(logits, mask).tolist()]
        references = [self.vocabulary.decode([index for index in row if index >= 0]) for row in batch.labels.tolist()]
        self.cer.update(hypotheses, references)
        self.wer.update(hypotheses, references)
        self.log("validation/loss", ctc_loss(logits, mask, batch.labels), batch_size=len(batch.labels))
        self.log("validation/cer", self.cer, batch_size=len(batch.labels))
        self.log("validation/wer", self.wer, batch_size=len(batch.labels))
        return logits

    def predict_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the clips' positions (batch,) and transcripts, (batch, frames of the longest clip) indices."""
        path = best_path(*self(batch.inputs, batch.lengths))
        most = int(self.encoder.front_end.frames(torch.tensor(self.longest)))
        return batch.clips, nn.functional.pad(path[:, :most], (0, max(most - path.shape[1], 0)))
