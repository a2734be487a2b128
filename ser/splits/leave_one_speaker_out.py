"""One speaker is left out and tested on; swept over its key, every speaker of a corpus is a cell.

With several training corpora, each leaves out its own speaker of that number.
"""

import numpy as np

from ser.corpora import Corpus
from ser.errors import ConfigError, CorpusError
from ser.parts import PositiveWhole
from ser.schema import SPLITS
from ser.splits.given import with_validation


def assign(corpus: Corpus, seed: int, *, speaker: PositiveWhole) -> np.ndarray:
    """Test on the speaker of this number, in the order of their names; a fifth of the others validates.

    Raises:
        ConfigError: the corpus has fewer speakers.
        CorpusError: it has fewer than three, so a part would be empty.
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
