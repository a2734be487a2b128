"""What every section of the report starts from, and how a question without an answer becomes a statement."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Picture

from ser.analysis import assumptions, comparisons, designs, factorial, groups, mixed, repeated, robust
from ser.analysis.cells import inventory, select, varying
from ser.analysis.claims import claims, group_claims
from ser.analysis.claims.selection import found_factors
from ser.analysis.contrasts import all_contrasts
from ser.analysis.design import require_varying, wide
from ser.analysis.figures import style
from ser.analysis.report.document import Answer, Figure, Section, Table
from ser.analysis.settings import AnalysisSettings
from ser.errors import ScoresError


@dataclass(frozen=True)
class Context:
    """The sweep's tables, what the user chose, and who draws and tests claims while the statistics go on."""

    scores: pd.DataFrame
    confusions: pd.DataFrame
    failures: pd.DataFrame
    settings: AnalysisSettings
    folder: Path
    painters: Executor
    hardware: pd.DataFrame = field(default_factory=pd.DataFrame)
    speakers: pd.DataFrame | None = None
    unlike: Sequence[str] = ()  # what was scored on other emotions, in words
    painted: list[Future[None]] = field(default_factory=list)
    testing: dict[str, Future[pd.DataFrame]] = field(default_factory=dict)

    @property
    def factors(self) -> list[str]:
        """The factors of the analysis: as the user named them, or those that vary."""
        return list(self.settings.factors or found_factors(self.scores))

    @property
    def only(self) -> dict[str, str | int | float | bool]:
        """The columns of which one level is analysed."""
        return self.settings.only or {}

    @property
    def metric(self) -> str:
        """What is analysed."""
        return self.settings.metric

    @cached_property
    def selected(self) -> pd.DataFrame:
        """The scores of the metric over all speakers, NaN included."""
        return select(self.scores, self.factors, self.metric, failures=self.failures)

    @cached_property
    def usable(self) -> pd.DataFrame:
        """The scores that are numbers, without levels that have none."""
        numbers = self.selected.dropna(subset="value").reset_index(drop=True)
        return numbers.assign(**{factor: numbers[factor].cat.remove_unused_categories() for factor in self.factors})

    @cached_property
    def there(self) -> list[str]:
        """The factors that vary."""
        return varying(self.usable, self.factors)

    @cached_property
    def between(self) -> pd.DataFrame:
        """The analysis of variance between groups; ScoresError where the scores do not allow it."""
        return factorial.anova(self.usable, self.factors, self.settings.typ, 1 - 2 * self.settings.alpha)

    @cached_property
    def within(self) -> pd.DataFrame:
        """The repeated-measures analysis; ScoresError where the scores do not allow it."""
        return repeated.repeated_measures(self.usable, self.factors, 1 - 2 * self.settings.alpha)

    @cached_property
    def mixed(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Tests and variances of the mixed model; ScoresError where the scores do not allow it."""
        return mixed.mixed_model(self.usable, self.factors)

    @cached_property
    def by_cells(self) -> pd.DataFrame:
        """The scores as seeds by cells; ScoresError where there is nothing to compare."""
        return wide(self.usable, require_varying(self.usable, self.factors))

    def start(self) -> None:
        """Have the claims tested beside everything else, which takes as long."""
        settings = self.settings
        arguments = (self.scores, self.speakers, self.factors, self.metric, settings.margin, settings.alpha)
        _ = self.usable  # raises what is wrong with the scores here
        self.testing["all"] = self.painters.submit(claims, *arguments, self.failures)
        if groups.scored(self.scores, self.metric):
            self.testing["groups"] = self.painters.submit(group_claims, *arguments, self.failures)

    @cached_property
    def claims(self) -> pd.DataFrame:
        """Every contrast for four populations; ScoresError where there is nothing to compare."""
        return self.testing["all"].result()

    @cached_property
    def group_claims(self) -> pd.DataFrame:
        """The gaps between groups of speakers for four populations; ScoresError where there is nothing to compare."""
        _ = groups.of_groups(self.scores, self.factors, self.metric)  # raises what is wrong with the scores
        return self.testing["groups"].result()

    @cached_property
    def differences(self) -> pd.DataFrame:
        """All contrasts, tested within seeds; ScoresError where there is nothing to compare."""
        contrasts = all_contrasts(self.by_cells.columns)
        return comparisons.by_seed(self.by_cells, contrasts, 1 - self.settings.alpha)

    @cached_property
    def assumptions(self) -> pd.DataFrame:
        """Tests of what the parametric tests take for granted; ScoresError where there is nothing to compare."""
        return assumptions.check(self.usable, self.factors, self.settings.alpha)

    @cached_property
    def robust_between(self) -> pd.DataFrame:
        """Tests between groups without the assumptions; ScoresError where the scores do not allow them."""
        return robust.between(self.usable, self.factors)

    @cached_property
    def robust_within(self) -> pd.DataFrame:
        """Tests within seeds without the assumptions; ScoresError where the scores do not allow them."""
        return robust.within(self.usable, self.factors)

    @cached_property
    def comparison(self) -> pd.DataFrame:
        """The designs side by side, those that could be run."""
        return designs.compare_designs(*self.tests, self.settings.alpha)

    @cached_property
    def basis(self) -> dict[str, str]:
        """The scores that each design rests on, in words."""
        return designs.basis(*self.tests)

    @cached_property
    def tests(self) -> tuple[pd.DataFrame | None, pd.DataFrame | None, pd.DataFrame | None]:
        """The tests between groups, within seeds and of the mixed model; None for one that could not be run."""
        return allowed(lambda: self.between), allowed(lambda: self.within), allowed(lambda: self.mixed[0])

    @cached_property
    def counts(self) -> pd.DataFrame:
        """The number of scores of every cell, and those that are missing."""
        return inventory(self.scores, self.factors, self.metric, failures=self.failures)

    @cached_property
    def complete(self) -> bool:
        """Whether every seed has a score in every cell, so that all designs rest on the same scores."""
        return bool(self.by_cells.notna().all(axis=None))

    @cached_property
    def seed_keys(self) -> list[str]:
        """The keys that the sweep varied apart from the seed, as `seed.split`."""
        keys = [key for key in self.scores.columns if str(key).startswith("seed.") and key not in self.factors]
        seeds = self.scores["seed"].nunique()
        return [key for key in keys if len(self.scores[["seed", key]].drop_duplicates()) > seeds]

    @cached_property
    def shared(self) -> str:
        """Why the scores of one seed are not independent, as far as it holds in this sweep."""
        reasons = []
        if "seed.split" not in self.there:
            corpus = " that train on one corpus" if "trained_on" in self.there else ""
            reasons.append(f"all cells of one seed{corpus} share its split")
        if "dataset" in self.there:
            reasons.append("each trained model is scored on every test set")
        return " and ".join(reasons or ["all cells of one seed share its random numbers"])

    def draw(self, name: str, caption: str, chart: Callable[..., Picture], *data: Any) -> Figure:
        """Have a chart drawn from its data and its files written; return it for the document."""
        self.painted.append(self.painters.submit(style.paint, self.folder, name, chart, *data))
        return Figure(name, caption)


Part = Callable[[Context], Section | Iterable[Table] | Table]


def section(title: str, parts: Iterable[Part], context: Context) -> Section:
    """Join the parts of a section; a part that cannot be answered from these scores leaves its reason as a note."""
    paragraphs: list[str] = []
    notes: list[str] = []
    answers: list[Answer] = []
    tables: list[Table] = []
    figures: list[Figure] = []
    for part in parts:
        try:
            made = part(context)
            if isinstance(made, Section):
                paragraphs += made.paragraphs
                notes += made.notes
                answers += made.answers
                tables += made.tables
                figures += made.figures
            else:
                for table in [made] if isinstance(made, Table) else made:
                    tables.append(table)
        except ScoresError as reason:
            notes.append(str(reason)[0].upper() + str(reason)[1:])
    return Section(title, paragraphs, list(dict.fromkeys(notes)), answers, tables, figures)


def allowed(analysis: Callable[[], pd.DataFrame]) -> pd.DataFrame | None:
    """Return what an analysis gives, None where the scores do not allow it."""
    try:
        return analysis()
    except ScoresError:
        return None
