"""What would end a cell before its first step is said before its folder is made."""

import functools
from pathlib import Path

from ser.models.checkpoint import local_folder, require_rate
from ser.models.checkpoint_files import CONFIG, content, extractor_of
from ser.settings import TrainSettings
from ser.settings.network import Lora
from ser.sources import Source, open_sources


def require_feasible(settings: TrainSettings, here: bool = True) -> dict[str, Source]:
    """Return the corpora of a cell that can be trained.

    Args:
        settings: of the cell.
        here: it runs on this machine, which must have the accelerator, and where the encoder is loaded once.

    Raises:
        ConfigError: the accelerator, the precision, the layers, the adapted modules, the split, the augmentation or
            the number of steps cannot work.
        CheckpointError: the checkpoint takes another sampling rate, or as `SpeechEncoder`.
        CorpusError, UserError: as `ser.sources.open_sources`, or a corpus lacks what the task needs.
    """
    from ser.fine_tuning import require_trainable
    from ser.models.devices import require_arithmetic

    if here:
        require_arithmetic(settings.trainer, settings.numerics)
    if folder := local_folder(settings.checkpoint):
        _require_encoder(settings, folder)
    sources = open_sources(settings)
    require_trainable(settings, sources)
    if here:
        audio, numerics, model = settings.audio, settings.numerics, settings.model
        adapters = settings.freezing if isinstance(settings.freezing, Lora) else None
        _require_loadable(settings.checkpoint, audio.sample_rate, numerics.attention, model.architecture, adapters)
    return sources


@functools.cache
def _require_loadable(
    checkpoint: str, sample_rate: int, attention: str, architecture: str | None, adapters: Lora | None
) -> None:
    """Load an encoder and encode a moment of sound with it, once for all cells that start from it alike."""
    from ser.models.encoder import SpeechEncoder
    from ser.models.lora import add_adapters

    encoder = SpeechEncoder(checkpoint, sample_rate, attention, architecture)
    if adapters:
        add_adapters(encoder, adapters)


def _require_encoder(settings: TrainSettings, folder: Path) -> None:
    """Check against the files of a checkpoint; what they do not say is checked when the encoder is loaded."""
    from ser.models.freezing import require_layers
    from ser.models.layers import require_layer

    config, rate = content(folder / CONFIG), extractor_of(folder).get("sampling_rate")
    if rate is not None:
        require_rate(settings.checkpoint, rate, settings.audio.sample_rate)
    layers = config.get("encoder_layers", config.get("num_hidden_layers"))  # Whisper's decoder has its own
    if isinstance(layers, int) and settings.model.architecture is None:
        require_layer(settings.layers, layers)
        require_layers(settings.freezing, layers)
