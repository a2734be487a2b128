"""Tables of the report in LaTeX, with booktabs."""

import re

from ser.analysis.report.document import MOST_ROWS, Table, text_columns
from ser.analysis.report.formatting import table_of_text

MOST_CHARACTERS = 95
"""A line of a LaTeX table that is longer is scaled down to the width of the text."""

LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$"}
LATEX |= {
    "η": r"$\eta$",
    "ω": r"$\omega$",
    "ε": r"$\varepsilon$",
    "²": "$^2$",
    "≤": r"$\leq$",
    "√": r"$\surd$",
    "∞": r"$\infty$",
    "<": "$<$",
    ">": "$>$",
}
LATEX |= {character: "\\" + character for character in "&%$#_{}"}


def to_latex(table: Table) -> str:
    r"""Return a table in booktabs style, ready for \input: a float, or a longtable where it would not fit a page.

    It needs booktabs, for a wide float graphicx (it is scaled down to the width of the text), for a long one longtable.
    """
    shown = table_of_text(table.shown)
    columns = "".join("l" if text else "r" for text in text_columns(table.shown))
    rows = [" & ".join(map(_latex, row)) + r" \\" for row in shown.itertuples(index=False)]
    header = [r"\toprule", " & ".join(map(_latex, shown.columns)) + r" \\", r"\midrule"]
    title = [rf"\caption{{{_latex(table.caption)}}}", rf"\label{{tab:{table.name}}}"]
    wide = sum(2 + max(map(len, [name, *shown[name]])) for name in shown.columns) > MOST_CHARACTERS
    if len(table.data) > MOST_ROWS:
        size = [r"\begingroup\scriptsize\setlength{\tabcolsep}{2pt}" if wide else r"\begingroup\small"]
        begin = [
            *size,
            rf"\begin{{longtable}}{{{columns}}}",
            *title[:1],
            f"{title[1]}" + r" \\",
            *header,
            r"\endfirsthead",
        ]
        begin += [*header, r"\endhead", r"\bottomrule", r"\endfoot"]
        return "\n".join([*begin, *rows, r"\end{longtable}", r"\endgroup", ""])
    begin, end = [rf"\begin{{tabular}}{{{columns}}}"], [r"\bottomrule", r"\end{tabular}"]
    if wide:
        begin, end = [r"\resizebox{\textwidth}{!}{%", *begin], [*end, "}"]
    return "\n".join([r"\begin{table}", r"\centering\small", *title, *begin, *header, *rows, *end, r"\end{table}", ""])


def _latex(text: str) -> str:
    escaped = "".join(LATEX.get(character, character) for character in text)
    return re.sub(r"(?<![\w.)])-(?=[\d.])", "$-$", escaped)  # a minus sign, not a hyphen
