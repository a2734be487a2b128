"""Intervals of effect sizes against the noncentral F in arbitrary precision."""

import mpmath
import pytest
from scipy import stats

from ser.analysis.effect_sizes import eta_squared_limits, noncentrality_limits, omega_squared_limits


def noncentral_f_cdf(f: float, df1: float, df2: float, noncentrality: float) -> float:
    """Sum the Poisson mixture of central distributions (Johnson, Kotz and Balakrishnan 1995, chapter 30)."""
    half = mpmath.mpf(noncentrality) / 2
    x = mpmath.mpf(df1) * f / (df1 * f + df2)
    middle, width = int(half), int(12 * mpmath.sqrt(half + 1)) + 40
    return float(
        mpmath.fsum(
            mpmath.exp(-half + j * mpmath.log(half) - mpmath.loggamma(j + 1))
            * mpmath.betainc(mpmath.mpf(df1) / 2 + j, mpmath.mpf(df2) / 2, 0, x, regularized=True)
            for j in range(max(0, middle - width), middle + width)
        )
    )


@pytest.mark.parametrize(("f", "df1", "df2"), [(3.62, 1, 872), (7.6, 1, 109), (432.09, 1, 872), (4.1, 6, 60)])
def test_limits_leave_the_tails(f, df1, df2):
    low, high = noncentrality_limits(f, df1, df2, 0.90)
    assert noncentral_f_cdf(f, df1, df2, high) == pytest.approx(0.05, abs=1e-7)
    if low > 0:
        assert noncentral_f_cdf(f, df1, df2, low) == pytest.approx(0.95, abs=1e-7)
    assert eta_squared_limits(f, df1, df2) == (low / (low + df2), high / (high + df2))
    assert omega_squared_limits(f, df1, df2, 880) == (low / (low + 880), high / (high + 880))


def test_lower_limit_is_above_zero_exactly_where_significant():
    for f in (stats.f.isf(0.0499, 2, 40), stats.f.isf(0.0501, 2, 40)):
        assert (eta_squared_limits(f, 2, 40)[0] > 0) == (stats.f.sf(f, 2, 40) < 0.05)


def test_huge_and_tiny_f():
    low, high = eta_squared_limits(15003.3, 1, 872)
    assert 0.94 < low < 0.9451 < high < 0.95
    assert eta_squared_limits(0.0, 1, 872) == (0.0, 0.0)
