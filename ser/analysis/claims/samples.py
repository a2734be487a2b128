"""The speaker scores as arrays: for each sample of speakers, cells x seeds x speakers, and the sums to resample."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ser.analysis.claims.clips import SUM
from ser.analysis.claims.metrics import Score, score_of

APART = ("dataset", "group")
"""Factors whose levels have other speakers each: test sets, and groups of speakers. Their names may coincide."""


@dataclass(frozen=True)
class Sample:
    """The speakers of one test set, or of one group of them, in all cells that were scored on it."""

    cells: np.ndarray  # (cells,), which columns of the table of seeds by cells
    units: pd.DataFrame  # (rows,): cell, seed, speaker, sentence as codes; n, weight, value, and sums
    shape: tuple[int, int, int, int]  # cells, seeds, speakers, sentences (0: not known)
    score: Score | None  # None: the metric is a mean over clips

    @cached_property
    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """(cells, seeds, speakers) values, NaN where there is none, and the clips that each rests on."""
        size = int(np.prod(self.shape[:3]))
        cell_index = np.ravel_multi_index([self.units[name] for name in ("cell", "seed", "speaker")], self.shape[:3])
        weight, n = self.units["weight"].to_numpy(), self.units["n"].to_numpy()
        total = np.bincount(cell_index, weight, size)
        squares = np.bincount(cell_index, weight**2 / n, size)
        with np.errstate(all="ignore"):
            values = np.bincount(cell_index, weight * self.units["value"].to_numpy(), size) / total
            clips = total**2 / squares
        return values.reshape(self.shape[:3]), np.round(clips, 9).reshape(self.shape[:3])

    @cached_property
    def by_sentence(self) -> tuple[np.ndarray, np.ndarray]:
        """(cells, seeds, speakers, sentences) values, NaN where there is none, and the clips that each rests on."""
        values, clips = np.full((2, *self.shape), np.nan)
        index = tuple(self.units[name] for name in ("cell", "seed", "speaker", "sentence"))
        values[index], clips[index] = self.units["value"], self.units["n"]
        return values, clips

    @cached_property
    def alike(self) -> bool:
        """Whether all cells were scored on the same speakers in every seed, each by the same number of clips."""
        clips = self.arrays[1]
        return bool(((clips == clips[:1]) | (np.isnan(clips) & np.isnan(clips[:1]))).all())

    def differences(self, positions: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return (seeds, speakers) weighted sums of cells, NaN where one of them lacks."""
        values = self.arrays[0]
        if len(positions) == len(values):  # no copy of all that there is
            return np.tensordot(weights, values, 1)
        return np.tensordot(weights, values[positions], 1)

    def clips(self, positions: np.ndarray) -> np.ndarray:
        """Return (seeds, speakers), the fewest clips of the cells; 0 where there are none."""
        clips = self.arrays[1]
        return np.nan_to_num(clips[0] if self.alike else clips[positions].min(axis=0))

    def met(self, positions: np.ndarray) -> np.ndarray:
        """Return (seeds, speakers): whether a seed met a speaker in all of the cells."""
        values = self.arrays[0]
        return ~np.isnan(values[0] if self.alike else values[positions]).reshape(-1, *values.shape[1:]).any(axis=0)

    @cached_property
    def resplit(self) -> bool:
        """Whether seeds are tested on different speakers, as they are where each has a split of its own."""
        met = ~np.isnan(self.arrays[0])
        return any((cell[cell.any(axis=1)] != cell[cell.any(axis=1)][0]).any() for cell in met if cell.any())

    @cached_property
    def tested_share(self) -> float:
        """n_test / n_train in speakers: those of one test part by those of all others."""
        met = ~np.isnan(self.arrays[0])
        tested = met.sum(axis=2)[met.any(axis=2)].mean()
        return float(tested / (met.any(axis=(0, 1)).sum() - tested))

    def resampled(self, speakers: np.ndarray, sentences: np.ndarray | None) -> np.ndarray:
        """Return (draws, cells, seeds) scores over all clips, each counted as often as its speaker was drawn.

        Args:
            speakers: (draws, speakers), how often each was drawn.
            sentences: (draws, sentences), in the same way; None leaves them as they are.
        """
        names = ["speaker"] if sentences is None else ["speaker", "sentence"]
        pairs, codes = np.unique(self.units[names].to_numpy(), axis=0, return_inverse=True)
        drawn = speakers[:, pairs[:, 0]].astype(float)
        if sentences is not None:
            drawn *= sentences[:, pairs[:, 1]]
        cells, seeds = self.shape[:2]
        rows = np.ravel_multi_index([self.units["cell"], self.units["seed"]], (cells, seeds))
        sums = []
        for column in self._sums.T:
            table = np.zeros((len(pairs), cells * seeds))
            np.add.at(table, (codes, rows), column)
            sums.append((drawn @ table).reshape(len(drawn), cells, seeds))
        with np.errstate(all="ignore"):
            return sums[0] / sums[1] if self.score is None else self.score(np.stack(sums, axis=-1))

    @cached_property
    def _sums(self) -> np.ndarray:
        """(rows, sums): what the score over all clips is a function of."""
        if self.score is None:
            weight = self.units["weight"].to_numpy()
            return np.column_stack([weight * self.units["value"].to_numpy(), weight])
        return self.units[[name for name in self.units.columns if name.startswith(SUM)]].to_numpy()


def samples_of(speakers: pd.DataFrame, table: pd.DataFrame, metric: str) -> list[Sample]:
    """Divide the speaker scores into samples of speakers.

    Args:
        speakers: the table of `ser.analysis.claims.clips.speaker_scores`, with the factors and `seed` as `table` has
            them; `group` is the gender where it is one of the factors.
        table: seeds by cells, as `ser.analysis.design.wide` returns it.
        metric: what is scored.
    """
    names = [str(name) for name in table.columns.names]
    column = table.columns.get_indexer(pd.MultiIndex.from_frame(speakers[names].astype(str), names=names))
    seed = table.index.get_indexer(speakers["seed"])
    speakers = speakers.assign(cell=column, seed=seed)[(column >= 0) & (seed >= 0)]
    apart = [name for name in names if name in APART]
    parts = [part for _, part in speakers.groupby(apart, observed=True)] if apart else [speakers]
    sums = [name for name in speakers.columns if name.startswith(SUM)]
    samples = []
    for part in parts:
        cells, cell = np.unique(part["cell"], return_inverse=True)
        codes = {"cell": cell, "seed": part["seed"].to_numpy()}
        codes["speaker"], found = pd.factorize(part["speaker"].astype(str), sort=True)
        sentences = (
            pd.factorize(part["sentence"].astype(str), sort=True) if "sentence" in part else ([0] * len(part), [])
        )
        units = pd.DataFrame(codes | {"sentence": sentences[0]})
        units = units.join(part[["n", "weight", "value", *sums]].reset_index(drop=True))
        score = score_of(metric, [name.removeprefix(SUM) for name in sums]) if sums else None
        shape = (len(cells), len(table), len(found), len(sentences[1]))
        samples.append(Sample(cells, units, shape, score))
    return samples
