"""SUBESCO: twenty Bangladeshi actors say ten Bangla sentences in seven emotions, five takes each.

The labels are in the file name, `<gender>_<number>_<name>_S_<sentence>_<emotion>_<take>.wav`; the numbers 01 to 10
stand for a woman and for a man. Layout as described by its owners and by EmoBox; not tried on the corpus.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "subesco"
LANGUAGE: Final = "bn"
LICENCE: Final = "CC BY 4.0"
CITATION: Final = (
    "S. Sultana, M. S. Rahman, M. R. Selim, M. Z. Iqbal: SUST Bangla Emotional Speech Corpus (SUBESCO). PLOS ONE 16(4),"
    " 2021, https://doi.org/10.1371/journal.pone.0250173"
)
URL: Final = "https://zenodo.org/records/4526477"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 7000
LAYOUT: Final = "**/[FM]_[01][0-9]_*_S_*.wav"

EMOTIONS: Final = {
    "ANGRY": "anger",
    "DISGUST": "disgust",
    "FEAR": "fear",
    "HAPPY": "joy",
    "NEUTRAL": "neutrality",
    "SAD": "sadness",
    "SURPRISE": "surprise",
}
GENDERS: Final = {"F": "female", "M": "male"}
_NAME: Final = re.compile(
    r"(?:.*/)?(?P<speaker>(?P<gender>[FM])_(?:0[1-9]|10))_[A-Z]+_S_(?P<sentence>[1-9]|10)"
    rf"_(?P<emotion>{'|'.join(EMOTIONS)})_[1-5]\.wav"
)
EXPECTED: Final = (
    "<F|M>_<number>_<name>_S_<sentence>_<emotion>_<take>.wav with number 01 to 10, sentence 1 to 10, emotion"
    f" {'|'.join(EMOTIONS)} and take 1 to 5"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the folder and its subfolders.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": name["speaker"],
            "gender": GENDERS[name["gender"]],
            "language": LANGUAGE,
            "sentence": name["sentence"],
        }
        for path, name in match_names(root, "**/*.wav", _NAME, EXPECTED).items()
    )
