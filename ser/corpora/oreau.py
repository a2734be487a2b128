"""Oréau: 32 French speakers say twenty sentences in seven emotions.

The labels are in the file name, `<speaker><sentence><emotion>a.wav`, below a folder for each gender. Of its two
folders, `OréauFR_02` holds the clips whose emotion listeners recognised; `OréauFR_01` holds all, so the same again,
and is not read unless it is chosen. Layout as described by EmoBox; not tried on the corpus.
"""

import re
from pathlib import Path
from typing import Final, Literal

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "oreau"
LANGUAGE: Final = "fr"
LICENCE: Final = None
CITATION: Final = "L. Kerkeni et al.: French emotional speech database - Oréau. Zenodo, 2020"
URL: Final = "https://zenodo.org/records/4405783"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 434
LAYOUT: Final = "**/[mf]/sess[cdjnpst]/*.wav"

EMOTIONS: Final = {
    "C": "anger",
    "D": "disgust",
    "J": "joy",
    "N": "neutrality",
    "P": "fear",
    "S": "surprise",
    "T": "sadness",
}
GENDERS: Final = {"m": "male", "f": "female"}
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<gender>[mf])/sess[cdjnpst]/(?P<speaker>\d\d)(?P<sentence>[a-z]\d\d)(?P<emotion>{'|'.join(EMOTIONS)})"
    r"[a-z]\.wav"
)
EXPECTED: Final = (
    "<m|f>/sess<emotion>/<speaker><sentence><emotion>a.wav with two digits for the speaker, a sentence such as a01 and"
    f" emotion {'|'.join(EMOTIONS)}"
)


def manifest(root: Path, part: Literal["01", "02"] = "02") -> pd.DataFrame:
    """Return one row per recording of a part of the corpus.

    Args:
        root: the folder that holds `OréauFR_01` and `OréauFR_02`; or one of the two, which is then read.
        part: "02", the clips that listeners recognised, or "01", all.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    folder = f"Or*auFR_{part}/" if next(root.glob(f"Or*auFR_{part}"), None) else ""  # é is one character, or two
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": name["speaker"],
            "gender": GENDERS[name["gender"]],
            "language": LANGUAGE,
            "sentence": name["sentence"],
        }
        for path, name in match_names(root, f"{folder}**/*.wav", _NAME, EXPECTED).items()
    )
