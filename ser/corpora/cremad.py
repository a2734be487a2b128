"""CREMA-D: 91 actors of many ages and backgrounds say twelve English sentences in six emotions.

Labels are in the file name, `AudioWAV/<actor>_<sentence>_<emotion>_<level>.wav`, and the actors' data in
`VideoDemographics.csv`. The label is the intended emotion; the listeners' ratings are ignored.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names
from ser.corpora.table import genders, read_table
from ser.errors import CorpusError

NAME: Final = "cremad"
LANGUAGE: Final = "en"
LICENCE: Final = "ODbL 1.0, contents DbCL 1.0"
CITATION: Final = (
    "H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova, R. Verma: CREMA-D: Crowd-Sourced Emotional Multimodal"
    " Actors Dataset. IEEE Transactions on Affective Computing 5(4), 2014, https://doi.org/10.1109/TAFFC.2014.2336244"
)
URL: Final = "https://github.com/CheyneyComputerScience/CREMA-D"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 7442
LAYOUT: Final = "AudioWAV/*.wav"

EMOTIONS: Final = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "joy",
    "SAD": "sadness",
    "NEU": "neutrality",
}
SENTENCES: Final = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
_PEOPLE: Final = "VideoDemographics.csv"
_NAME: Final = re.compile(
    rf"AudioWAV/(?P<actor>1[0-9]{{3}})_(?P<sentence>{'|'.join(SENTENCES)})_(?P<emotion>{'|'.join(EMOTIONS)})"
    r"_(?:LO|MD|HI|XX?)\.wav"  # as published, one has a single X
)
EXPECTED: Final = (
    f"AudioWAV/<actor>_<sentence>_<emotion>_<level>.wav with sentence {'|'.join(SENTENCES)}, emotion"
    f" {'|'.join(EMOTIONS)} and level LO|MD|HI|XX"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in `AudioWAV`, with its actor's gender and age.

    Raises:
        CorpusError: there is no recording, a file name does not match, or an actor is not in `VideoDemographics.csv`.
    """
    names = match_names(root, LAYOUT, _NAME, EXPECTED)
    table = root / _PEOPLE
    people = read_table(table, ("ActorID", "Sex"), ("Age",))
    people = people.assign(gender=genders(people["Sex"], table)).drop_duplicates("ActorID").set_index("ActorID")
    unknown = sorted({name["actor"] for name in names.values()} - set(people.index))
    if unknown:
        raise CorpusError(
            f"{table}: {len(unknown)} actor(s) of AudioWAV are not in it: {', '.join(unknown[:3])}; are both of the"
            " same version of the corpus?"
        )
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": name["actor"],
            "gender": people["gender"][name["actor"]],
            "language": LANGUAGE,
            "text": SENTENCES[name["sentence"]],
            "age": people["Age"][name["actor"]],
        }
        for path, name in names.items()
    )
