"""ASED: 65 Ethiopian speakers say Amharic sentences in four emotions and neutrality.

The labels are in the name, `<emotion><folder>-<sentence>-<take>-<gender>-<speaker>.wav`. Five speakers, 09, 15, 21,
23 and 25, have both genders in their names: each is one speaker of unknown gender here. Four pairs of takes are the
same file, which `ser.audit` names. Layout as described by EmoBox and counted in the owners' repository; not tried on
the corpus.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "ased"
LANGUAGE: Final = "am"
LICENCE: Final = None
CITATION: Final = (
    "E. A. Retta, E. Almekhlafi, R. Sutcliffe, M. Mhamed, H. Ali, J. Feng: A New Amharic Speech Emotion Dataset and"
    " Classification Benchmark. ACM Transactions on Asian and Low-Resource Language Information Processing 22(1), 2023,"
    " https://doi.org/10.1145/3529759"
)
URL: Final = "https://github.com/Ethio2021/ASED_V1"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 2474
LAYOUT: Final = "**/[nfhsaNFHSA][1-5]-[0-9][0-9]-*-*-*.wav"

EMOTIONS: Final = {"n": "neutrality", "f": "fear", "h": "joy", "s": "sadness", "a": "anger"}
GENDERS: Final = {"01": "female", "02": "male"}
BOTH_GENDERS: Final = ("09", "15", "21", "23", "25")
"""Speakers whose recordings name now one gender, now the other."""
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<emotion>{'|'.join(EMOTIONS)})[1-5]-(?P<sentence>0[1-7])-0[12]-(?P<gender>{'|'.join(GENDERS)})"
    r"-(?P<speaker>\d\d)\.wav",
    re.IGNORECASE,
)
EXPECTED: Final = (
    f"<emotion><1-5>-<sentence>-<take>-<gender>-<speaker>.wav with emotion {'|'.join(EMOTIONS)}, sentence 01 to 07,"
    " take and gender 01 or 02"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the folder and its subfolders.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"].lower()],
            "speaker": name["speaker"],
            "gender": "unknown" if name["speaker"] in BOTH_GENDERS else GENDERS[name["gender"]],
            "language": LANGUAGE,
            "sentence": name["sentence"],
        }
        for path, name in match_names(root, "**/*.wav", _NAME, EXPECTED).items()
    )
