"""The report over several archives: a leaderboard for each test set that they share."""

from pathlib import Path
from typing import Final

import pandas as pd

from ser import records
from ser.analysis.report.document import Section, Table, to_html, to_markdown
from ser.analysis.settings import AnalysisSettings
from ser.analysis.standings import ENTRY, board, pairs
from ser.csv_tables import write_csv
from ser.errors import ScoresError
from ser.schema import lower_is_better
from ser.sharing.comparing import Board, Comparison

HTML: Final = "report.html"
MARKDOWN: Final = "report.md"
_METHODS: Final = (
    "An entry is one sweep with one level of every factor that varies. Means and their intervals are over seeds, so"
    " they hold for these speakers and clips. Two entries are compared within the seeds that both have, with a paired"
    " t-test, or as independent groups (Welch) where they share fewer than two; p values are corrected after Holm over"
    " all pairs of a test set. Entries that share a letter do not differ: their order is no finding."
)


def write_leaderboards(comparison: Comparison, settings: AnalysisSettings, title: str, folder: Path) -> list[Path]:
    """Write a leaderboard and all comparisons of each test set as HTML, Markdown and CSV.

    Raises:
        ScoresError: nothing can be compared; the message says why.
        UserError: the folder holds files of another origin, or cannot be written.
    """
    if not comparison.boards:
        raise ScoresError(f"nothing in these archives can be compared. {' '.join(comparison.notes)}")
    sections = [
        _section(part, number, settings, several=_count(comparison, part.dataset) > 1)
        for number, part in enumerate(comparison.boards, 1)
    ]
    first = Section("What is compared", [_METHODS], comparison.notes)
    with records.output(folder, "analyze", (HTML, MARKDOWN)) as staged:
        for table in (table for section in sections for table in section.tables):
            write_csv(table.data, staged / f"{table.name}.csv")
        heading = f"{title}: {settings.metric}"
        (staged / HTML).write_text(to_html(heading, [first, *sections], staged), encoding="utf-8")
        (staged / MARKDOWN).write_text(to_markdown(heading, [first, *sections]), encoding="utf-8")
        names = sorted(path.name for path in staged.iterdir())
    return [folder / name for name in names]


def _section(part: Board, number: int, settings: AnalysisSettings, several: bool) -> Section:
    compared = pairs(part.scores, settings.margin, settings.alpha)
    ranked = board(part.scores, compared, lower_is_better(settings.metric), settings.alpha)
    keys = [column for column in part.scores.columns if column not in ("seed", "value")]
    levels = part.scores[keys].drop_duplicates(ENTRY)
    table = pd.merge(ranked, levels, on=ENTRY)[[*keys, *(name for name in ranked.columns if name != ENTRY)]]
    suffix = f"{part.dataset}_{number}" if several else part.dataset
    shown = [ENTRY, *(name for name in ranked.columns if name != ENTRY)]
    return Section(
        f"{part.dataset} ({number})" if several else part.dataset,
        tables=[
            Table(f"leaderboard_{suffix}", f"{settings.metric} on {part.dataset}.", table, shown, latex=False),
            Table(f"pairs_{suffix}", f"All pairs on {part.dataset}.", compared, folded=True, latex=False),
        ],
    )


def _count(comparison: Comparison, dataset: str) -> int:
    return sum(part.dataset == dataset for part in comparison.boards)
