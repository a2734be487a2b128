"""The table of claims: every contrast at four widths, each with estimate, interval, p and verdict."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ser.analysis.claims.between import between
from ser.analysis.claims.bootstrap import Resampled
from ser.analysis.claims.crossed import crossed
from ser.analysis.claims.estimate import Estimate, p_against, p_within
from ser.analysis.claims.samples import Sample, samples_of
from ser.analysis.claims.seeds import another_corpus, these_speakers
from ser.analysis.claims.sentences import three_way, three_way_uneven
from ser.analysis.comparisons import corrected
from ser.analysis.contrasts import Contrast
from ser.errors import ScoresError

THESE, SPEAKERS, SENTENCES, CORPUS = (
    "these speakers",
    "new speakers",
    "new speakers and sentences",
    "another corpus of this kind",
)
POPULATIONS = (THESE, SPEAKERS, SENTENCES, CORPUS)
"""The four widths of claim, from the narrowest; the first three are nested."""
DIFFERENT, EQUIVALENT, UNDECIDED, UNTESTED = "different", "equivalent", "undecided", "untested"
VERDICTS = (DIFFERENT, EQUIVALENT, UNDECIDED, UNTESTED)

NO_PREDICTIONS = "no predictions of single clips and their speakers are here that this metric can be computed from"
NO_SENTENCES = "the predictions do not name the sentences"
FIXED = "the test set is the same for every seed, so it is one corpus and no draw of several"
NO_SPREAD = "all values are the same, so nothing can be tested"

COLUMNS = (
    *("population", "kind", "factor", "contrast", "at", "method", "seeds", "speakers", "sentences", "estimate"),
    *("over_clips", "se", "ci_low", "ci_high", "df", "p", "p_tost", "sd_seed", "sd_speaker", "sd_residual"),
    *("share_seed", "share_speaker", "share_residual", "note"),
)

Part = tuple[Sample, np.ndarray, np.ndarray]
"""A sample of speakers, the positions of its cells that take part, and their weights."""


def claims_of(
    table: pd.DataFrame,
    contrasts: Sequence[Contrast],
    speakers: pd.DataFrame | None,
    metric: str,
    margin: float,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Test every contrast for four populations: a claim is as wide as what its error term lets vary.

    1 `these speakers`: seeds alone, paired t over all clips. 2 `new speakers`: seeds and speakers crossed, both random.
    3 `new speakers and sentences`: sentences too. 4 `another corpus of this kind`: seeds with Nadeau and Bengio's
    correction, where seeds re-split the corpus. Claims 1 to 3 are nested: a wider one takes the larger p and the larger
    half-width of itself and of the narrower. Verdicts rest on p corrected after Holm over the rows of one population,
    kind and factor: `equivalent` (two one-sided tests against the margin), else `different` (from 0), else `undecided`;
    `untested` with the reason in `note`.

    Args:
        table: scores over all clips, seeds by cells, as `ser.analysis.design.wide` returns it.
        contrasts: over its columns.
        speakers: the speaker scores with the factors and `seed` of `table`, and `group` where that is one of them; None
            where there are no predictions.
        metric: what is scored.
        margin: largest difference that counts as none, in the unit of the metric.
        alpha: level of the verdicts; intervals cover 1 - alpha.

    Returns:
        One row a population and contrast: `population`, `kind`, `factor`, `contrast`, `at`, `method`, `seeds`,
        `speakers`, `sentences` (numbers that it rests on), `estimate` (mean over speakers for claim 2), `over_clips`
        (the same over all clips), `se`, `ci_low`, `ci_high`, `df`, `p`, `p_tost`, `family`, `p_holm`, `p_tost_holm`,
        `verdict`, `sd_*` (roots of the components), `share_*` (of the variance), `note`.
    """
    samples = [] if speakers is None or speakers.empty else samples_of(speakers, table, metric)
    draws: dict[bool, Resampled] = {}

    def resampled(sentences: bool) -> Resampled:
        if sentences not in draws:
            draws[sentences] = Resampled(samples, sentences)
        return draws[sentences]

    rows = []
    values = table.to_numpy()
    for contrast in contrasts:
        involved = np.flatnonzero(contrast.weights)
        seeds = values[:, involved] @ contrast.weights[involved]
        parts = _parts(samples, contrast.weights, involved)
        questions: dict[str, Callable[[], Estimate]] = {
            THESE: lambda seeds=seeds: these_speakers(seeds),  # type: ignore[misc]
            SPEAKERS: lambda parts=parts: _new_speakers(parts, resampled),  # type: ignore[misc]
            SENTENCES: lambda parts=parts: _new_sentences(parts, resampled),  # type: ignore[misc]
            CORPUS: lambda parts=parts, seeds=seeds: _another_corpus(parts, seeds),  # type: ignore[misc]
        }
        narrower: dict[str, Any] = {}
        for population, question in questions.items():
            row = _numbers(contrast, population, seeds, parts)
            try:
                row |= _row(question(), margin, alpha, narrower if population != CORPUS else {})
            except ScoresError as reason:
                row["note"] = str(reason)
            rows.append(row)
            narrower = row if "p" in row else narrower
    return _verdicts(pd.DataFrame(rows, columns=COLUMNS), margin, alpha)


def _parts(samples: Sequence[Sample], weights: np.ndarray, involved: np.ndarray) -> list[Part]:
    """Return what a contrast takes of each sample; nothing where one of its cells has no predictions."""
    parts = []
    for sample in samples:
        positions = np.flatnonzero(np.isin(sample.cells, involved))
        if len(positions):
            parts.append((sample, positions, weights[sample.cells[positions]]))
    return parts if sum(len(positions) for _, positions, _ in parts) == len(involved) else []


def _differences(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Return (seeds, speakers) weighted sums of the cells, NaN where one lacks, and the fewest clips of the cells."""
    sample, positions, weights = part
    return sample.differences(positions, weights), sample.clips(positions)


def _new_speakers(parts: Sequence[Part], resampled: Callable[[bool], Resampled]) -> Estimate:
    if not parts:
        raise ScoresError(NO_PREDICTIONS)
    if parts[0][0].score is not None:
        _require_two(parts)
        return resampled(False).estimate(parts)
    differences = [_differences(part) for part in parts]
    return crossed(*differences[0]) if len(parts) == 1 else between(differences)


def _new_sentences(parts: Sequence[Part], resampled: Callable[[bool], Resampled]) -> Estimate:
    if not parts:
        raise ScoresError(NO_PREDICTIONS)
    if min(sample.shape[3] for sample, _, _ in parts) < 2:
        raise ScoresError(NO_SENTENCES)
    _require_two(parts)
    if len(parts) == 1 and parts[0][0].score is None:
        sample, positions, weights = parts[0]
        values, clips = sample.by_sentence
        differences, fewest = np.tensordot(weights, values[positions], 1), clips[positions].min(axis=0)
        if not np.isnan(differences).any() and np.ptp(fewest) == 0:
            return three_way(differences)
        with contextlib.suppress(ScoresError):  # of too many levels, or that cannot be told apart
            return three_way_uneven(differences, fewest)
    return resampled(True).estimate(parts)


def _another_corpus(parts: Sequence[Part], seeds: np.ndarray) -> Estimate:
    if not parts:
        raise ScoresError(NO_PREDICTIONS)
    if not all(sample.resplit for sample, _, _ in parts):
        raise ScoresError(FIXED)
    return another_corpus(seeds, max(sample.tested_share for sample, _, _ in parts))


def _require_two(parts: Sequence[Part]) -> None:
    """Refuse what `crossed` refuses, where no model is fitted."""
    for sample, positions, _ in parts:
        met = sample.met(positions)
        if met.any(axis=1).sum() < 2:
            raise ScoresError(f"{met.any(axis=1).sum()} seed(s): whether another training would do the same is unknown")
        if met.any(axis=0).sum() < 2:
            raise ScoresError(f"{met.any(axis=0).sum()} speaker(s): whether another speaker would do so is unknown")


def _numbers(contrast: Contrast, population: str, seeds: np.ndarray, parts: Sequence[Part]) -> dict[str, Any]:
    """Return what a claim is about, and how many seeds, speakers and sentences it rests on."""
    present = seeds[~np.isnan(seeds)]
    row: dict[str, Any] = {"population": population, "kind": contrast.kind, "factor": contrast.factor}
    row |= {
        "contrast": contrast.contrast,
        "at": contrast.at,
        "seeds": len(present),
        "over_clips": present.mean() if len(present) else np.nan,
        "note": "",
    }
    if parts and population in (SPEAKERS, SENTENCES):
        met = [sample.met(positions) for sample, positions, _ in parts]
        row["seeds"] = int(np.logical_and.reduce([m.any(axis=1) for m in met]).sum())
        row["speakers"] = sum(int(m.any(axis=0).sum()) for m in met)
        if population == SENTENCES:
            row["sentences"] = sum(sample.shape[3] for sample, _, _ in parts) or np.nan
    return row


def _row(found: Estimate, margin: float, alpha: float, narrower: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of an estimate; p and interval are those of the narrower claim where these are wider."""
    row: dict[str, Any] = {"estimate": found.value, "se": found.se, "method": found.method}
    if not found.variance > 0:
        return row | {"note": NO_SPREAD}
    low, high = found.interval(1 - alpha)
    row |= {"df": found.df, "p": p_against(found.value, found.se, found.df)}
    row["p_tost"] = p_within(found.value, found.se, found.df, margin)
    notes = [f"no spread between {name} was found" for name in found.zero]
    if narrower:
        half = (narrower["ci_high"] - narrower["ci_low"]) / 2
        if narrower["p"] > row["p"] or found.value - low < half or high - found.value < half:
            notes.append("p or interval of the narrower claim, which is wider")
        low, high = min(low, found.value - half), max(high, found.value + half)
        row |= {name: max(row[name], narrower[name]) for name in ("p", "p_tost")}
    row |= {"ci_low": low, "ci_high": high}
    row |= {f"sd_{name}": found.components[name] ** 0.5 for name in found.components if " " not in name}
    row |= {f"share_{name}": part / found.variance for name, part in found.parts.items() if " " not in name}
    return row | {"note": "; ".join(notes)}


def _verdicts(table: pd.DataFrame, margin: float, alpha: float) -> pd.DataFrame:
    family = ["population", "kind", "factor"]
    table = table.astype({"method": object, "note": object})
    table["method"] = table["method"].fillna("")
    found = corrected(table, family)
    table.insert(table.columns.get_loc("p_tost") + 1, "family", found["family"])
    table.insert(table.columns.get_loc("family") + 1, "p_holm", found["p_holm"])
    table.insert(table.columns.get_loc("p_holm") + 1, "p_tost_holm", corrected(table, family, "p_tost")["p_holm"])
    table.insert(table.columns.get_loc("p_tost_holm") + 1, "verdict", verdicts(table, alpha))
    return table


def verdicts(table: pd.DataFrame, alpha: float) -> np.ndarray:
    """Return the verdict of each row from `p`, and from `p_tost_holm` and `p_holm` against alpha."""
    cases = [table["p"].isna(), table["p_tost_holm"] < alpha, table["p_holm"] < alpha]
    return np.select(cases, [UNTESTED, EQUIVALENT, DIFFERENT], UNDECIDED)
