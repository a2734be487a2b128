"""Studies of known structure: scores and speaker scores of cells, with spread of seeds, speakers and neither."""

from itertools import product

import numpy as np
import pandas as pd

from ser.schema import ALL


def study(
    levels: dict[str, list[str]],
    seeds: int,
    speakers: int,
    spreads: tuple[float, float, float],
    effects: dict[tuple[str, ...], float],
    *,
    tested: int | None = None,
    sentences: int = 0,
    random_seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make tidy scores, and speaker scores of 20 clips each.

    Args:
        levels: of `model` and, where there are several test sets, `dataset`.
        seeds: number of them.
        speakers: of each test set.
        spreads: of the difference of two cells over seeds, over speakers, and of neither.
        effects: levels of a cell, in the order of `levels`, to what its accuracy is above .6.
        tested: speakers of each seed's test part; None: all of them.
        sentences: of each speaker; 0: not known.
        random_seed: of the spread.
    """
    random = np.random.default_rng(random_seed)
    rows = []
    parts = [random.permutation(speakers)[: tested or speakers] for _ in range(seeds)]
    for cell in product(*levels.values()):
        by_seed, by_speaker = (
            random.normal(0, sd / 2**0.5, n) for sd, n in zip(spreads, (seeds, speakers), strict=False)
        )
        for seed in range(seeds):
            for speaker in sorted(parts[seed]):
                value = 0.6 + effects.get(cell, 0.0) + by_seed[seed] + by_speaker[speaker]
                for sentence in range(sentences or 1):
                    noise = random.normal(0, spreads[2] / 2**0.5 * (sentences or 1) ** 0.5)
                    rows.append((*cell, seed, f"s{speaker}", ("female", "male")[speaker % 2], sentence, value + noise))
    table = pd.DataFrame(rows, columns=[*levels, "seed", "speaker", "gender", "sentence", "value"])
    for key, level in {"model": "hubert", "pretune": "none", "trained_on": "emodb", "dataset": "emovo"}.items():
        table = table if key in table.columns else table.assign(**{key: level})
    table = table.assign(n=20.0, weight=20.0)
    keys = ["model", "pretune", "trained_on", "dataset", "seed"]
    scores = pd.concat(
        [
            table.groupby(keys, as_index=False)["value"].mean().assign(group=ALL),
            table.groupby([*keys, "gender"], as_index=False)["value"].mean().rename(columns={"gender": "group"}),
        ],
        ignore_index=True,
    )
    speakers_table = table if sentences else table.drop(columns="sentence")
    return scores.assign(metric="accuracy"), speakers_table
