"""What a reader of the scores has to know of a split."""

import numpy as np

from ser.corpora import Corpus
from ser.schema import UNKNOWN_SPEAKER, UNUSED
from ser.splits.overlapping import overlapping


def cautions(corpus: Corpus, parts: np.ndarray) -> list[str]:
    """Return a sentence for each way in which training clips may have told of test clips; none is the rule.

    Args:
        corpus: that is split.
        parts: (clips,) the part of each clip.
    """
    found = []
    if unknown := int(((corpus.clips["speaker"] == UNKNOWN_SPEAKER) & (parts != UNUSED)).sum()):
        found.append(
            f"corpus '{corpus.name}': the speakers of {unknown} of {len(parts)} clips are unknown, so a speaker may be"
            " in both training and test; nothing can be said about new speakers"
        )
    if pairs := overlapping(corpus.clips, parts):
        found.append(f"corpus '{corpus.name}': {len(pairs)} pairs of clips in training and test share samples")
    return found
