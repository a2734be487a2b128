"""Leave one speaker out for testing; a sweep over `split.speaker` has a cell for each speaker.

With several training corpora, each leaves out its own speaker of that number.
"""

import numpy as np

from ser.corpora import Corpus
from ser.errors import CorpusError
from ser.numbers import PositiveWhole
from ser.schema import SPLITS
from ser.splits.leave_one_group_out import without
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
    parts = without(corpus, "speaker", speakers, speaker, "speaker", "speakers")
    return with_validation(parts, corpus, seed, f"corpus '{corpus.name}'")
