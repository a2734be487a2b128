"""Pre-trained speech encoders: a front end that is computed once, and a body that is trained."""

import functools
import warnings
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer

from ser.errors import CheckpointError, ConfigError
from ser.models.attention import IMPLEMENTATIONS
from ser.models.bodies import Body
from ser.models.checkpoint import reason, require_rate
from ser.models.front_ends import FrontEnd
from ser.models.loading import load, one_message
from ser.models.padding import length_mask


class Encoder(nn.Module):
    """An encoder of transformers in two halves: the front end, which has no gradient, and the body above it.

    Padding changes nothing: the front end and the body see to it that every clip is encoded as it is alone.

    Args:
        model: of transformers.
        front_end: (waveforms, lengths) -> (features, frames).
        body: features -> hidden states.

    Attributes:
        width: of the hidden states.
        frozen: parts that work as in evaluation also while the rest is trained; the whole model gets no gradient then.
        frozen_layers: number of layers below the first trained part; None: all of the encoder is frozen.
    """

    def __init__(self, model: PreTrainedModel, front_end: FrontEnd, body: Body) -> None:
        super().__init__()
        self.model = model
        self.front_end = front_end
        self.body = body
        self.width: int = model.config.hidden_size
        self.frozen: list[nn.Module] = []
        self.frozen_layers: int | None = 0
        self._whole = True

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode padded clips.

        Args:
            inputs: waveforms (batch, samples) at the encoder's sampling rate, features (batch, frames, channels) as
                the front end returns them, or states (batch, frames, states, width) as
                `ser.models.frozen.FrozenStates` returns them; anything where padded.
            lengths: (batch,) of each clip, in samples or frames.

        Returns:
            The last hidden states (batch, frames, width), and a mask (batch, frames) that is True on real frames.
        """
        if inputs.dim() < 4:
            with self._gradients():
                hidden, real = self._embed(inputs, lengths)
                return self.body.transform(hidden, real), real
        hidden, real = inputs[:, :, -1].float(), length_mask(inputs.shape[1], lengths)
        if self.frozen_layers is None:
            return hidden, real
        return self.body.transform(hidden, real, first=self.frozen_layers), real

    def states(
        self, inputs: torch.Tensor, lengths: torch.Tensor, last: int | None = None
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Encode padded clips, as `forward` does, and return the hidden states of all layers, and the mask.

        The first are what enters the first layer, the last are those that `forward` returns. A layer that is left out
        in training (LayerDrop) has the states of the one below it.

        Args:
            inputs: as `forward` takes them; of states, those that are in them come first.
            lengths: (batch,) of each clip.
            last: number of layers to apply; None: all.
        """
        below = [*inputs.float().unbind(dim=2)] if inputs.dim() == 4 else []
        if below and self.frozen_layers is None:
            return below, length_mask(inputs.shape[1], lengths)
        first, end = (self.frozen_layers or 0) if below else 0, len(self.body.layers) if last is None else last
        above: dict[int, torch.Tensor] = {}

        def enter(layer: nn.Module, arguments: tuple, named: dict[str, torch.Tensor]) -> None:
            above.setdefault(first, arguments[0] if arguments else named["hidden_states"])

        def leave(number: int, layer: nn.Module, arguments: tuple, output: Any) -> None:
            above[number] = output[0] if isinstance(output, tuple) else output

        layers = [*self.body.layers][first:end]
        hooks = [layer.register_forward_pre_hook(enter, with_kwargs=True) for layer in layers]
        hooks += [
            layer.register_forward_hook(functools.partial(leave, number))
            for number, layer in enumerate(layers, start=first + 1)
        ]
        try:
            if below or last is None:
                highest, real = self(inputs, lengths)
            else:
                with self._gradients():
                    hidden, real = self._embed(inputs, lengths)
                    highest = self.body.transform(hidden, real, last=last)
        finally:
            for hook in hooks:
                hook.remove()
        if not below and not above:  # every layer was left out
            return [highest] * (end + 1), real
        states = below or [self.body.per_frame(above[0], real)]
        for number in range(first + 1, end + 1):
            states.append(self.body.per_frame(above[number], real) if number in above else states[-1])
        return [*states[:-1], highest] if self._whole and last is None else states, real

    def drop_layers_above(self, layer: int) -> None:
        """Throw away the layers above one; the first stays in any case, for what enters it."""
        kept = max(layer, 1)
        self._whole = self._whole and kept == len(self.body.layers)
        del self.body.layers[kept:]

    def train(self, mode: bool = True) -> "Encoder":
        """Go into training or evaluation; what is frozen stays in evaluation, and batch norm."""
        super().train(mode)
        for module in (*self.frozen, *self.body.in_evaluation):
            module.eval()
        return self

    def _gradients(self) -> torch.set_grad_enabled:
        return torch.set_grad_enabled(torch.is_grad_enabled() and self.model not in self.frozen)

    def _embed(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if inputs.dim() == 3:
            features, frames = inputs, lengths
        else:
            with torch.autocast(inputs.device.type, enabled=False):  # as features that are kept are computed
                features, frames = self.front_end(inputs, lengths)
        says = getattr(self.model.config, "apply_spec_augment", True)  # data2vec's says nothing, and means yes
        hidden, frames = self.body.embed(features.float(), frames, masks=self.model.training and says)
        return hidden, length_mask(hidden.shape[1], frames)


class SpeechEncoder(Encoder):
    """The encoder of a checkpoint on the Hugging Face hub, or of a folder in its layout.

    Args:
        checkpoint: a hub id, `id@revision`, or a folder in hub layout.
        sample_rate: of the clips, in Hz.
        attention: how transformers computes it: `sdpa` or `eager`.
        architecture: import path of an Architecture to use instead of that of the table.

    Attributes:
        sample_rate: of the clips, in Hz.
        extractor: the feature extractor of the checkpoint.
        architecture: how it is loaded, computed and trained.

    Raises:
        CheckpointError: as `ser.models.loading.load` does, the encoder takes another sampling rate, or its options make
            no network that encodes a clip.
    """

    def __init__(
        self, checkpoint: str, sample_rate: int, attention: str = "sdpa", architecture: str | None = None
    ) -> None:
        model, extractor, found = load(checkpoint, IMPLEMENTATIONS[attention], architecture)
        require_rate(checkpoint, extractor.sampling_rate, sample_rate)
        with one_message(checkpoint):
            super().__init__(model, found.front_end(model, extractor), found.body(model))
        self.extractor = extractor
        self.architecture = found
        self.sample_rate = sample_rate
        self._require_finite_states(checkpoint)
        self.model.train()  # checkpoints load in evaluation mode, and Lightning leaves modes as they are
        for module in self.body.convolutions:
            module.requires_grad_(False)

    def checkpoint_gradients(self) -> None:
        """Compute every layer a second time for its gradients, instead of keeping all that is in it.

        Raises:
            ConfigError: its layers cannot be, those of an architecture by import path.
        """
        for layer in self.body.layers:
            if not isinstance(layer, GradientCheckpointingLayer):
                raise ConfigError(
                    f"training.gradient_checkpointing: a {type(layer).__name__} is no GradientCheckpointingLayer of"
                    " transformers; set it to false"
                )
            layer.gradient_checkpointing = True
            again = functools.partial(checkpoint, use_reentrant=False, context_fn=self.body.contexts)
            layer._gradient_checkpointing_func = again  # type: ignore[assignment]  # its setter was renamed in 5.x

    @torch.no_grad()
    def encode_a_moment(self) -> torch.Tensor:
        """Return the states (1, frames, width) of a quarter of a second, on the CPU, before training."""
        samples = self.sample_rate // 4
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*mismatched key_padding_mask.*")  # transformers' WavLM
            return self(torch.arange(samples).sin()[None], torch.tensor([samples]))[0]

    def _require_finite_states(self, checkpoint: str) -> None:
        """Encode something before training: options such as a stride of 0 are only wrong in use."""
        try:
            states = self.encode_a_moment()
        except Exception as error:  # whatever transformers and torch raise
            raise CheckpointError(
                f"checkpoint {checkpoint} cannot encode a clip: {reason(error)}; check the sizes in its config.json"
                " (conv_kernel, conv_stride, hidden_size, ...), or get it again"
            ) from error
        if not states.isfinite().all():
            raise CheckpointError(
                f"checkpoint {checkpoint}: its hidden states are not finite; the weights or an option of its"
                " config.json are damaged, get it again"
            )
