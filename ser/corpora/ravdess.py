"""RAVDESS, its speech: 24 actors say two English sentences in eight emotions and two intensities.

The labels are in the file name, seven numbers, `Actor_<actor>/03-01-<emotion>-<intensity>-<statement>-<repetition>-
<actor>.wav`. Songs (03-02-...) belong to another corpus.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "ravdess"
LANGUAGE: Final = "en"
LICENCE: Final = "CC BY-NC-SA 4.0"
CITATION: Final = (
    "S. R. Livingstone, F. A. Russo: The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS)."
    " PLOS ONE 13(5), 2018, https://doi.org/10.1371/journal.pone.0196391"
)
URL: Final = "https://zenodo.org/records/1188976"
ARCHIVE: Final = "https://zenodo.org/api/records/1188976/files/Audio_Speech_Actors_01-24.zip/content"
MD5: Final = "bc696df654c87fed845eb13823edef8a"  # 208.5 MB
CLIPS: Final = 1440
LAYOUT: Final = "Actor_*/*.wav"

EMOTIONS: Final = {
    "01": "neutrality",
    "02": "calm",
    "03": "joy",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
SENTENCES: Final = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}
_NAME: Final = re.compile(
    rf"Actor_(?P<actor>0[1-9]|1[0-9]|2[0-4])/03-01-(?P<emotion>{'|'.join(EMOTIONS)})-0[12]"
    rf"-(?P<sentence>{'|'.join(SENTENCES)})-0[12]-(?P=actor)\.wav"
)
EXPECTED: Final = (
    "Actor_<actor>/03-01-<emotion>-<intensity>-<statement>-<repetition>-<actor>.wav with emotion 01 to 08, actor 01 to"
    " 24 and 01 or 02 for the rest; 03-02 is song, 01 and 02 at the front are video"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the actors' folders, including calm.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": name["actor"],
            "gender": "male" if int(name["actor"]) % 2 else "female",
            "language": LANGUAGE,
            "text": SENTENCES[name["sentence"]],
        }
        for path, name in match_names(root, LAYOUT, _NAME, EXPECTED).items()
    )
