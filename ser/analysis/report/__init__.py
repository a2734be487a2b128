"""The report of a sweep: every table, test and figure in one place, with what could not be answered and why."""

import html
import re
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ser import records
from ser.analysis import alike
from ser.analysis.cells import require_levels, restrict, select
from ser.analysis.claims.files import write_speakers
from ser.analysis.claims.selection import found_factors
from ser.analysis.figures.style import FORMATS
from ser.analysis.report import (
    helping,
    inference,
    planning,
    populations,
    ranking,
    scores,
    short,
    speaker_groups,
    words,
)
from ser.analysis.report.context import Context, Part, section
from ser.analysis.report.document import Section, to_html, to_markdown
from ser.analysis.report.latex import to_latex
from ser.analysis.settings import AnalysisSettings
from ser.csv_tables import write_csv
from ser.tables import SweepTables, in_order, write_scores

SCORES, SPEAKER_SCORES = "scores.csv", "speaker_scores.csv"
"""What a report is made of, beside it."""
HTML, MARKDOWN = "report.html", "report.md"

CHAPTERS: dict[str, tuple[Part, ...]] = {
    "In short": (short.other_emotions, short.answers, short.picture, short.seeds_alone, short.what_would_settle),
    "For whom it holds": (populations.four_widths,),
    "What would help": (helping.shares, helping.power_for_speakers),
    "Scores": (
        scores.missing,
        scores.design,
        scores.mixed_hardware,
        scores.corpora,
        scores.cells,
        scores.human_ceiling,
    ),
    "Confusions": (scores.confusions,),
    "The published design: between groups": (inference.between, inference.pairwise),
    "Within seeds: repeated measures": (inference.within, inference.mixed_model),
    "Where the designs disagree": (words.effects, inference.compared),
    "Where an effect sits: simple main effects": (inference.simple,),
    "Contrasts": (inference.contrasts, inference.contrasts_between),
    "Ranks: which levels can be told apart": (ranking.leaderboards, ranking.other_corpora),
    "Differences that do not matter: equivalence": (inference.equivalence, inference.equivalence_between),
    "Assumptions, and tests without them": (
        inference.assumption_checks,
        inference.robust_between,
        inference.robust_within,
    ),
    "How many seeds it takes: power": (planning.planned, planning.effects_power, planning.differences_power),
    "Verdicts after fewer seeds": (planning.verdicts_so_far,),
    "Spread of the split and of the initialisation": (planning.split_and_training,),
    "Groups of speakers": (
        speaker_groups.missing,
        speaker_groups.gaps,
        populations.groups,
        speaker_groups.effects,
    ),
    "Beside the published numbers": (scores.beside_published,),
    "Methods": (words.methods,),
}


def write(
    sweep: str,
    scores: pd.DataFrame,
    confusions: pd.DataFrame,
    failures: pd.DataFrame,
    settings: AnalysisSettings,
    folder: Path,
    painters: Executor,
    hardware: pd.DataFrame | None = None,
    speakers: pd.DataFrame | None = None,
) -> list[Path]:
    """Write report.html, report.md and the CSV, LaTeX, PNG, SVG and PDF files of its tables and figures.

    What cannot be answered from the scores is a note in its section. The files of an earlier report are replaced as
    `ser.records.output` says.

    Args:
        sweep: the name in the title.
        scores: the tidy table of `ser.schema.check_scores`.
        confusions: counts of clips: model, pretune, trained_on, dataset, seed, emotion, predicted, count.
        failures: the trainings that failed or have not ended: their factors, `seed` and `error`.
        settings: metric, factors, levels to keep to, margin, alpha, type of the sums of squares, reference.
        folder: made if it is not there.
        painters: draw the figures and test the claims while the statistics go on, which take as long.
        hardware: what the cells were trained on: their factors, `device`, `precision` and `notes`; None if not known.
        speakers: the speaker scores of `ser.analysis.claims`, with the keys of the scores; None without predictions.

    Returns:
        The files written, the report first.

    Raises:
        ScoresError: the metric, a factor or a level to keep to is not in the scores, or another key varies.
        UserError: the folder holds files that are not of a report, or cannot be written.
    """
    only = settings.only or {}
    require_levels(scores, only)
    scores, confusions, failures = (in_order(restrict(table, only)) for table in (scores, confusions, failures))
    odd = alike.unlike(confusions)
    scores, confusions = alike.without(scores, odd), alike.without(confusions, odd)
    speakers = None if speakers is None else alike.without(restrict(speakers, only), odd)
    factors = list(settings.factors or found_factors(scores))
    select(scores, factors, settings.metric, failures=failures)  # before anything is written
    hardware = pd.DataFrame() if hardware is None else restrict(hardware, only)
    with records.output(folder, "analyze", (HTML, MARKDOWN, SCORES)) as staged:
        context = Context(
            scores,
            confusions,
            failures,
            settings,
            staged,
            painters,
            hardware,
            speakers,
            [*alike.in_words(odd), *alike.test_sets_in_words(confusions)],
        )
        files = _write(f"{sweep}: {settings.metric}", context)
    return [*(folder / path.name for path in files), folder / records.OutputRecord.FILE]


def in_short(folder: Path) -> list[str]:
    """Return the verdicts of a report that has been written, a line each: what a terminal shows of it.

    Raises:
        FileNotFoundError: there is no report.
    """
    first = (folder / MARKDOWN).read_text("utf-8").split("\n## ", 2)[1]
    answers = re.findall(r"^- \*\*(\w+)\*\*: (.*)$", first, re.MULTILINE)
    return [f"{verdict:>10}  {html.unescape(text)}" for verdict, text in answers]


def _write(title: str, context: Context) -> list[Path]:
    context.start()
    sections = [
        section(heading, parts, context)
        for heading, parts in CHAPTERS.items()
        if context.settings.reference or heading != "Beside the published numbers"
    ]
    for painting in context.painted:
        painting.result()  # raises what went wrong
    sections = _said_once(sections)
    return [
        *_documents(title, sections, context.folder),
        *_files(sections, context.folder),
        *_sources(context),
    ]


def _said_once(sections: list[Section]) -> list[Section]:
    """Replace a note that stands in an earlier section by a word on where it stands."""
    title_of: dict[str, str] = {}
    result = []
    for part in sections:
        references = {
            note: f'Not possible, for the reason given under "{title_of[note]}".'
            for note in part.notes
            if note in title_of
        }
        notes = [references.get(note, note) for note in part.notes]
        title_of = {note: part.title for note in part.notes} | title_of
        result.append(replace(part, notes=list(dict.fromkeys(notes))))
    return result


def _documents(title: str, sections: list[Section], folder: Path) -> list[Path]:
    (folder / HTML).write_text(to_html(title, sections, folder), encoding="utf-8")
    (folder / MARKDOWN).write_text(to_markdown(title, sections), encoding="utf-8")
    return [folder / HTML, folder / MARKDOWN]


def _sources(context: Context) -> list[Path]:
    """Write what the report is made of, so that it can be made again without cells, corpora or tracker."""
    paths = [context.folder / SCORES]
    write_scores(SweepTables(context.scores, context.confusions, context.failures), paths[0])
    if context.speakers is not None and not context.speakers.empty:
        paths.append(context.folder / SPEAKER_SCORES)
        write_speakers(context.speakers, paths[1])
    return paths


def _files(sections: list[Section], folder: Path) -> list[Path]:
    """Write the tables, and list them with the figures."""
    files = []
    for part in sections:
        for table in part.tables:
            write_csv(table.data, folder / f"{table.name}.csv")
            (folder / f"{table.name}.tex").write_text(to_latex(table), encoding="utf-8")
            files += [folder / f"{table.name}.csv", folder / f"{table.name}.tex"]
        files += [folder / f"{figure.name}.{suffix}" for figure in part.figures for suffix in FORMATS]
    return files
