"""Leave one speaker out for testing; a sweep over `split.speaker` has a cell for each speaker.

With several training corpora, each leaves out its own speaker of that number.
"""

import numpy as np

from ser.corpora import Corpus
from ser.errors import CorpusError
from ser.numbers import PositiveWhole
from ser.schema import SPLITS, UNKNOWN_SPEAKER
from ser.splits.leave_one_group_out import without_group


def assign(corpus: Corpus, seed: int, *, speaker: PositiveWhole) -> np.ndarray:
    """Return the speaker of this number (by sorted names) as test; a fifth of the others is for validation.

    Raises:
        ConfigError: the corpus has fewer speakers.
        CorpusError: it has fewer than three, so that a part would be empty, or unknown ones.
    """
    speakers = corpus.clips["speaker"]
    if unknown := int((speakers == UNKNOWN_SPEAKER).sum()):
        raise CorpusError(
            f"split=leave_one_speaker_out: corpus '{corpus.name}' does not say who speaks in {unknown} of"
            f" {len(speakers)} clips; add a column speaker, or use split=speaker, which splits such clips"
            " by recording and says so"
        )
    if speakers.nunique() < len(SPLITS):
        raise CorpusError(
            f"corpus '{corpus.name}': {speakers.nunique()} speaker(s), but train, validation and test need one each"
        )
    return without_group(corpus, seed, "speaker", speaker, "split.speaker", "speakers")
