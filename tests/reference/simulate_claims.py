"""How often claim 2 finds a difference between equal models, and how often its interval holds the truth.

    python -m tests.reference.simulate_claims    # writes claims_simulated.csv; a minute

Two learners that are equal in the population of speakers: the difference of seed s on speaker k is a_s + b_k + e_sk
with SDs .02, .07 and .05, drawn as such ("normal"), or as shares of 14 clips that are right or wrong ("binary").
The last rows re-run the first table of the statistics' rationale: 60 training speakers re-split 64/16/20 for each seed.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from ser.analysis.claims.crossed import crossed, mean_squares, two_way
from ser.analysis.claims.seeds import another_corpus, these_speakers

SD = {"seed": 0.02, "speaker": 0.07, "residual": 0.05}
CLIPS = 14
SEEDS, SPEAKERS = (3, 10, 30), (6, 12, 60)


def tables(kind: str, shape: tuple[int, int, int], random: np.random.Generator) -> np.ndarray:
    """Draw (corpora, seeds, speakers) of differences whose mean in the population is 0."""
    many, seeds, speakers = shape
    effects = random.normal(0, SD["seed"], (many, seeds, 1)) + random.normal(0, SD["speaker"], (many, 1, speakers))
    if kind == "normal":
        return effects + random.normal(0, SD["residual"], shape)
    rates = np.clip(0.65 + np.stack([effects / 2, -effects / 2]), 0, 1)
    right = random.binomial(CLIPS, rates)
    return (right[0] - right[1]) / CLIPS


def claims(tables: np.ndarray) -> dict[str, np.ndarray]:
    """Return whether each claim finds a difference at .05: the seeds alone, and seeds and speakers, nested."""
    _, seeds, speakers = tables.shape
    mean, *squares = mean_squares(tables)
    variance, df = two_way(*squares, seeds, speakers)
    alone = stats.t.isf(0.025, seeds - 1) * np.sqrt(squares[0] / (seeds * speakers))
    half = np.maximum(alone, stats.t.isf(0.025, df) * np.sqrt(variance))
    return {"seeds alone": np.abs(mean) > alone, "seeds and speakers": np.abs(mean) > half}


def resplit(seeds: int, corpora: int, random: np.random.Generator) -> dict[str, float]:
    """Return the shares of re-split corpora in which a difference is found."""
    found = {"seeds alone": 0, "seeds and speakers": 0, "another corpus": 0}
    for _ in range(corpora):
        values = tables("binary", (1, seeds, 60), random)[0]
        for row in values:
            row[random.permutation(60)[12:]] = np.nan
        means, speakers = np.nanmean(values, axis=1), crossed(values, np.full(values.shape, CLIPS))
        alone, corrected = these_speakers(means), another_corpus(means, 12 / 48)
        p = {"seeds alone": alone, "seeds and speakers": speakers, "another corpus": corrected}
        p = {name: 2 * stats.t.sf(abs(e.value) / e.se, e.df) for name, e in p.items()}
        p["seeds and speakers"] = max(p["seeds alone"], p["seeds and speakers"])
        for name in found:
            found[name] += p[name] < 0.05
    return {name: count / corpora for name, count in found.items()}


def main(corpora: int = 2_000, resplit_corpora: int = 500) -> pd.DataFrame:
    """Simulate every setting."""
    random, rows = np.random.default_rng(20261125), []
    for kind in ("normal", "binary"):
        for seeds in SEEDS:
            for speakers in SPEAKERS:
                found = claims(tables(kind, (corpora, seeds, speakers), random))
                row = {"clips": kind, "test set": "the same speakers", "seeds": seeds, "speakers": speakers}
                rows.append(row | {name: hits.mean() for name, hits in found.items()})
                rows[-1]["coverage"] = 1 - rows[-1]["seeds and speakers"]
    for seeds in SEEDS:
        row = {"clips": "binary", "test set": "re-split", "seeds": seeds, "speakers": 60}
        rows.append(row | resplit(seeds, resplit_corpora, random))
        rows[-1]["coverage"] = 1 - rows[-1]["seeds and speakers"]
    return pd.DataFrame(rows).round(4)


if __name__ == "__main__":
    table = main()
    table.to_csv(Path(__file__).with_name("claims_simulated.csv"), index=False)
    sys.stdout.write(table.to_string(index=False) + "\n")
