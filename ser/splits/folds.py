"""Folds from a file: your own table, or the folder of a corpus in EmoBox.

A table (.csv or .tsv) has a column `path`, for parts of recordings also `start_s` and `end_s`, and one or both of
`split` (train, validation or test; dev, val and valid mean validation) and `fold`. With `fold` alone, the chosen fold
is the test part and all others are the training part; with both, only the rows of the chosen fold are used.
A folder of EmoBox holds
`fold_<n>/<corpus>_{train,valid,test}_fold_<n>.jsonl` (or .json), one record per clip, whose `wav` is its path.

EmoBox: Z. Ma et al., Interspeech 2024, https://github.com/emo-box/EmoBox
"""

from pathlib import Path
from typing import Annotated, Final

import numpy as np

from ser.corpora import Corpus
from ser.corpora.emobox import TIMES, records
from ser.corpora.segments import segment_columns, with_segments
from ser.corpora.table import read_table
from ser.errors import ConfigError, CorpusError
from ser.logistics import logistics
from ser.numbers import StrictWhole
from ser.schema import PARTS, clip_name, clip_names
from ser.splits.predefined import Overlap, assign_parts

File = Annotated[Path, logistics()]
"""The content of the file is part of a cell's signature, its path is not."""
Fold = StrictWhole | str


def tables(corpus: Corpus, *, file: File, fold: Fold, overlap: Overlap) -> list[Path]:
    """Return the files that hold the chosen fold.

    Raises:
        ConfigError: the file does not exist, or the folder has no such fold.
    """
    file = file.expanduser()
    if not file.is_dir():
        if not file.is_file():
            raise ConfigError(f"split.file={file}: no such file or folder; {_REMEDY}")
        return [file]
    files = [path for kind in ("jsonl", "json") for path in _files(file, fold, kind)]
    if not files:
        existing = ", ".join(sorted(path.name.removeprefix("fold_") for path in file.glob("fold_*"))) or "none"
        raise ConfigError(f"split.fold={fold}: {file} has no such fold; there are {existing}. {_REMEDY}")
    return [path for path in files if path.suffix == files[0].suffix]


def assign(corpus: Corpus, seed: int, *, file: File, fold: Fold, overlap: Overlap) -> np.ndarray:
    """Return the part of each clip in the fold; the seed draws the validation speakers if the fold has none.

    Raises:
        ConfigError: the file or the fold does not exist.
        CorpusError: a file cannot be read or does not match the corpus.
    """
    files = tables(corpus, file=file, fold=fold, overlap=overlap)
    if file.expanduser().is_dir():
        parts = [(path, _part_of(file)) for file in files for path in _names(file)]
    else:
        parts = _of_table(files[0], str(fold))
    return assign_parts(parts, corpus, seed, f"fold {fold} of {file}", overlap)


_REMEDY: Final = (
    "name a .csv or .tsv with the columns path and split or fold, or the folder of a corpus in EmoBox's data"
)


def _files(folder: Path, fold: int | str, kind: str) -> list[Path]:
    return [
        file
        for file in sorted(folder.glob(f"fold_{fold}/*_fold_{fold}.{kind}"))
        if file.name.removesuffix(f"_fold_{fold}.{kind}").rpartition("_")[2] in PARTS
    ]


def _part_of(file: Path) -> str:
    return PARTS[file.name.rpartition("_fold_")[0].rpartition("_")[2]]


def _of_table(table: Path, fold: str) -> list[tuple[str, str]]:
    rows = with_segments(segment_columns(read_table(table, ("path",)), table), lambda line: f"{table}, line {line}")
    rows["path"] = clip_names(rows)
    if "fold" in rows:
        chosen = rows["fold"] == fold
        if not chosen.any():
            existing = ", ".join(sorted(set(rows["fold"]))[:20])
            raise ConfigError(f"split.fold={fold}: {table} has no such fold; there are {existing}")
        if "split" not in rows:
            return list(zip(rows["path"], np.where(chosen, "test", "train"), strict=True))
        rows = rows[chosen]
    if "split" not in rows:
        raise CorpusError(f"{table}: neither a column split nor a column fold; {_REMEDY}")
    parts = rows["split"].str.lower().map(PARTS)
    unknown = rows.index[parts.isna()]
    if len(unknown):
        raise CorpusError(
            f"{table}, line {unknown[0]}: split '{rows['split'][unknown[0]]}'; allowed are {', '.join(PARTS)}"
        )
    return list(zip(rows["path"], parts, strict=True))


def _names(file: Path) -> list[str]:
    """Return the names of the clips in a file of EmoBox."""
    return [
        clip_name(record["wav"], *(record[time] for time in TIMES if time in record)) for record in records(file, "wav")
    ]
