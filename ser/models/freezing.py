"""What of an encoder is trained, and from when on. Its front end never is.

What is frozen works as it does in evaluation: without dropout, and the whole encoder without masks.
"""

from ser.errors import ConfigError
from ser.models.encoder import SpeechEncoder
from ser.settings.network import AtFirst, FirstLayers, FreezingSettings


def freeze(encoder: SpeechEncoder, wanted: FreezingSettings) -> None:
    """Freeze what is to be frozen when training begins.

    Raises:
        ConfigError: the encoder has fewer layers than are to be frozen.
    """
    if isinstance(wanted, FirstLayers):
        layers = encoder.body.layers
        if wanted.layers > len(layers):
            raise ConfigError(f"freezing.layers={wanted.layers}: the encoder has {len(layers)} layers")
        above = [*layers[wanted.layers :], *encoder.body.above]
        encoder.model.requires_grad_(False)
        for module in above:
            module.requires_grad_(True)
        encoder.frozen = [*encoder.body.beneath, *layers[: wanted.layers]]
    elif wanted.name != "convolutions":
        encoder.frozen = [encoder.model]
        if not isinstance(wanted, AtFirst):
            encoder.model.requires_grad_(False)
    encoder.train(encoder.training)


def thaw(encoder: SpeechEncoder, wanted: FreezingSettings, step: int) -> None:
    """Train all but the convolutions from a step on, where that is wanted; called before every step."""
    if isinstance(wanted, AtFirst) and step >= wanted.steps and encoder.frozen:
        encoder.frozen = []
        encoder.train(encoder.training)
