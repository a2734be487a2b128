"""Whether more seeds would tell more: what `ser.status` says of a sweep that runs."""

from collections.abc import Sequence
from pathlib import Path

from ser.analysis.claims.files import join, read_cells
from ser.analysis.claims.planning import GAIN, enough
from ser.analysis.claims.selection import claims
from ser.analysis.claims.table import SPEAKERS
from ser.errors import ScoresError
from ser.tables import read_results, tables_of_results


def hint(cells: Sequence[Path], metric: str = "accuracy") -> str | None:
    """Say how many seeds are worth running for new speakers, from the cells that are finished.

    Args:
        cells: folders of finished cells, with their predictions in them.
        metric: what is compared.

    Returns:
        A sentence; None where these cells do not tell, as with fewer than two seeds, or without predictions.
    """
    try:
        tables = tables_of_results(read_results(cells)[0])
        found = claims(tables.scores, join([read_cells(cells, metric)]), metric=metric)
    except ScoresError:
        return None
    rows = found[(found["population"] == SPEAKERS) & (found["kind"] != "interaction") & found["share_speaker"].notna()]
    needed = [enough(row, 0.05) for _, row in rows.iterrows()]
    if not needed:
        return None
    seeds = int(rows["seeds"].min())
    open_ = sum(not number <= seeds for number in needed)
    gain = f"narrows the interval for new speakers by {100 * GAIN:g} % or more"
    if not open_:
        return (
            f"seeds: the {seeds} that are finished have told nearly all they can: one more {gain} in none of"
            f" {len(needed)} contrasts; more speakers would"
        )
    return f"seeds: {seeds} are finished; one more {gain} in {open_} of {len(needed)} contrasts"
