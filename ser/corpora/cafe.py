"""CaFE: twelve actors from Quebec say six French sentences in seven emotions, all but neutrality in two intensities.

The labels are in the file name, `<actor>-<emotion>-<intensity>-<sentence>.wav`; neutrality may lack the intensity.
The folders repeat the emotion in accented letters, which some programs unpack wrongly, so they are ignored.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "cafe"
LANGUAGE: Final = "fr"
LICENCE: Final = "CC BY-NC-SA 4.0"
CITATION: Final = (
    "P. Gournay, O. Lahaie, R. Lefebvre: A Canadian French Emotional Speech Dataset. MMSys 2018,"
    " https://doi.org/10.1145/3204949.3208121"
)
URL: Final = "https://zenodo.org/records/1478765"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 936
LAYOUT: Final = "**/[01][0-9]-[CDJNPST]-*"

EMOTIONS: Final = {
    "C": "anger",
    "D": "disgust",
    "J": "joy",
    "N": "neutrality",
    "P": "fear",
    "S": "surprise",
    "T": "sadness",
}
AGES: Final = {
    "01": "46",
    "02": "64",
    "03": "18",
    "04": "50",
    "05": "22",
    "06": "34",
    "07": "15",
    "08": "25",
    "09": "42",
    "10": "20",
    "11": "35",
    "12": "37",
}
SENTENCES: Final = {
    "1": "Un cheval fou dans mon jardin.",
    "2": "Deux ânes aigris au pelage brun.",
    "3": "Trois cygnes aveugles au bord du lac.",
    "4": "Quatre vieilles truies éléphantesques.",
    "5": "Cinq pumas fiers et passionnés.",
    "6": "Six ours aimants domestiqués.",
}
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<actor>{'|'.join(AGES)})-(?:(?P<emotion>[CDJPST])-[12]|(?P<neutral>N)(?:-[12])?)"
    rf"-(?P<sentence>{'|'.join(SENTENCES)})\.(?:wav|aiff)"
)
EXPECTED: Final = (
    f"<actor>-<emotion>-<intensity>-<sentence>.wav with actor 01 to 12, emotion {'|'.join(EMOTIONS)}, intensity 1 or 2"
    " (N may lack it) and sentence 1 to 6"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the folder and its subfolders.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"] or name["neutral"]],
            "speaker": name["actor"],
            "gender": "male" if int(name["actor"]) % 2 else "female",
            "language": LANGUAGE,
            "text": SENTENCES[name["sentence"]],
            "age": AGES[name["actor"]],
        }
        for path, name in match_names(root, "**/*-*-*.[waWA][aiAI][vfVF]*", _NAME, EXPECTED).items()
    )
