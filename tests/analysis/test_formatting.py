"""Numbers as the report shows them."""

import numpy as np
import pandas as pd
import pytest

from ser.analysis.report.document import Table
from ser.analysis.report.formatting import number, table_of_text
from ser.analysis.report.latex import to_latex


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("p", 0.0004, "<.001"),
        ("p_holm", 0.0123, ".012"),
        ("p_tost", 1.0, "1.000"),
        ("partial_eta_squared", 0.33133, "0.3313"),
        ("F", 15003.3, "15003.30"),
        ("df_error", 872.0, "872"),
        ("df_error", 216.27, "216.3"),
        ("seeds_small", 99.0, "99"),
        ("difference", -1e-9, "0.0000"),
        ("mean", np.nan, ""),
        ("n", np.int64(110), "110"),
        ("model", "hubert", "hubert"),
        ("holds", None, ""),
    ],
)
def test_number(column, value, shown):
    assert number(column, value) == shown


def test_limits_stand_in_one_column():
    table = pd.DataFrame({"estimate": [0.5, 0.1], "ci_low": [0.25, np.nan], "ci_high": [0.75, np.nan]})
    shown = table_of_text(table)
    assert shown.columns.tolist() == ["estimate", "interval"]
    assert shown["interval"].tolist() == ["[0.2500, 0.7500]", ""]


def test_a_lone_limit_is_a_column():
    table = pd.DataFrame({"augmentation.pitch_high": ["4"], "augmentation.gain_low": ["1"], "sd_low": [0.1]})
    table["sd_high"] = np.inf
    shown = table_of_text(table)
    assert shown.columns.tolist() == ["augmentation.pitch high", "augmentation.gain low", "SD interval"]
    assert shown.iloc[0].tolist() == ["4", "1", "[0.1000, ∞]"]
    assert "lll" in to_latex(Table("limits", "Limits", table.astype({"sd_low": str})))


def test_long_and_wide_tables_in_latex():
    long = to_latex(Table("long", "Long", pd.DataFrame({"p": [0.5] * 41})))
    assert r"\begin{longtable}" in long
    assert r"\begin{table}" not in long
    assert long.count(r"\endhead") == 1
    wide = to_latex(Table("wide", "Wide", pd.DataFrame({f"column {i}": ["word"] for i in range(12)})))
    assert r"\resizebox{\textwidth}" in wide
    assert wide.count("{") == wide.count("}")
    narrow = to_latex(Table("narrow", "Narrow", pd.DataFrame({"p": [0.5]})))
    assert "resizebox" not in narrow


def test_latex():
    data = pd.DataFrame({"at": ["pretune=it_1h"], "estimate": [-0.0123], "p": [0.0001]})
    text = to_latex(Table("contrasts", "Differences, 95 % intervals", data))
    assert r"\caption{Differences, 95 \% intervals}" in text
    assert r"\begin{tabular}{lrr}" in text
    assert r"pretune=it\_1h & $-$0.0123 & $<$.001 \\" in text
