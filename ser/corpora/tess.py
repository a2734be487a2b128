"""TESS, the Toronto set: two actresses, one young and one old, say 200 words in seven emotions.

The labels are in the file name, `<actress>_<word>_<emotion>.wav`, in any folder. Two speakers cannot be split into
train, validation and test: use it as a test set, or with your own split.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "tess"
LANGUAGE: Final = "en"
LICENCE: Final = "CC BY-NC-ND 4.0"
CITATION: Final = (
    "M. K. Pichora-Fuller, K. Dupuis: Toronto emotional speech set (TESS). Borealis, 2020,"
    " https://doi.org/10.5683/SP2/E8H2MF"
)
URL: Final = "https://doi.org/10.5683/SP2/E8H2MF"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 2800
LAYOUT: Final = "**/OAF_*.wav"

EMOTIONS: Final = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "joy",
    "ps": "surprise",
    "sad": "sadness",
    "neutral": "neutrality",
}
AGES: Final = {"OAF": "64", "YAF": "26"}
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<actress>OAF?|YAF)_(?P<word>[A-Za-z]+)_(?P<emotion>{'|'.join(EMOTIONS)})\.wav"  # one file: OA_
)
EXPECTED: Final = f"<actress>_<word>_<emotion>.wav with actress {'|'.join(AGES)} and emotion {'|'.join(EMOTIONS)}"


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the folder and its subfolders.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    rows = []
    for path, name in match_names(root, "**/*.wav", _NAME, EXPECTED).items():
        actress = "YAF" if name["actress"] == "YAF" else "OAF"
        rows.append(
            {
                "path": path,
                "emotion": EMOTIONS[name["emotion"]],
                "speaker": actress,
                "gender": "female",
                "language": LANGUAGE,
                "text": f"Say the word {name['word']}.",
                "age": AGES[actress],
            }
        )
    return pd.DataFrame(rows)
