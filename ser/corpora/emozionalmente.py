"""Emozionalmente: 431 Italian amateurs, crowdsourced, say eighteen sentences in seven emotions; the paper trains on it.

Labels are in two tables, one row per recording and one row per person. All actors are kept, including the one of gender
`other`. The label is the intended emotion, or with `perceived=true` the majority of the listeners' votes, five a clip,
in `metadata/evaluations.csv`.
"""

from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.ratings import instead_of_emotion
from ser.corpora.table import genders, read_table
from ser.errors import CorpusError
from ser.votes import count, to_text

NAME: Final = "emozionalmente"
LANGUAGE: Final = "it"
LICENCE: Final = "CC BY 4.0"
CITATION: Final = (
    "F. Catania, J. W. Wilke, F. Garzotto: Emozionalmente: A Crowdsourced Corpus of Simulated Emotional Speech in"
    " Italian. IEEE Transactions on Audio, Speech and Language Processing 33, 2025,"
    " https://doi.org/10.1109/TASLPRO.2025.3540662"
)
URL: Final = "https://zenodo.org/records/6569824/latest"
ARCHIVE: Final = "https://zenodo.org/api/records/12616095/files/emozionalmente.zip/content"  # version 1.1
MD5: Final = "398c6502dd2b0e1e810f927c12897547"  # 558.9 MB
CLIPS: Final = 6902
LAYOUT: Final = "metadata/samples.csv"
EXPECTED: Final = "metadata/samples.csv, metadata/users.csv and audio/<file_name>.wav"
_EVALUATIONS: Final = "metadata/evaluations.csv"
OFFICIAL_SPLIT: Final = {
    "train": "metadata/split/train.csv",
    "validation": "metadata/split/dev.csv",
    "test": "metadata/split/test.csv",
}
"""Tables of the split that the authors publish since version 1.1; it is speaker-independent."""


def manifest(root: Path, perceived: bool = False) -> pd.DataFrame:
    """Return one row per recording of `metadata/samples.csv`, with its actor's gender and age.

    Args:
        root: the folder of `metadata` and `audio`.
        perceived: give the listeners' votes instead of the intended emotion.

    Raises:
        CorpusError: a table cannot be read, or `metadata/users.csv` has not exactly one gender and age for an actor.
    """
    samples = read_table(root / LAYOUT, ("file_name", "actor", "emotion_expressed"), ("sentence",))
    people = read_table(root / "metadata/users.csv", ("username",), ("gender", "age"))
    # The table also holds listeners, who are ignored.
    actors = people[people["username"].isin(samples["actor"])]
    actors = actors.assign(gender=genders(actors["gender"], root / "metadata/users.csv"))
    actors = actors[["username", "gender", "age"]].drop_duplicates().set_index("username")
    unclear = [name for name in samples["actor"].unique() if (actors.index == name).sum() != 1]
    if unclear:
        raise CorpusError(
            f"{root / 'metadata/users.csv'}: {len(unclear)} actor(s) of samples.csv without exactly one gender and age:"
            f" {', '.join(unclear[:3])}; are both tables of the same version of the corpus?"
        )
    clips = pd.DataFrame(
        {
            "path": "audio/" + samples["file_name"],
            "emotion": samples["emotion_expressed"],
            "speaker": samples["actor"],
            "gender": samples["actor"].map(actors["gender"]),
            "language": LANGUAGE,
            "text": samples["sentence"],
            "age": samples["actor"].map(actors["age"]),
        }
    )
    return instead_of_emotion(clips, _votes(root / _EVALUATIONS)) if perceived else clips


def _votes(table: Path) -> dict[str, str]:
    """Return path -> votes of the listeners."""
    ratings = read_table(table, ("file_name", "emotion_recognized"))
    by_clip = ratings["emotion_recognized"].groupby("audio/" + ratings["file_name"])
    return by_clip.agg(lambda labels: to_text(count(labels))).to_dict()


def official_split(root: Path) -> dict[str, str]:
    """Return path -> the authors' part of each recording: train, validation or test.

    Raises:
        CorpusError: a table of the split cannot be read, or a recording is in two parts.
    """
    parts: dict[str, str] = {}
    for part, table in OFFICIAL_SPLIT.items():
        for name in read_table(root / table, ("file_name",))["file_name"]:
            if parts.setdefault(f"audio/{name}", part) != part:
                raise CorpusError(f"{root / table}: {name} is in {parts[f'audio/{name}']} too; fetch the corpus again")
    return parts
