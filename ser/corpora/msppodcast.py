"""MSP-Podcast: turns of podcasts, each rated by several people for its emotion, arousal, valence and dominance.

The labels are in `Labels/labels_consensus.csv` (`labels_concensus.csv` in release 1.8): the emotion that most raters
chose, and mean ratings from 1 to 7. The owners' parts are `split=official`; `dataset.corpora.msppodcast.test` says
which of their test parts is the test set. Speakers overlap between the test parts, so no other is trained on. Layout
as described by its owners' readme and by EmoBox; not tried on the corpus.
"""

from pathlib import Path
from typing import Final, Literal

import pandas as pd

from ser.corpora.table import genders, read_table
from ser.errors import CorpusError
from ser.schema import OTHER, UNDECIDED, UNKNOWN_SPEAKER

NAME: Final = "msppodcast"
LANGUAGE: Final = "en"
LICENCE: Final = "academic licence, on request"
CITATION: Final = (
    "R. Lotfian, C. Busso: Building Naturalistic Emotionally Balanced Speech Corpus by Retrieving Emotional Speech from"
    " Existing Podcast Recordings. IEEE Transactions on Affective Computing 10(4), 2019,"
    " https://doi.org/10.1109/TAFFC.2017.2736999"
)
URL: Final = "https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = None  # each release has more
LAYOUT: Final = "Labels/labels_con*ensus.csv"
EXPECTED: Final = "Labels/labels_consensus.csv and Audios/<FileName>"

EMOTIONS: Final = {
    "A": "anger",
    "S": "sadness",
    "H": "joy",
    "U": "surprise",
    "F": "fear",
    "D": "disgust",
    "C": "contempt",
    "N": "neutrality",
    "O": OTHER,
    "X": UNDECIDED,
}
PARTS: Final = {"Train": "train", "Validation": "validation", "Development": "validation"}
COLUMNS: Final = ("FileName", "EmoClass", "EmoAct", "EmoVal", "EmoDom", "SpkrID", "Gender", "Split_Set")


def manifest(root: Path, test: Literal["Test1", "Test2", "Test3"] = "Test1") -> pd.DataFrame:
    """Return one row per turn with a consensus, with its `partition` and, as `split`, the owners' part.

    Args:
        root: the folder of a release, with `Labels` and `Audios`.
        test: the test set; clips of the others are in no part.

    Raises:
        CorpusError: the table cannot be read, or has a label that is not the corpus's.
    """
    table = min(root.glob(LAYOUT))
    rows = read_table(table, COLUMNS[:2], COLUMNS[2:])
    rows = rows[rows["EmoClass"] != ""]
    strange = rows.index[~rows["EmoClass"].isin([*EMOTIONS])]
    if len(strange):
        label = rows["EmoClass"][strange[0]]
        raise CorpusError(f"{table}, line {strange[0]}: EmoClass '{label}'; allowed are {', '.join(EMOTIONS)}")
    parts = PARTS | {test: "test"}
    texts = root / "Transcripts"
    return pd.DataFrame(
        {
            "path": "Audios/" + rows["FileName"],
            "emotion": rows["EmoClass"].map(EMOTIONS),
            "speaker": rows["SpkrID"].replace("Unknown", UNKNOWN_SPEAKER),
            "gender": genders(rows["Gender"], table),
            "language": LANGUAGE,
            "text": [_text(texts / f"{Path(name).stem}.txt") for name in rows["FileName"]] if texts.is_dir() else "",
            "arousal": rows["EmoAct"],
            "valence": rows["EmoVal"],
            "dominance": rows["EmoDom"],
            "partition": rows["Split_Set"],
            "split": rows["Split_Set"].map(parts).fillna(""),
        }
    )


def _text(file: Path) -> str:
    return " ".join(file.read_text(encoding="utf-8", errors="replace").split()) if file.is_file() else ""
