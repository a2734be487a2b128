"""What of an encoder is trained, and from when on. Its front end never is.

What is frozen works as it does in evaluation: without dropout, and the whole encoder without masks. With adapters
(LoRA) it works as in training, as the adapters inside it are trained.
"""

from ser.errors import ConfigError
from ser.models.encoder import SpeechEncoder
from ser.models.lora import add_adapters
from ser.settings.network import AtFirst, FirstLayers, FreezingSettings, Lora


def freeze(encoder: SpeechEncoder, chosen: FreezingSettings) -> None:
    """Freeze what is frozen when training starts.

    Raises:
        ConfigError: the encoder has fewer layers than are to be frozen, or none of the modules that are to be adapted.
    """
    if isinstance(chosen, Lora):
        add_adapters(encoder, chosen)
    elif isinstance(chosen, FirstLayers):
        layers = encoder.body.layers
        require_layers(chosen, len(layers))
        above = [*layers[chosen.layers :], *encoder.body.above]
        encoder.model.requires_grad_(False)
        for module in above:
            module.requires_grad_(True)
        encoder.frozen = [*encoder.body.beneath, *layers[: chosen.layers]]
        encoder.frozen_layers = chosen.layers
    elif chosen.name != "convolutions":
        encoder.frozen = [encoder.model]
        if not isinstance(chosen, AtFirst):
            encoder.model.requires_grad_(False)
            encoder.frozen_layers = None
    encoder.train(encoder.training)


def require_layers(chosen: FreezingSettings, layers: int) -> None:
    """Refuse to freeze more layers than an encoder of so many layers has.

    Raises:
        ConfigError: it has fewer.
    """
    if isinstance(chosen, FirstLayers) and chosen.layers > layers:
        raise ConfigError(f"freezing.layers={chosen.layers}: the encoder has {layers} layers")


def thaw(encoder: SpeechEncoder, chosen: FreezingSettings, step: int) -> None:
    """Train all but the convolutions from a step on, if the encoder is frozen at first; called before every step."""
    if isinstance(chosen, AtFirst) and step >= chosen.steps and encoder.frozen:
        encoder.frozen = []
        encoder.train(encoder.training)
