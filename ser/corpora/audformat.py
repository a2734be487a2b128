"""Any database in audEERING's audformat: a folder with `db.yaml`, tables and recordings, read by their library.

The names of schemes are options, since every database has its own. No code in such a folder is run: audformat would
evaluate Python tags in YAML and unpickle tables, so headers with such tags and pickled tables are refused.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import yaml

from ser.corpora.table import genders
from ser.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    import audformat

NAME: Final = "audformat"
# Only the header of the database states:
LANGUAGE: Final = None
LICENCE: Final = None
CITATION: Final = None
URL: Final = None
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = None
LAYOUT: Final = "db.yaml"
EXPECTED: Final = "db.yaml, its tables db.<table>.csv or .parquet, and the recordings that they name"


def manifest(
    root: Path,
    emotion: str = "emotion",
    speaker: str = "speaker",
    gender: str = "gender",
    text: str = "transcription",
    age: str = "age",
) -> pd.DataFrame:
    """Return one row per recording, or part of one, with an emotion.

    Args:
        root: the folder of `db.yaml`.
        emotion: the scheme, or the label of a scheme, that holds the emotion.
        speaker: scheme of the speaker.
        gender: scheme of the speaker's gender; unknown if the database has none.
        text: scheme of the transcript, if the database has one.
        age: scheme of the speaker's age, if the database has one.

    Raises:
        ConfigError: there is no such scheme.
        CorpusError: the database cannot be read, holds a pickle, a recording without speaker, or a gender outside the
            vocabulary.
    """
    header = root / LAYOUT
    database = _load(root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own use of pandas
        try:
            rows = database.get(emotion, [speaker, gender, text, age])
        except Exception as error:  # any content of its tables
            raise CorpusError(f"{header}: its tables cannot be read ({error}); fetch the database again") from error
    if rows.empty or rows[speaker].isna().all():
        missing, key = (emotion, "emotion") if rows.empty else (speaker, "speaker")
        raise ConfigError(
            f"{header}: no scheme or label '{missing}' with a value; there are {', '.join(database.schemes) or 'none'}:"
            f" name the one that holds the {key} with '{key}', an option of the reader {NAME}"
        )
    paths = rows.index.get_level_values("file").astype("str")
    missing_speaker = rows[speaker].isna().to_numpy()
    if missing_speaker.any():
        raise CorpusError(
            f"{header}: {missing_speaker.sum()} recording(s) without {speaker} ({paths[missing_speaker][0]}); add it"
        )
    spelled = rows[gender].astype("str").fillna("").rename("gender").reset_index(drop=True)
    return pd.DataFrame(
        {
            "path": paths,
            "start_s": _times(rows, "start"),
            "end_s": _times(rows, "end"),
            "emotion": rows[emotion].astype("str").to_numpy(),
            "speaker": rows[speaker].astype("str").to_numpy(),
            "gender": genders(spelled, header).to_numpy(),
            "language": ",".join(database.languages) or "",
            "text": rows[text].astype("str").fillna("").to_numpy(),
            "age": rows[age].astype("str").fillna("").to_numpy(),
        }
    )


def terms(root: Path) -> tuple[str | None, str | None, str | None]:
    """Return licence, citation and address from the header of the database.

    Raises:
        CorpusError: the header cannot be read.
    """
    database = _load(root)
    citation = database.meta.get("citation") or database.description
    return database.license, citation and str(citation), database.source


def _load(root: Path) -> "audformat.Database":
    """Load the header; tables are read on access."""
    import audformat  # imported late, because no other corpus needs it

    header = root / LAYOUT
    pickles = sorted(root.glob("db.*.pkl"))
    if pickles:
        raise CorpusError(
            f"{pickles[0]}: a pickle may contain code, and was not opened; save the table with storage_format='parquet'"
            " and remove it"
        )
    try:
        yaml.safe_load(header.read_bytes())
        return audformat.Database.load(str(root))
    except yaml.constructor.ConstructorError as error:
        raise CorpusError(f"{header}: contains code, which was not run; do not use it") from error
    except OSError as error:
        raise CorpusError(f"{header}: cannot be read ({error.strerror}); check the folder") from error
    except Exception as error:  # any error of the library in a file that is not a header
        raise CorpusError(f"{header}: not a header of audformat ({_line(error)}); fetch the database again") from error


def _times(rows: pd.DataFrame, level: str) -> pd.Index | None:
    """Return where the parts of recordings start or end; None where all labels are of whole recordings."""
    return rows.index.get_level_values(level) if level in rows.index.names else None


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
