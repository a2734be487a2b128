"""From the name of a corpus to its checked clips: one way in, however a corpus lies on disk."""

import itertools
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pandas as pd

from ser.corpora.choosing import choose
from ser.corpora.completeness import completeness, unread_columns, with_one_spelling
from ser.corpora.files import in_any_case
from ser.corpora.languages import with_codes
from ser.corpora.rating_scale import unit_scale
from ser.corpora.ratings import DIMENSION_RATINGS
from ser.corpora.readers import READERS, reader_of
from ser.corpora.segments import segmented, sort_clips
from ser.corpora.selection import kept, require_recordings, without
from ser.errors import ConfigError, CorpusError
from ser.schema import MANIFEST_COLUMNS, check_manifest

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Terms:
    """Under which terms a corpus may be used, as far as its reader knows them.

    Attributes:
        licence: its name, SPDX where there is one.
        citation: what a publication that uses it has to cite.
        url: where its owners give it out.
    """

    licence: str | None
    citation: str | None
    url: str | None

    def __str__(self) -> str:
        licence, citation, url = (value or "unknown" for value in (self.licence, self.citation, self.url))
        return f"licence: {licence}; cite: {citation}; from: {url}"


@dataclass(frozen=True, eq=False)
class Corpus:
    """The clips of a corpus, under its name in the tables of results.

    Attributes:
        name: the label in tables and the key in the configuration.
        root: the folder that the clips' paths start from.
        clips: a checked manifest, one row a clip, sorted by path and segment; every column is text, but for seconds of
            segments, and dimensions whose scale is known, which are numbers from 0 to 1.
        channel: which channel of a recording is used, counted from 0.
        dropped: how many clips were left out for each label that was not chosen.
        reader: which of `READERS` read it, or its import path.
        terms: licence, citation and address.
        emotions: all that the corpus has, before and after merging, chosen or not.
        votes: of several raters for every clip, those that are left out too; None where there are none.
        ratings: of the dimensions by several raters (`ser.corpora.ratings.ratings_to_text`), likewise.
        origins: where a table names each clip, for messages; empty where there is no table.
        notes: what is unusual about it: another number of clips than published, recordings and columns that are not
            read, labels and speakers in several spellings.
    """

    name: str
    root: Path
    clips: pd.DataFrame
    channel: int
    dropped: dict[str, int]
    reader: str
    terms: Terms
    emotions: tuple[str, ...] = ()
    votes: pd.Series | None = None
    ratings: pd.Series | None = None
    origins: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read(
    name: str,
    *,
    reader: str,
    root: Path | None,
    channel: int,
    outside: Literal["drop", "refuse"],
    labels: Mapping[Any, Any] = MappingProxyType({}),
    merged: Mapping[Any, Any] = MappingProxyType({}),
    emotions: Sequence[str] | None = None,
    keep: str | None = None,
    leave_out: Sequence[str] = (),
    scale: tuple[float, float] | None = None,
    **options: Any,
) -> Corpus:
    """Read the labels of a corpus and see to it that they are whole; no recording is opened.

    Args:
        name: the key under `dataset.corpora`.
        reader: which of `READERS` knows the layout, or an import path.
        root: the folder of the corpus; None is the folder of the option `table`.
        channel: kept for those who decode the recordings.
        outside: what to do with clips whose emotion is not among `emotions`: leave them out, or stop.
        labels: a label of the corpus -> emotion; all are spelled as `ser.labels.SYNONYMS` does.
        merged: an emotion -> another, as the dataset says for all of its corpora.
        emotions: those that are kept; None keeps all that are emotions.
        keep: a condition on the columns of the clips (`ser.corpora.conditions`); None keeps all.
        leave_out: clips that are known to be broken, by path or name, at most a twentieth of all.
        scale: the lowest and the highest rating of arousal, valence and dominance, where clips have them.
        options: further arguments of the reader's `manifest`.

    Raises:
        ConfigError: there is no such reader, or the reader has no such option.
        CorpusError: the folder is not there or is no root of such a corpus, a label is refused, a table is wrong,
            a clip that it names is not there, or what is to be left out is not in it or too much.
    """
    key = f"dataset.corpora.{name}"
    module = reader_of(key, reader, READERS, lambda module: module.manifest, options)
    root = find_root(key, module, root, options)
    source = f"corpus '{name}' in {root}"
    clips = module.manifest(root, **options)
    if not isinstance(clips, pd.DataFrame) or "path" not in clips or not {"emotion", "votes"} & set(clips):
        raise ConfigError(f"{key}.reader={reader}: it returns no table with the columns {', '.join(MANIFEST_COLUMNS)}")
    ratings = clips.get(DIMENSION_RATINGS)
    clips = clips.drop(columns=DIMENSION_RATINGS, errors="ignore")
    table = options.get("table") if reader == "manifest" else None
    notes = completeness(clips["path"], module, root) + (unread_columns(clips.columns) if table else ())
    clips = segmented(clips, table)
    clips = without(clips, leave_out, f"dataset.corpora.{name}.leave_out")
    chosen = choose(clips, labels, merged, emotions, outside, name, source)
    if chosen.clips.empty and len(clips):
        raise CorpusError(f"{source}: no clip has one of the emotions {', '.join(emotions or ())}; choose others")
    clips = sort_clips(chosen.clips)
    origins = tuple(f"{table}, line {line}" for line in clips.index) if table else ()
    clips, spellings = with_one_spelling(with_codes(check_manifest(clips, source)))
    held = kept(clips, keep, source)
    clips, origins = clips[held].reset_index(drop=True), tuple(itertools.compress(origins, held))
    dropped = chosen.dropped | ({"dataset.keep": int((~held).sum())} if not held.all() else {})
    require_recordings(clips, root, source)
    if scale is not None:
        clips = unit_scale(clips, scale, source)
    notes = (*notes, *chosen.notes, *spellings)
    for note in notes:
        logger.warning("%s: %s", source, note)
    return Corpus(
        *(name, root, clips, channel, dropped, reader, terms_of(module, root), chosen.emotions, chosen.votes, ratings),
        origins=origins,
        notes=notes,
    )


def terms_of(module: Any, root: Path | None = None) -> Terms:
    """Return the terms of a corpus: those that its reader states, or those that the corpus itself does."""
    if root is not None and hasattr(module, "terms"):
        return Terms(*module.terms(root))
    return Terms(module.LICENCE, module.CITATION, module.URL)


def find_root(key: str, module: Any, root: Path | None, options: dict[str, Any]) -> Path:
    """Return the folder that the paths of a corpus start from.

    Raises:
        CorpusError: it is not there, or is no root of such a corpus; the message says where to get one.
    """
    name = key.rpartition(".")[2]
    if root is None and options.get("table"):
        return Path(options["table"]).expanduser().parent
    remedy = f"set {key}.root=<folder>" + (
        f". Get {module.NAME} ({module.LICENCE or 'licence unknown'}) from {module.URL}" if module.URL else ""
    )
    if root is None:
        raise CorpusError(f"corpus '{name}': no folder is named; {remedy}")
    root = root.expanduser()
    if os.path.isfile(root):
        raise CorpusError(f"corpus '{name}': {root} is a file; unpack it, and set {key}.root=<folder>")
    if not os.path.isdir(root):
        raise CorpusError(f"corpus '{name}': there is no folder {root}; {remedy}")
    layout = in_any_case(module.LAYOUT)
    if next(root.glob(layout), None) is None:
        deeper = min(root.glob(f"*/{layout}"), default=None)
        hint = f"; {deeper.parents[module.LAYOUT.count('/')]} looks like it" if deeper else ""
        raise CorpusError(f"corpus '{name}': {root} is not its root, which holds {module.LAYOUT}{hint}; {remedy}")
    return root
