"""What would end a cell before its first step is said before its folder is made."""

from pathlib import Path

from ser.models.checkpoint import local_folder, require_rate
from ser.models.checkpoint_files import CONFIG, content, extractor_of
from ser.settings import TrainSettings
from ser.sources import Source, open_sources


def require_feasible(settings: TrainSettings, here: bool = True) -> dict[str, Source]:
    """Return the corpora of a cell that can be trained; the encoder is not loaded.

    Args:
        settings: of the cell.
        here: it runs on this machine, which must have the accelerator.

    Raises:
        ConfigError: the accelerator, the layers, the split, the augmentation or the number of steps cannot work.
        CheckpointError: the checkpoint takes another sampling rate.
        CorpusError, UserError: as `ser.sources.open_sources`, or a corpus lacks what the task needs.
    """
    from ser.fine_tuning import require_trainable
    from ser.models.devices import require_accelerator

    if here:
        require_accelerator(settings.trainer.accelerator)
    if folder := local_folder(settings.checkpoint):
        _require_encoder(settings, folder)
    sources = open_sources(settings)
    require_trainable(settings, sources)
    return sources


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
