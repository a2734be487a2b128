"""Make scores.csv: 12 seeds of a 2 x 3 x 2 x 2 grid, with spread between seeds, unequal variances and real effects.

`keep` is 0 for the scores that the unbalanced cases leave out.
"""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

random = np.random.default_rng(20240607)
rows = []
for seed in range(12):
    luck = random.normal(0, 0.02)
    own = {name: random.normal(0, 0.015) for name in ("hubert", "wav2vec2", "none", "it", "it_1h", "emodb", "emovo")}
    for model, pretune, dataset, rate in product(
        ("hubert", "wav2vec2"), ("none", "it", "it_1h"), ("emodb", "emovo"), ("high", "low")
    ):
        value = 0.6 + luck + own[model] + own[pretune] + own[dataset]
        value += 0.02 * (model == "wav2vec2") + 0.03 * (dataset == "emodb") + 0.015 * (rate == "low")
        value += 0.02 * (model == "wav2vec2") * (pretune == "it") - 0.01 * (pretune == "it_1h") * (dataset == "emovo")
        value += random.normal(0, 0.03 if dataset == "emovo" else 0.015)
        rows.append((model, pretune, dataset, rate, seed, round(value, 4), int(random.random() > 0.12)))
columns = ["model", "pretune", "dataset", "rate", "seed", "value", "keep"]
pd.DataFrame(rows, columns=columns).to_csv(Path(__file__).with_name("scores.csv"), index=False)
