"""MESD: Mexican women, men and children say single Spanish words in six emotions.

The labels are in the file name, `<emotion>_<voice>_<words>_<word>.wav`; words of group A are said in every emotion,
those of group B belong to one. The eleven speakers are not named, only whether a woman, a man or a child speaks, so
no split can keep them apart. Layout as described by its owners and by EmoBox; not tried on the corpus.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names
from ser.schema import UNKNOWN_SPEAKER

NAME: Final = "mesd"
LANGUAGE: Final = "es"
LICENCE: Final = "CC BY 4.0"
CITATION: Final = (
    "M. M. Duville, L. M. Alonso-Valerdi, D. I. Ibarra-Zarate: Mexican Emotional Speech Database Based on Semantic,"
    " Frequency, Familiarity, Concreteness, and Cultural Shaping of Affective Prosody. Data 6(12), 2021,"
    " https://doi.org/10.3390/data6120130"
)
URL: Final = "https://data.mendeley.com/datasets/cy34mh68j9"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 862
LAYOUT: Final = "**/*_[FMC]_[AB]_*.wav"

EMOTIONS: Final = {
    "Anger": "anger",
    "Disgust": "disgust",
    "Fear": "fear",
    "Happiness": "joy",
    "Neutral": "neutrality",
    "Sadness": "sadness",
}
VOICES: Final = {"F": "woman", "M": "man", "C": "child"}
GENDERS: Final = {"F": "female", "M": "male", "C": "unknown"}
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<emotion>{'|'.join(EMOTIONS)})_(?P<voice>[FMC])_(?P<words>[AB])_(?P<word>[^/]+)\.wav"
)
EXPECTED: Final = f"<emotion>_<F|M|C>_<A|B>_<word>.wav with emotion {'|'.join(EMOTIONS)}"


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the folder and its subfolders, with its `voice` and group of `words`.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": UNKNOWN_SPEAKER,
            "gender": GENDERS[name["voice"]],
            "language": LANGUAGE,
            "text": name["word"].replace("_", " "),
            "voice": VOICES[name["voice"]],
            "words": name["words"],
        }
        for path, name in match_names(root, "**/*.wav", _NAME, EXPECTED).items()
    )
