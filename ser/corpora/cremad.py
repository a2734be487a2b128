"""CREMA-D: 91 actors of many ages and backgrounds say twelve English sentences in six emotions.

Labels are in the file name, `AudioWAV/<actor>_<sentence>_<emotion>_<level>.wav`, and the actors' data in
`VideoDemographics.csv`. The label is the intended emotion, or with `perceived=true` the majority of the votes of the
audio-only raters, about ten a clip, in `processedResults/tabulatedVotes.csv`.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names
from ser.corpora.ratings import instead_of_emotion, rename_votes, votes_of_columns
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
VOTES: Final = {code[0]: emotion for code, emotion in EMOTIONS.items()}
"""Column of the table of votes -> emotion."""
_TABULATED: Final = "processedResults/tabulatedVotes.csv"
_VOICE: Final = "1"
"""First digit of the numbers of its rows of voices; 2 are faces, 3 both."""
_PEOPLE: Final = "VideoDemographics.csv"
_NAME: Final = re.compile(
    rf"AudioWAV/(?P<actor>1[0-9]{{3}})_(?P<sentence>{'|'.join(SENTENCES)})_(?P<emotion>{'|'.join(EMOTIONS)})"
    r"_(?:LO|MD|HI|XX?)\.wav"  # as published, one has a single X
)
EXPECTED: Final = (
    f"AudioWAV/<actor>_<sentence>_<emotion>_<level>.wav with sentence {'|'.join(SENTENCES)}, emotion"
    f" {'|'.join(EMOTIONS)} and level LO|MD|HI|XX"
)


def manifest(root: Path, perceived: bool = False) -> pd.DataFrame:
    """Return one row per recording in `AudioWAV`, with its actor's gender and age.

    Args:
        root: the folder of `AudioWAV` and `VideoDemographics.csv`.
        perceived: give the listeners' votes instead of the intended emotion.

    Raises:
        CorpusError: there is no recording, a file name does not match, an actor is not in `VideoDemographics.csv`, or
            the votes cannot be read.
    """
    names = match_names(root, LAYOUT, _NAME, EXPECTED)
    table = root / _PEOPLE
    if not table.is_file():
        raise CorpusError(
            f"{table}: there is no such file; it holds gender and age of the actors: copy it from {URL} to where"
            " AudioWAV is"
        )
    people = read_table(table, ("ActorID", "Sex"), ("Age",))
    people = people.assign(gender=genders(people["Sex"], table)).drop_duplicates("ActorID").set_index("ActorID")
    unknown = sorted({name["actor"] for name in names.values()} - set(people.index))
    if unknown:
        raise CorpusError(
            f"{table}: {len(unknown)} actor(s) of AudioWAV are not in it: {', '.join(unknown[:3])}; are both of the"
            " same version of the corpus?"
        )
    clips = pd.DataFrame(
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
    return instead_of_emotion(clips, _votes(root / _TABULATED)) if perceived else clips


def _votes(table: Path) -> dict[str, str]:
    """Return path -> votes of the audio-only raters."""
    rows = read_table(table, ("", "fileName", *VOTES))
    voices = rows[rows[""].str.startswith(_VOICE)]
    votes = votes_of_columns(voices, [*VOTES], table)
    return dict(zip("AudioWAV/" + voices["fileName"] + ".wav", rename_votes(votes, VOTES.__getitem__), strict=True))
