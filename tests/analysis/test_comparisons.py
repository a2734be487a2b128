"""Contrasts under their error terms against R's emmeans, t.test, effectsize and BayesFactor."""

import mpmath
import numpy as np
import pandas as pd
import pingouin as pg
import pytest
from scipy import integrate, stats

from ser.analysis import standardised
from ser.analysis.comparisons import by_seed, corrected, per_cell, pooled
from ser.analysis.contrasts import all_contrasts, interaction_contrasts, main_contrasts, simple_contrasts
from ser.analysis.design import wide
from tests.analysis.conftest import CASES, REFERENCE

QUANTITIES = {"estimate": "estimate", "t.ratio": "t", "df": "df", "p.value": "p", "holm": "p_holm", "bh": "p_bh"}


@pytest.mark.parametrize("case", CASES)
def test_pooled_against_r(case, cases, reference):
    table = wide(*cases(case))
    rows = pooled(table, [*main_contrasts(table.columns), *simple_contrasts(table.columns)])
    simple = rows["kind"] == "simple"
    rows.index = rows["factor"] + ": " + rows["contrast"] + (" | " + rows["at"]).where(simple, "")
    expected = [reference("pooled main", case)]
    if simple.any():
        expected.append(reference("pooled simple", case))
    assert sum(len(values.groupby(level=0)) for values in expected) == len(rows)
    for (contrast, quantity), value in pd.concat(expected).items():
        assert rows.loc[contrast, QUANTITIES[quantity]] == pytest.approx(value, rel=1e-7, abs=1e-12), contrast


@pytest.mark.parametrize("case", [case for case in CASES if case[0] != "1"])
def test_interactions_against_r(case, cases, reference):
    table = wide(*cases(case))
    rows = pooled(table, interaction_contrasts(table.columns)).query("factor == 'model x pretune'")
    rows = rows.set_index("contrast")
    for (contrast, quantity), value in reference("pooled interaction", case).items():
        assert rows.loc[contrast, QUANTITIES[quantity]] == pytest.approx(value, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("kept", ["balanced", "unbalanced"])
def test_two_cells_against_r(kept, cases, reference):
    table = wide(*cases(f"4 factors {kept}"))
    contrasts = simple_contrasts(table.columns)
    wanted = [c for c in contrasts if c.factor == "model" and c.at == "pretune=it, dataset=emovo, rate=low"]
    for test, procedure in ((per_cell, "welch"), (by_seed, "paired")):
        row, expected = test(table, wanted).iloc[0], reference(procedure, kept)["model"]
        names = {"statistic": "t", "parameter": "df", "p.value": "p", "low": "ci_low", "high": "ci_high"}
        for quantity, value in expected.drop(["p_lower", "p_upper"]).items():
            assert row[names.get(quantity, quantity)] == pytest.approx(value, rel=1e-6), quantity


def test_a_contrast_with_one_degree_of_freedom_is_its_f_test(cases):
    from ser.analysis import factorial, repeated

    scores, factors = cases("3 factors balanced")
    table = wide(scores, factors)
    main = main_contrasts(table.columns)
    for test, anova in ((pooled, factorial.anova), (by_seed, repeated.repeated_measures)):
        expected = anova(scores, factors).set_index("effect")["F"]
        rows = test(table, main).set_index("factor")
        assert rows.loc["dataset", "t"] ** 2 == pytest.approx(expected["dataset"])


def test_missing_scores_lower_n_and_never_hide(cases):
    table = wide(*cases("2 factors balanced"))
    table.iloc[:11, 0] = np.nan
    rows = by_seed(table, all_contrasts(table.columns)).set_index(["factor", "contrast", "at"])
    lost = rows.loc[("model", "wav2vec2 - hubert", "pretune=none")]
    assert lost["n"] == 1
    assert np.isnan(lost["p"])
    assert np.isnan(lost["p_holm"])
    assert lost["family"] == 2
    assert rows.loc[("model", "wav2vec2 - hubert", "pretune=it"), "n"] == 12


def test_no_spread_is_no_test(cases):
    table = wide(*cases("2 factors balanced"))
    table.iloc[:, :] = np.broadcast_to(np.linspace(0.1, 0.6, table.shape[1]), table.shape)
    for test in (by_seed, pooled, per_cell):
        rows = test(table, all_contrasts(table.columns))
        assert rows["t"].isna().all()
        assert rows["p"].isna().all()
        assert rows["estimate"].notna().all()


def test_corrections_leave_nan_out():
    result = corrected(pd.DataFrame({"kind": "main", "p": [0.01, np.nan, 0.04, 0.03]}), ["kind"])
    assert result["p_holm"].tolist()[0] == pytest.approx(0.03)
    assert result["p_bh"].dropna().tolist() == pytest.approx([0.03, 0.04, 0.04])
    assert result["family"].tolist() == [3] * 4


def test_student_bayes_factor_against_r(reference):
    for kept, n in (("balanced", 12), ("unbalanced", None)):
        values = reference("student", kept)["model"]
        if n:
            found = standardised.log10_bayes_factor(values["t"], 2 * n - 2, n / 2)
            assert found == pytest.approx(values["log10_bf"], rel=1e-5)


@pytest.mark.parametrize(("t", "n"), [(0.0, 110), (0.5, 3), (3.0, 110), (20.0, 30)])
def test_bayes_factor_against_pingouin(t, n):
    expected = np.log10(pg.bayesfactor_ttest(t, n, paired=True))
    assert standardised.log10_bayes_factor(t, n - 1, n) == pytest.approx(expected, abs=1e-4)


def test_bayes_factor_where_pingouin_overflows():
    t, df, n = mpmath.mpf("96.45"), 878, 220

    def integrand(log_g):
        g = mpmath.e**log_g
        spread = 1 + n * g / 2
        shrunk = (1 + t**2 / (spread * df)) ** (-mpmath.mpf(df + 1) / 2)
        return spread**-0.5 * shrunk * (2 * mpmath.pi * g) ** -0.5 * mpmath.e ** (-1 / (2 * g))

    area = mpmath.quad(integrand, [-10, -4, 0, 2, 3, 4, 5, 6, 10, 40])
    expected = mpmath.log10(area / (1 + t**2 / df) ** (-mpmath.mpf(df + 1) / 2))
    assert standardised.log10_bayes_factor(96.45, df, n) == pytest.approx(float(expected), rel=1e-10)


def test_effect_sizes_by_hand():
    a, b = np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 4.0])
    assert standardised.superiority(a, b) == pytest.approx((7 + 1 / 2) / 9)
    assert standardised.paired_superiority(np.array([1.0, -1.0, 0.0, 2.0])) == pytest.approx(2.5 / 4)
    assert float(standardised.paired_d(a - b)) == pytest.approx((5 / 3) / np.std([2, 2, 1], ddof=1))
    assert standardised.small_sample_correction(4) == pytest.approx(0.797884561)  # Hedges 1981, table 1: J(4) = .7979
    assert float(standardised.hedges_g(a, b)) == pytest.approx(pg.compute_effsize(a, b, eftype="cohen") * 0.797884561)


def test_noncentral_t_limits_against_r():
    """tests/reference/intervals.R, by R's pt."""
    expected = pd.read_csv(REFERENCE / "intervals.csv").query("quantity == 'noncentrality'")
    for row in expected.itertuples():
        limits = standardised.noncentral_t_limits(row.t, row.df)
        assert limits == pytest.approx((row.low, row.high), abs=1e-6), (row.t, row.df)


@pytest.mark.parametrize(("t", "df"), [(96.45, 109), (-400.0, 29), (1e4, 872), (0.0, 2)])
def test_noncentral_t_limits_leave_the_tails(t, df):
    """The definition: T = (Z + δ) / √(χ²/df), integrated over χ² (scipy's own nct is NaN in places)."""
    low, high = standardised.noncentral_t_limits(t, df)
    spreads = np.sqrt(stats.chi2.ppf((np.arange(200_000) + 0.5) / 200_000, df) / df)
    assert stats.norm.cdf(t * spreads - low).mean() == pytest.approx(0.975, abs=2e-5)
    assert stats.norm.cdf(t * spreads - high).mean() == pytest.approx(0.025, abs=2e-5)


@pytest.mark.parametrize(("t", "df"), [(0.5, 8), (-0.5, 8), (10.0, 1), (-10.0, 2), (40.0, 4), (0.0, 4)])
def test_noncentral_t_limits_of_the_smallest_alpha(t, df):
    """Where scipy's nct.cdf is NaN on the way; by the same definition, integrated by its density over χ²."""
    low, high = standardised.noncentral_t_limits(t, df, 1 - 1e-6)

    def below(noncentrality: float) -> float:
        def density(spread: float) -> float:
            return stats.norm.cdf(t * spread - noncentrality) * stats.chi.pdf(spread * df**0.5, df) * df**0.5

        return integrate.quad(density, 0, np.inf, limit=500, epsabs=1e-12)[0]

    assert 1 - below(low) == pytest.approx(5e-7, rel=1e-3)
    assert below(high) == pytest.approx(5e-7, rel=1e-3)


def test_interval_of_d_z_excludes_0_exactly_where_p_is_below_alpha():
    random = np.random.default_rng(0)
    for _ in range(200):
        scores = random.normal(0.8, 1, 8)
        t, p = stats.ttest_1samp(scores, 0)
        low, high = standardised.paired_d_limits(t, 8)
        assert (low > 0 or high < 0) == (p < 0.05)
        assert low < standardised.paired_d(scores) < high


def test_intervals_cover():
    """d_z of .5 with 6 seeds; g of .8 with 7 and 9 scores; 99.9 % binomial interval of .9."""
    random, inside = np.random.default_rng(0), np.zeros(2)
    for _ in range(1000):
        scores = random.normal(0.5, 1, 6)
        low, high = standardised.paired_d_limits(float(stats.ttest_1samp(scores, 0).statistic), 6, 0.9)
        inside[0] += low < 0.5 < high
        low, high = standardised.hedges_g_limits(random.normal(0.8, 1, 7), random.normal(0, 1, 9), 0.9)
        inside[1] += low < 0.8 * standardised.small_sample_correction(14) < high
    assert ((inside > 868) & (inside < 931)).all()


@pytest.mark.parametrize(("seeds", "intervals"), [(3, False), (4, False), (5, True)])
def test_few_seeds_have_no_interval_of_a_standardised_difference(seeds, intervals, cases):
    table = wide(*cases("2 factors balanced")).iloc[:seeds]
    contrasts = simple_contrasts(table.columns)
    for rows, size in ((by_seed(table, contrasts), "d_z"), (per_cell(table, contrasts), "g")):
        assert rows[size].notna().all()
        assert np.isfinite(rows[[f"{size}_low", f"{size}_high"]]).all(axis=None) == intervals
        assert rows[f"{size}_low"].isna().all() != intervals
