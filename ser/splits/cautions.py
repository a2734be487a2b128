"""What a reader of the scores has to know of a split."""

import numpy as np

from ser.corpora import Corpus
from ser.labels import in_order
from ser.schema import SPLITS, UNKNOWN_SPEAKER, UNUSED
from ser.splits.overlapping import overlapping


def cautions(corpus: Corpus, parts: np.ndarray) -> list[str]:
    """Return a sentence for each way in which training clips may have told of test clips, or parts lack emotions.

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
    for part, emotions in lacking_emotions(corpus, parts).items():
        found.append(f"corpus '{corpus.name}': no clip of {', '.join(emotions)} in the {part} part")
    return found


def lacking_emotions(corpus: Corpus, parts: np.ndarray) -> dict[str, list[str]]:
    """Return part -> the emotions of the corpus that it has no clip of, for those that lack any.

    Seeds whose test parts lack different emotions are not scored alike.

    Args:
        corpus: that is split.
        parts: (clips,) the part of each clip.
    """
    if "emotion" not in corpus.clips:
        return {}
    emotions = corpus.clips["emotion"]
    lacking = {part: set(emotions) - set(emotions[parts == part]) for part in SPLITS if (parts == part).any()}
    return {part: list(in_order(absent)) for part, absent in lacking.items() if absent}
