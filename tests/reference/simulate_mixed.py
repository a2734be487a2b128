"""False positives of the mixed model on scores without an effect: which of its tests are to be trusted.

python -m tests.reference.simulate_mixed > tests/reference/mixed_simulated.csv
"""

import numpy as np
import pandas as pd

from ser.analysis import mixed
from ser.errors import ScoresError
from tests.analysis.conftest import grid

SIMULATIONS, ALPHA, SD = 400, 0.05, 0.02
LEVELS = {"model": ["hubert", "wav2vec2"], "pretune": ["none", "it"], "dataset": ["emodb", "emovo"]}


def simulate(factors: list[str], seeds: int, missing: float, random: np.random.Generator) -> dict[str, float]:
    """Return the share of simulations in which a test of an order rejects, and of those that could not be fitted.

    The seed, its interaction with each factor, and the residual have one standard deviation; other variances are 0.
    """
    table = grid({factor: LEVELS[factor] for factor in factors}, seeds)[[*factors, "seed"]].astype(
        dict.fromkeys(factors, "category")
    )
    found = []
    for simulation in range(SIMULATIONS):
        values = 0.6 + random.normal(0, SD, len(table)) + random.normal(0, SD, seeds)[table["seed"]]
        for factor in factors:
            values += random.normal(0, SD, (2, seeds))[table[factor].cat.codes, table["seed"]]
        scores = table.assign(value=values)[random.random(len(table)) >= missing]
        try:
            tests, variances = mixed.mixed_model(scores, factors)
        except ScoresError:
            found.append({"simulation": simulation, "refused": True})
            continue
        zero = bool((variances["variance"] == 0).any())
        for effect, p in zip(tests["effect"], tests["p"], strict=True):
            kind = "highest" if effect == " x ".join(factors) else "lower"
            found.append(
                {"simulation": simulation, "refused": False, "kind": kind, "zero": zero, "rejected": p < ALPHA}
            )
    tests = pd.DataFrame(found)
    row = {"factors": len(factors), "seeds": seeds, "missing": missing}
    row["refused"] = tests.groupby("simulation")["refused"].first().mean()
    for kind, part in tests.dropna(subset="kind").groupby("kind"):
        row[f"{kind}"] = part["rejected"].mean()
        row[f"{kind}_without_zero"] = part[~part["zero"].astype(bool)]["rejected"].mean()
    row["zero"] = tests.dropna(subset="kind").groupby("simulation")["zero"].first().mean()
    return row


if __name__ == "__main__":
    generator = np.random.default_rng(0)
    rows = [
        simulate(factors, seeds, missing, generator)
        for factors in (["model", "pretune"], ["model", "pretune", "dataset"])
        for seeds in (3, 5, 6, 10, 20)
        for missing in (0.0, 0.15)
    ]
    print(pd.DataFrame(rows).to_csv(index=False, float_format="%.3f"), end="")
