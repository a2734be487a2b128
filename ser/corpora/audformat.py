"""Any database in audEERING's audformat: a folder with `db.yaml`, tables and recordings, read by their own library.

The names of schemes are options, since every database has its own. Nothing that such a folder holds is run: audformat
reads YAML with tags of Python and unpickles tables, so a header that needs the first is refused, and so is a table that
is a pickle.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pandas as pd
import yaml

from ser.corpora.table import genders, renaming
from ser.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    import audformat

NAME: Final = "audformat"
# Known to the header of the database alone:
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
    labels: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Return one row a recording that has an emotion, its labels in lower case and renamed by `labels`.

    Args:
        root: the folder of `db.yaml`.
        emotion: the scheme, or the label of a scheme, that holds the emotion.
        speaker: that holds the speaker.
        gender: that holds the speaker's gender; unknown where the database has none.
        text: that holds what is said, if the database has it.
        age: that holds the speaker's age, if the database has it.
        labels: emotion of the vocabulary for a label of the database, e.g. `{"happiness": "joy"}`.

    Raises:
        ConfigError: `labels` is no mapping or names an emotion outside the vocabulary, or there is no such scheme.
        CorpusError: the database cannot be read, holds a pickle, a recording without speaker, a gender outside the
            vocabulary, or an emotion for a part of a recording.
    """
    renamed = renaming(labels)
    header = root / LAYOUT
    database = _load(root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own use of pandas
        try:
            rows = database.get(emotion, [speaker, gender, text, age])
        except Exception as error:  # of whatever its tables hold
            raise CorpusError(f"{header}: its tables cannot be read ({error}); fetch the database again") from error
    if rows.empty or rows[speaker].isna().all():
        missing, key = (emotion, "emotion") if rows.empty else (speaker, "speaker")
        raise ConfigError(
            f"{header}: no scheme or label '{missing}' with a value; there are {', '.join(database.schemes) or 'none'}:"
            f" name the one that holds the {key} with '{key}', an option of the reader {NAME}"
        )
    paths = _whole_files(rows, header)
    nameless = rows[speaker].isna().to_numpy()
    if nameless.any():
        raise CorpusError(f"{header}: {nameless.sum()} recording(s) without {speaker} ({paths[nameless][0]}); add it")
    told = rows[gender].astype("str").fillna("").rename("gender").reset_index(drop=True)
    return pd.DataFrame(
        {
            "path": paths,
            "emotion": rows[emotion].astype("str").str.lower().replace(renamed).to_numpy(),
            "speaker": rows[speaker].astype("str").to_numpy(),
            "gender": genders(told, header).to_numpy(),
            "language": ",".join(database.languages) or "",
            "text": rows[text].astype("str").fillna("").to_numpy(),
            "age": rows[age].astype("str").fillna("").to_numpy(),
        }
    )


def terms(root: Path) -> tuple[str | None, str | None, str | None]:
    """Return licence, citation and address as the header of the database has them.

    Raises:
        CorpusError: the header cannot be read.
    """
    database = _load(root)
    citation = database.meta.get("citation") or database.description
    return database.license, citation and str(citation), database.source


def _load(root: Path) -> "audformat.Database":
    """Load the header; the tables are read when they are asked for."""
    import audformat  # here, since no other corpus needs it

    header = root / LAYOUT
    pickles = sorted(root.glob("db.*.pkl"))
    if pickles:
        raise CorpusError(
            f"{pickles[0]}: a pickle may hold code, and was not opened; save the table with storage_format='parquet'"
            " and remove it"
        )
    try:
        yaml.safe_load(header.read_bytes())
        return audformat.Database.load(str(root))
    except yaml.constructor.ConstructorError as error:
        raise CorpusError(f"{header}: holds more than data, and nothing in it was run; do not use it") from error
    except OSError as error:
        raise CorpusError(f"{header}: cannot be read ({error.strerror}); check the folder") from error
    except Exception as error:  # whatever a header that is none lets the library run into
        raise CorpusError(f"{header}: no header of audformat ({_line(error)}); fetch the database again") from error


def _whole_files(rows: pd.DataFrame, header: Path) -> pd.Index:
    """Return the paths of the rows, which must not be parts of recordings."""
    if "start" in rows.index.names:
        starts, ends = (rows.index.get_level_values(level) for level in ("start", "end"))
        parts = (starts > pd.Timedelta(0)) | ends.notna()
        if parts.any():
            raise CorpusError(
                f"{header}: {parts.sum()} of {len(rows)} emotions are those of a part of a recording; cut the"
                " recordings into clips first"
            )
    return pd.Index(rows.index.get_level_values("file").astype("str"))


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
