"""One copy of the weights for all cells of a process that leave an encoder as it is."""

import copy

from ser.models.checkpoint import fingerprint
from ser.models.encoder import SpeechEncoder

_loaded: dict[tuple[object, ...], SpeechEncoder] = {}
"""The encoder that was loaded last."""


def frozen_encoder(
    checkpoint: str, sample_rate: int, attention: str = "sdpa", architecture: str | None = None
) -> SpeechEncoder:
    """Return an encoder whose weights are shared with those of earlier calls in this process, and must not be trained.

    Its modules are its own: what is frozen, thrown away or set to evaluation is so in this encoder alone. Loading may
    draw random numbers, and a second call loads nothing: seed after it.

    Args:
        checkpoint: a hub id, `id@revision`, or a folder in hub layout.
        sample_rate: of the clips, in Hz.
        attention: how transformers computes it: `sdpa` or `eager`.
        architecture: import path of an Architecture to use instead of that of the table.

    Raises:
        CheckpointError: as `SpeechEncoder`.
    """
    key = fingerprint(checkpoint), sample_rate, attention, architecture
    if key not in _loaded:
        _loaded.clear()
        _loaded[key] = SpeechEncoder(checkpoint, sample_rate, attention, architecture)
    shared = _loaded[key]
    weights = [*shared.parameters(), *shared.buffers()]
    return copy.deepcopy(shared, {id(values): values for values in weights})
