"""Seeds, speakers and sentences crossed: R's numbers, tables worked out by hand, and simulated truth."""

import doctest
import importlib
import pkgutil

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

import ser.analysis.claims
from ser.analysis.claims import crossed as crossed_module
from ser.analysis.claims.between import between
from ser.analysis.claims.bootstrap import counts, estimate
from ser.analysis.claims.crossed import CLOSED, REML, SEEDS_ALONE, SPEAKERS_ALONE, crossed
from ser.analysis.claims.planning import Components, equivalence_power, least_seeds, power, variance_of, width
from ser.analysis.claims.seeds import another_corpus, these_speakers
from ser.analysis.claims.sentences import three_way, three_way_uneven
from ser.errors import ScoresError
from tests.analysis.conftest import REFERENCE
from tests.reference import simulate_claims

ROWS = pd.read_csv(REFERENCE / "crossed.csv")
EXPECTED = pd.read_csv(REFERENCE / "crossed_expected.csv").pivot(index="case", columns="quantity", values="value")
SDS = Components(0.02**2, 0.07**2, 0.05**2)


def table(rows: pd.DataFrame, column: str) -> np.ndarray:
    return rows.pivot(index="seed", columns="speaker", values=column).to_numpy()


def sentences(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    axes = [np.unique(rows[name], return_inverse=True)[1] for name in ("seed", "speaker", "sentence")]
    values, clips = np.full((2, *(axis.max() + 1 for axis in axes)), np.nan)
    values[tuple(axes)], clips[tuple(axes)] = rows["d"], rows["n"]
    return values, clips


def fitted(case: str):
    rows = ROWS[ROWS["case"] == case]
    if case.startswith("three"):
        values, clips = sentences(rows)
        return three_way_uneven(values, clips) if np.isnan(values).any() else three_way(values)
    if rows["part"].nunique() == 2:
        return between([(table(part, "d"), table(part, "n")) for _, part in rows.groupby("part")])
    return crossed(table(rows, "d"), table(rows, "n"))


@pytest.mark.parametrize("case", EXPECTED.index)
def test_as_in_r(case):
    found, r = fitted(case), EXPECTED.loc[case]
    assert [found.value, found.se, found.df] == pytest.approx([r["value"], r["se"], r["df"]], rel=1e-6)
    assert sum(found.parts.values()) == pytest.approx(found.variance, rel=1e-9)
    pairs = [("seed", "seed"), ("speaker", "speaker"), ("sentence", "sentence"), ("Residual", "residual")]
    pairs += [(name, name.replace(":", " x ")) for name in r.index if "seed:" in name or "speaker:" in name]
    for name, ours in ((name.removeprefix("variance "), ours.removeprefix("variance ")) for name, ours in pairs):
        if not found.zero and ours in found.components and pd.notna(r[f"variance {name}"]):
            assert found.components[ours] == pytest.approx(r[f"variance {name}"], rel=1e-4, abs=1e-9)


@pytest.mark.parametrize(
    ("case", "zero", "method"),
    [
        ("no speakers", ("speakers",), CLOSED),
        ("no seeds", ("seeds",), CLOSED),
        ("re-split, no seeds", ("seeds",), REML),
        ("re-split, no speakers", ("speakers",), REML),
        ("paper", (), REML),
    ],
)
def test_a_component_of_0_is_named(case, zero, method):
    found = fitted(case)
    assert (found.zero, found.method) == (zero, method)


def test_three_by_four_by_hand():
    """Means of rows .1 .15 .2 and of columns .1 .1333 .2667 .1 round .15: MS .01, .01889, .00222."""
    values = np.array([[0.0, 0.1, 0.2, 0.1], [0.1, 0.1, 0.3, 0.1], [0.2, 0.2, 0.3, 0.1]])
    found = crossed(values, np.full((3, 4), 7))
    a, b, e = 4 * 0.005 / 2, 3 * (2 * 0.0025 + (1 / 60) ** 2 + (7 / 60) ** 2) / 3, 0.0133333333333 / 6
    assert found.variance == pytest.approx((a + b - e) / 12)
    assert found.df == pytest.approx((a + b - e) ** 2 / (a**2 / 2 + b**2 / 3 + e**2 / 6))
    assert found.components == pytest.approx({"seed": (a - e) / 4, "speaker": (b - e) / 3, "residual": e})


def test_closed_form_and_likelihood_agree_on_complete_tables(monkeypatch):
    rows = ROWS[ROWS["case"] == "complete"]
    closed = crossed(table(rows, "d"), table(rows, "n"))
    search = crossed_module.fit_crossed(table(rows, "d"), np.ones((10, 6)))
    assert [search.mean, search.variance, search.df] == pytest.approx([closed.value, closed.variance, closed.df])


@pytest.mark.parametrize("case", ["three crossed", "three crossed, large"])
def test_sentences_by_closed_form_and_by_likelihood(case):
    values, clips = sentences(ROWS[ROWS["case"] == case])
    closed, search = three_way(values), three_way_uneven(values, clips)
    assert [search.value, search.se, search.df] == pytest.approx([closed.value, closed.se, closed.df], rel=1e-6)
    assert search.components["speaker x sentence"] == pytest.approx(closed.components["speaker x sentence"], rel=1e-5)


def test_speakers_of_one_seed_each_and_new_sentences():
    """Folds: (1|speaker) and (1|seed:speaker) group the values alike, so they are one random effect."""
    values = np.full((4, 8, 5), np.nan)
    random = np.random.default_rng(4)
    for seed in range(4):
        values[seed, 2 * seed : 2 * seed + 2] = random.normal(size=(2, 1)) + random.normal(size=(2, 5))
    found = three_way_uneven(values, np.ones(values.shape))
    assert set(found.components) == {"seed", "speaker", "sentence", "seed x sentence", "residual"}


@pytest.mark.parametrize(
    ("shape", "reason"), [((1, 5, 3), "one level"), ((2, 2, 2), "cannot be told apart"), ((40, 40, 3), "more than 600")]
)
def test_sentences_that_cannot_be_told_from_speakers_are_refused(shape, reason):
    values = np.random.default_rng(1).normal(size=shape)
    values[0, 0, 0] = np.nan
    with pytest.raises(ScoresError, match=reason):
        three_way_uneven(values, np.ones(shape))


def test_differences_that_are_all_the_same_have_no_spread():
    values = np.full((3, 4, 5), 0.25)
    values[0, 0, 0] = np.nan
    found = three_way_uneven(values, np.ones(values.shape))
    assert (found.value, found.variance) == (0.25, 0.0)
    assert np.isnan(found.df)


def test_neither_seeds_nor_speakers_differ_beyond_chance():
    values = np.array([[0.1, -0.1], [-0.1, 0.1]])
    found = crossed(values, np.ones((2, 2)))
    assert found.zero == ("seeds", "speakers")
    assert [found.variance, found.df] == pytest.approx([0.04 / 4, 1])


def test_each_speaker_in_one_fold():
    values = np.full((2, 4), np.nan)
    values[0, :2], values[1, 2:] = [0.1, 0.3], [0.2, 0.4]
    found = crossed(values, np.ones((2, 4)))
    assert found.method == SEEDS_ALONE
    assert [found.value, found.variance, found.df] == pytest.approx([0.25, np.var([0.2, 0.3], ddof=1) / 2, 1])


def test_one_speaker_left_out_at_a_time():
    found = crossed(np.where(np.eye(4) > 0, np.diag([0.1, 0.2, 0.0, 0.3]), np.nan), np.ones((4, 4)))
    t = stats.ttest_1samp([0.1, 0.2, 0.0, 0.3], 0)
    assert found.method == SPEAKERS_ALONE
    assert [found.value / found.se, found.df] == pytest.approx([t.statistic, 3])


@pytest.mark.parametrize(("shape", "reason"), [((1, 5), r"1 seed\(s\)"), ((5, 1), r"1 speaker\(s\)")])
def test_one_level_is_refused(shape, reason):
    with pytest.raises(ScoresError, match=reason):
        crossed(np.random.default_rng(0).normal(size=shape), np.ones(shape))


def test_no_spread_has_no_p():
    assert crossed(np.full((3, 4), 0.1), np.ones((3, 4))).variance == 0
    assert these_speakers(np.full(3, 0.1)).variance == 0


def test_components_that_cannot_be_told_apart_are_refused():
    values = np.array([[0.1, 0.3, np.nan], [0.2, np.nan, 0.5]])  # a sum of effects, whatever they are
    with pytest.raises(ScoresError, match="cannot be told apart from 4 pairs"):
        crossed(values, np.ones((2, 3)))


def test_three_crossed_factors_truncate_one_by_one():
    """A table that is a sum of main effects and one interaction: every other component is 0."""
    random = np.random.default_rng(3)
    a, b, c = random.normal(size=(5, 1, 1)), random.normal(size=(1, 6, 1)), random.normal(size=(1, 1, 4))
    found = three_way(a + b + c)
    expected = {name: x.var(ddof=1) for name, x in (("seed", a), ("speaker", b), ("sentence", c))}
    assert {name: found.components[name] for name in expected} == pytest.approx(expected)
    assert sum(found.components.values()) == pytest.approx(sum(expected.values()))
    assert found.variance == pytest.approx(sum(v / n for v, n in zip(expected.values(), (5, 6, 4), strict=True)))


def test_nadeau_and_bengio_widen_the_interval():
    differences = np.array([0.02, 0.05, 0.01, 0.03])
    spread = differences.var(ddof=1)
    assert another_corpus(differences, 0.25).variance == pytest.approx(spread * (1 / 4 + 0.25))


def test_simulated_errors_and_coverage_small():
    """The settings at the edges of `tests/reference/claims_simulated.csv`, 1,000 corpora each."""
    random = np.random.default_rng(1)
    for kind in ("normal", "binary"):
        for seeds, speakers, most in ((3, 6, 0.065), (3, 60, 0.09), (30, 6, 0.065), (30, 60, 0.065)):
            found = simulate_claims.claims(simulate_claims.tables(kind, (1000, seeds, speakers), random))
            assert found["seeds and speakers"].mean() <= most, (kind, seeds, speakers)
            assert 0.91 <= 1 - found["seeds and speakers"].mean() <= 0.995
    assert found["seeds alone"].mean() > 0.2  # the fault that this is for


def test_all_simulated_errors_and_coverage():
    simulated = pd.read_csv(REFERENCE / "claims_simulated.csv")
    assert set(zip(simulated["seeds"], simulated["speakers"], strict=True)) == {
        (s, k) for s in (3, 10, 30) for k in (6, 12, 60)
    }
    few = (simulated["seeds"] == 3) & (simulated["speakers"] >= 60)
    assert (simulated["seeds and speakers"] <= np.where(few, 0.09, 0.065)).all()
    assert simulated["coverage"].between(0.93, 0.991).all()
    assert (simulated.loc[simulated["speakers"] == 6, "seeds and speakers"] <= 0.06).all()


def test_welch_on_speakers_alone_is_liberal_and_ours_is_not():
    """Two samples of speakers that differ by what seeds do to the gap: V_seed must be in."""
    random, found, welch = np.random.default_rng(5), [], []
    for _ in range(300):
        seed = random.normal(0, 0.05, (3, 1))
        parts = [
            sign * (seed * sign / 2 + random.normal(0, 0.04, (1, k)) + random.normal(0, 0.05, (3, k)))
            for sign, k in ((1, 40), (-1, 20))
        ]
        result = between([(part, np.ones(part.shape)) for part in parts])
        alone = these_speakers(sum(part.mean(axis=1) for part in parts))  # claims are nested: the larger p
        found.append(all(2 * stats.t.sf(abs(e.value) / e.se, e.df) < 0.05 for e in (alone, result)))
        welch.append(stats.ttest_ind(parts[0].mean(0), -parts[1].mean(0), equal_var=False).pvalue < 0.05)
    assert np.mean(found) <= 0.08
    assert np.mean(welch) > 0.25


def test_pigeonhole_bootstrap_of_a_mean_is_near_the_closed_form():
    rows = ROWS[ROWS["case"] == "complete"]
    values = table(rows, "d")
    random = np.random.default_rng(0)
    drawn = np.einsum("ds,sk,dk->d", counts(10, 4000, random), values, counts(6, 4000, random)) / 60
    boot = estimate(float(values.mean()), drawn, values.shape)
    assert boot.se == pytest.approx(fitted("complete").se, rel=0.15)
    assert boot.df == 5


def test_power_is_that_of_simulated_tables():
    random, seeds, speakers = np.random.default_rng(2), 10, 12
    tables = simulate_claims.tables("normal", (4000, seeds, speakers), random) + 0.05
    found = simulate_claims.claims(tables)["seeds and speakers"].mean()
    assert power(SDS, seeds, speakers, 0.05) == pytest.approx(found, abs=0.03)


def test_power_of_equivalence_by_quadrature():
    def inside(s: float) -> float:
        away = 3 - stats.t.isf(0.05, 5.5) * s
        density = stats.chi2.pdf(5.5 * s * s, 5.5) * 2 * 5.5 * s
        return max(0.0, 2 * stats.norm.cdf(away) - 1) * density

    assert equivalence_power(3.0, 5.5, 0.05) == pytest.approx(integrate.quad(inside, 0, 3 / stats.t.isf(0.05, 5.5))[0])


def test_what_no_seed_can_reach():
    assert np.isnan(least_seeds(SDS, 6, 0.03))
    assert width(SDS, 30, 6) > width(SDS, 30, 12)
    assert variance_of(Components(0, 0, 0), 3, 3)[0] == 0


MODULES = [module.name for module in pkgutil.walk_packages(ser.analysis.claims.__path__, "ser.analysis.claims.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
