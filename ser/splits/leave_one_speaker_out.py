"""Leave one speaker out for testing; a sweep over `split.speaker` has a cell for each speaker.

With several training corpora, each leaves out its own speaker of that number.
"""

import numpy as np

from ser.corpora import Corpus
from ser.errors import ConfigError, CorpusError
from ser.numbers import PositiveWhole
from ser.schema import SPLITS
from ser.splits.predefined import with_validation


def assign(corpus: Corpus, seed: int, *, speaker: PositiveWhole) -> np.ndarray:
    """Return the speaker of this number (by sorted names) as test; a fifth of the others is for validation.

    Raises:
        ConfigError: the corpus has fewer speakers.
        CorpusError: it has fewer than three, so that a part would be empty.
    """
    speakers = sorted(set(corpus.clips["speaker"]))
    if len(speakers) < len(SPLITS):
        raise CorpusError(
            f"corpus '{corpus.name}': {len(speakers)} speaker(s), but train, validation and test need one each"
        )
    if speaker > len(speakers):
        raise ConfigError(
            f"split.speaker={speaker}: corpus '{corpus.name}' has {len(speakers)} speakers;"
            f" all of them are split.speaker='range(1,{len(speakers) + 1})' with -m"
        )
    left_out = (corpus.clips["speaker"] == speakers[speaker - 1]).to_numpy()
    parts = np.where(left_out, "test", "train").astype("<U10")
    return with_validation(parts, corpus, seed, f"corpus '{corpus.name}'")
