"""Make crossed.csv: differences by seed, speaker and sentence, for crossed.R and the tests of ser.analysis.claims.

`case` names the table; `part` is 1, or 1 and 2 where two samples of speakers are compared.
"""

from pathlib import Path

import numpy as np
import pandas as pd

random = np.random.default_rng(20261171)


def table(case, seeds, speakers, spreads, *, delta=0.02, clips=lambda shape: np.full(shape, 10), met=None, part=1):
    """Make one table: spreads of seed, speaker and of one clip; the residual of a mean is that over the root of n."""
    n = clips((seeds, speakers))
    seed, speaker = random.normal(0, spreads[0], (seeds, 1)), random.normal(0, spreads[1], (1, speakers))
    values = delta + seed + speaker + random.normal(0, spreads[2], n.shape) / np.sqrt(n)
    rows = [(case, part, s, k, 0, int(n[s, k]), round(values[s, k], 6)) for s, k in np.ndindex(n.shape)]
    return [row for row in rows if met is None or met[row[2], row[3]]]


def unequal(shape):
    return np.broadcast_to(random.integers(8, 40, shape[1]), shape)


def uneven(shape):
    return random.integers(2, 30, shape)


def parts_of(seeds, speakers, tested):
    met = np.zeros((seeds, speakers), bool)
    for row in met:
        row[random.choice(speakers, tested, replace=False)] = True
    return met


rows = table("complete", 10, 6, (0.05, 0.07, 0.12))
rows += table("no speakers", 8, 6, (0.05, 0.0, 0.15))
rows += table("no seeds", 6, 9, (0.0, 0.06, 0.15))
rows += table("unequal", 8, 10, (0.02, 0.05, 0.4), clips=unequal)
rows += table("uneven", 5, 12, (0.03, 0.05, 0.4), clips=uneven)
rows += table("re-split", 12, 40, (0.03, 0.06, 0.4), clips=uneven, met=parts_of(12, 40, 9))
rows += table("paper", 30, 120, (0.02, 0.07, 0.4), clips=uneven, met=parts_of(30, 120, 24))
rows += table("missing", 6, 8, (0.03, 0.06, 0.3), met=random.random((6, 8)) < 0.8)
rows += table("re-split, no seeds", 10, 30, (0.0, 0.08, 0.4), clips=uneven, met=parts_of(10, 30, 8))
rows += table("re-split, no speakers", 14, 25, (0.05, 0.0, 0.4), clips=uneven, met=parts_of(14, 25, 8))
for part, speakers, spread in ((1, 6, 0.07), (2, 20, 0.03)):
    rows += table("two test sets", 8, speakers, (0.02, spread, 0.2), delta=0.1 * (3 - 2 * part), part=part)
for part in (1, 2):
    rows += table("gender", 5, 3, (0.01, 0.06, 0.2), delta=0.3 * (3 - 2 * part), part=part)
for case, spread in (
    ("sentences", (0.03, 0.08, 0.05, 0.02, 0.03, 0.04, 0.05)),
    ("large", (0.1, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1)),
):
    shape = (6, 5, 7) if case == "sentences" else (4, 8, 6)
    axes = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    values = 0.02 + sum(
        random.normal(0, sd, [size if axis in kept else 1 for axis, size in enumerate(shape)])
        for kept, sd in zip(axes, spread, strict=True)
    )
    name = "three crossed" if case == "sentences" else "three crossed, large"
    rows += [(name, 1, s, k, j, 7, round(values[s, k, j], 6)) for s, k, j in np.ndindex(values.shape)]
uneven_three = [
    ("three crossed, gaps", (5, 6, 6), (0.05, 0.08, 0.05, 0.02, 0.03, 0.04), 0.85),
    ("three crossed, truncated", (4, 6, 7), (0.06, 0.07, 0.0, 0.0, 0.04, 0.0), 0.9),
    ("three crossed, re-split", (6, 9, 5), (0.03, 0.09, 0.06, 0.03, 0.0, 0.05), 0.5),
]
for case, shape, spread, share in uneven_three:
    n = random.integers(2, 12, shape)
    values = 0.02 + random.normal(0, 0.25, shape) / np.sqrt(n)
    values = values + sum(
        random.normal(0, sd, [size if axis in kept else 1 for axis, size in enumerate(shape)])
        for kept, sd in zip([(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)], spread, strict=True)
    )
    met = random.random(shape) < share
    rows += [
        (case, 1, s, k, j, int(n[s, k, j]), round(values[s, k, j], 6)) for s, k, j in np.ndindex(shape) if met[s, k, j]
    ]
columns = ["case", "part", "seed", "speaker", "sentence", "n", "d"]
pd.DataFrame(rows, columns=columns).to_csv(Path(__file__).with_name("crossed.csv"), index=False)
