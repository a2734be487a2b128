"""URDU: 400 clips of Urdu talk shows in three emotions and neutrality.

The labels are in the name, `S<gender><speaker>_F<file>_<emotion><number>.wav`. Layout as described by EmoBox and
nkululeko; not tried on the corpus.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "urdu"
LANGUAGE: Final = "ur"
LICENCE: Final = "research only"
CITATION: Final = (
    "S. Latif, A. Qayyum, M. Usman, J. Qadir: Cross Lingual Speech Emotion Recognition: Urdu vs. Western Languages."
    " FIT 2018, https://arxiv.org/abs/1812.10411"
)
URL: Final = "https://github.com/siddiquelatif/URDU-Dataset"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 400
LAYOUT: Final = "**/S[FM]*_F*_*.wav"

EMOTIONS: Final = {"A": "anger", "H": "joy", "N": "neutrality", "S": "sadness"}
GENDERS: Final = {"F": "female", "M": "male"}
_NAME: Final = re.compile(rf"(?:.*/)?(?P<speaker>S(?P<gender>[FM])\d+)_F\d+_(?P<emotion>{'|'.join(EMOTIONS)})\d+\.wav")
EXPECTED: Final = f"S<F|M><speaker>_F<file>_<emotion><number>.wav with emotion {'|'.join(EMOTIONS)}"


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
        }
        for path, name in match_names(root, "**/*.wav", _NAME, EXPECTED).items()
    )
