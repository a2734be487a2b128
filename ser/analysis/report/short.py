"""The first page: what holds for new speakers, what the seeds alone say, and what would settle the rest."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ser.analysis.claims.planning import MOST, SOURCES, components_of, enough, least_seeds, least_speakers
from ser.analysis.claims.table import DIFFERENT, EQUIVALENT, SPEAKERS, THESE, UNDECIDED, UNTESTED
from ser.analysis.designs import p_words
from ser.analysis.figures.claims import COLOURS, overview
from ser.analysis.report.context import Context
from ser.analysis.report.document import Answer, Section

MOST_ROWS = 60
"""Contrasts that the picture at the top shows; of more, the main ones alone."""
WORDS = {"seed": "seeds", "speaker": "speakers", "residual": "what is left"}
MOST_REASONS = 3
MOST_ANSWERS = 12
"""Contrasts that are answered in words; all are in the table of claims."""


def other_emotions(context: Context) -> Section:
    """Say which scores are of other emotions than the rest, and whether they were left out."""
    return Section("", notes=[*context.unlike])


def answers(context: Context) -> Section:
    """Answer for new speakers: each main contrast, and the simple ones where an interaction says that it misleads."""
    claims = context.claims
    wide, narrow = (claims[claims["population"] == name] for name in (SPEAKERS, THESE))
    answered = wide if (wide["verdict"] != UNTESTED).any() else narrow
    new = answered is wide
    notes = []
    if not new:
        notes.append(f"Nothing can be said about new speakers: {_reasons(wide)}.")
        notes.append(
            f"Nothing can be said about these speakers either: {_reasons(narrow)}."
            if (narrow["verdict"] == UNTESTED).all()
            else "What follows is about other seeds on these very speakers."
        )
    lines = list(_lines(context, new))
    left = len(lines) - MOST_ANSWERS
    paragraphs = [f"{left} further contrasts are in claims.csv."] if left > 0 else []
    paragraphs += _multiplicity(answered, context)
    return Section("", paragraphs, notes, lines[:MOST_ANSWERS])


def seeds_alone(context: Context) -> Section:
    """Say what the published kind of test says of the same contrasts, and where it claims more than holds."""
    wide = _answered(context, SPEAKERS)
    keys = ["kind", "factor", "contrast", "at"]
    narrow = context.claims[context.claims["population"] == THESE].set_index(keys)
    rows = narrow.loc[pd.MultiIndex.from_frame(wide[keys])]
    if (wide["verdict"] == UNTESTED).all() or (rows["verdict"] == UNTESTED).all():
        return Section("")
    names = [_name(row) for _, row in wide.iterrows()]
    words = [
        f"{name}: {row.verdict}" + ("" if row.verdict == UNTESTED else f" ({row.estimate:+.4f}, {p_words(row.p)})")
        for name, row in zip(names, rows.itertuples(), strict=True)
    ]
    left = f"; {len(words) - MOST_ANSWERS} more in claims.csv" if len(words) > MOST_ANSWERS else ""
    text = (
        "Seeds alone, on these very speakers, which is what is usually published:"
        f" {'; '.join(words[:MOST_ANSWERS])}{left}."
    )
    lost = [
        name
        for name, here, there in zip(names, rows["verdict"], wide["verdict"], strict=True)
        if here == DIFFERENT and there == UNDECIDED
    ]
    if lost:
        text += f" Different on these speakers, not shown for new ones: {', '.join(lost)}."
    return Section("", [text])


def what_would_settle(context: Context) -> Section:
    """Say for each undecided contrast of the answers what would decide it, more seeds or speakers, and how many."""
    rows = _answered(context, SPEAKERS)
    rows = rows[rows["verdict"] == UNDECIDED]
    return Section("", [_settle(row, context) for _, row in rows.head(MOST_ANSWERS).iterrows()])


def _answered(context: Context, population: str) -> pd.DataFrame:
    """Return the contrasts that are answered: the main ones, each with the simple ones if its factor interacts."""
    rows = context.claims[context.claims["population"] == population]
    parts = []
    for position, row in rows[rows["kind"] == "main"].iterrows():
        parts.append(rows.loc[[position]])
        if _misleads(rows, row["factor"]):
            same = (rows["contrast"] == row["contrast"]) & (rows["factor"] == row["factor"])
            parts.append(rows[same & (rows["kind"] == "simple")])
    return pd.concat(parts) if parts else rows[:0]


def _misleads(rows: pd.DataFrame, factor: str) -> list[str]:
    """Return the interactions of a factor that are different from 0: its mean over the others says little."""
    found = rows[(rows["kind"] == "interaction") & (rows["verdict"] == DIFFERENT)]["factor"]
    return list(dict.fromkeys(name for name in found if factor in name.split(" x ")))


def _name(row: pd.Series) -> str:
    return f"{row['contrast']} at {row['at']}" if row["kind"] == "simple" else str(row["contrast"])


def _settle(row: pd.Series, context: Context) -> str:
    margin, alpha = context.settings.margin, context.settings.alpha
    seeds, speakers = int(row["seeds"]), int(row["speakers"])
    components = components_of(row)
    if components is None:
        return (
            f"What would settle {_name(row)}: the bootstrap does not tell the shares of seeds ({seeds}) and of"
            f" speakers ({speakers}) apart; see the same contrast of a mean over clips, as accuracy."
        )
    shares = {name: np.nan_to_num(row[f"share_{name}"]) for name in SOURCES}
    helps = {"seed": "more seeds", "speaker": "more speakers", "residual": "more seeds or speakers"}
    largest = helps[max(SOURCES, key=shares.__getitem__)]
    text = f"What would settle {_name(row)}: {largest} ({_sources_in_words(shares)})."
    saturated = enough(row, alpha)
    if np.isfinite(saturated):
        has = f"this sweep has {seeds}"
        text += f" After {saturated:.0f} seeds one more narrows the interval by less than 2 % ({has})."
    more_seeds = least_seeds(components, speakers, margin, alpha=alpha)
    more_speakers = least_speakers(components, seeds, margin, alpha=alpha)
    reach = [
        f"{number:.0f} {what} with these {other}"
        for number, what, other in (
            (more_speakers, "speakers", f"{seeds} seeds"),
            (more_seeds, "seeds", f"{speakers} speakers"),
        )
        if np.isfinite(number)
    ]
    if reach:
        text += f" A difference of {margin:g} is found with power .80 by {' or '.join(reach)}."
    if not np.isfinite(more_seeds):
        beyond = "" if reach else f" of {margin:g}"
        text += f" A difference{beyond} cannot be found with power .80 on {speakers} speakers, whatever the seeds."
    if not np.isfinite(more_speakers):
        text += f" With {seeds} seeds more than {MOST} speakers would be needed."
    return text


def _sources_in_words(shares: dict[str, float]) -> str:
    """Say what the variance of a difference comes from, and from what nothing of it was found to come."""
    percents = {name: round(100 * share) for name, share in shares.items()}
    none = [WORDS[name] for name in ("seed", "speaker") if not percents[name]]
    if len(none) == 2:
        return (
            "no spread between seeds or between speakers was found beyond the chance of single trainings and clips,"
            " which more of either averages out"
        )
    found = ", ".join(f"{WORDS[name]} {percent} %" for name, percent in percents.items() if percent)
    return f"of the variance: {found}" + (f"; no spread between {none[0]} was found" if none else "")


def _lines(context: Context, new: bool) -> Iterator[Answer]:
    """Yield the answers: main contrasts, each followed by the simple ones where its factor interacts."""
    population = SPEAKERS if new else THESE
    rows = context.claims[context.claims["population"] == population]
    for _, row in _answered(context, population).iterrows():
        text = _sentence(row, context, new)
        if row["kind"] == "simple":
            text = f"at {row['at']}, {text}"
        elif misleads := _misleads(rows, row["factor"]):
            text += f" It depends on other factors ({', '.join(misleads)}): read what follows instead."
        yield Answer(row["verdict"], COLOURS[row["verdict"]], text)


def _sentence(row: pd.Series, context: Context, new: bool) -> str:
    """Say a claim in plain words, with its numbers."""
    margin, level = context.settings.margin, 100 * (1 - context.settings.alpha)
    whom = "new speakers" if new else "other seeds on these speakers"
    if row["verdict"] == UNTESTED:
        return f"{row['contrast']} ({row['factor']}): {row['note']}."
    low, high = row["ci_low"], row["ci_high"]
    rests = f"{row['seeds']} seeds" + (f", {row['speakers']:.0f} speakers" if new else "")
    numbers = f"{row['estimate']:+.4f} in {context.metric}, {level:g} % interval {low:+.4f} to {high:+.4f} ({rests})"
    start = f"{row['contrast']} ({row['factor']}): {numbers}. "
    if row["verdict"] == EQUIVALENT:
        beside = ", though it is not 0" if row["p_holm"] < context.settings.alpha else ""
        return f"{start}For {whom} the difference is smaller than the margin of ±{margin:g}{beside}."
    if row["verdict"] == DIFFERENT:
        larger = ", by more than the margin" if min(abs(low), abs(high)) > margin and low * high > 0 else ""
        return f"{start}{whom[0].upper()}{whom[1:]} would show it too{larger}."
    most = max(abs(low), abs(high))
    excludes = " (the interval is of this contrast alone, the verdict is corrected)" if low * high > 0 else ""
    return f"{start}For {whom} the difference may be none or up to {most:.4f}{excludes}."


def _reasons(rows: pd.DataFrame) -> str:
    return "; ".join(list(dict.fromkeys(rows["note"]))[:MOST_REASONS])


def _multiplicity(rows: pd.DataFrame, context: Context) -> list[str]:
    tested = rows[rows["verdict"] != UNTESTED]
    if tested.empty:
        return []
    families = tested.groupby(["kind", "factor"], sort=False).size()
    largest = int(families.max())
    return [
        f"{len(tested)} contrasts are tested. Verdicts rest on p corrected after Holm over the contrasts of one factor"
        f" and kind (up to {largest}); intervals are of one contrast alone. Equivalent: smaller than"
        f" ±{context.settings.margin:g} by two one-sided tests; different: not 0; undecided: neither is shown, which is"
        " not the same as no difference."
    ]


def picture(context: Context) -> Section:
    """Draw all contrasts, for new speakers and for these."""
    claims = context.claims
    wide, narrow = (claims[claims["population"] == name] for name in (SPEAKERS, THESE))
    kept = wide["kind"].isin(["main", "simple"])
    if kept.sum() > MOST_ROWS:
        kept = wide["kind"] == "main"
    narrow = narrow.set_index(["kind", "factor", "contrast", "at"])
    rows = wide[kept].set_index(["kind", "factor", "contrast", "at"])
    these = narrow.loc[rows.index]
    simple = rows.index.get_level_values("kind") == "simple"
    at = rows.index.get_level_values("at").str.replace(r"[^,=]+=", " ", regex=True).str.strip()
    names = rows.index.get_level_values("contrast")
    drawn = pd.DataFrame(
        {
            "factor": rows.index.get_level_values("factor"),
            "name": np.where(simple, names + " | " + at, names),
            "estimate": rows["estimate"].to_numpy(),
            "low": rows["ci_low"].to_numpy(),
            "high": rows["ci_high"].to_numpy(),
            "verdict": rows["verdict"].to_numpy(),
            "these": these["estimate"].to_numpy(),
            "these_low": these["ci_low"].to_numpy(),
            "these_high": these["ci_high"].to_numpy(),
        }
    )
    caption = (
        f"Differences of {context.metric} with {100 * (1 - context.settings.alpha):g} % intervals: for new speakers in"
        " the colour of the verdict, for these speakers (seeds alone) in grey; green band: the margin of"
        f" ±{context.settings.margin:g}."
    )
    drawing = context.draw("claims", caption, overview, drawn, context.settings.margin, context.metric)
    return Section("", figures=[drawing])
