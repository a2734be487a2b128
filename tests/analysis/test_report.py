"""The report: whole on a whole sweep, and a clear statement wherever the scores do not allow an answer."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import product

import numpy as np
import pandas as pd
import pytest

from ser.analysis import published, report
from ser.analysis.cells import select
from ser.analysis.figures import style
from ser.analysis.figures.cells import raincloud
from ser.analysis.summary import describe
from ser.errors import ScoresError, UserError
from ser.records import OutputRecord
from ser.schema import EMOTIONS
from tests.analysis.conftest import LEVELS, NO_FAILURES, grid, settings, with_values

PUBLISHED = "Beside the published numbers"


def noisy(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    return with_values(table, np.random.default_rng(seed).normal(0.6, 0.02, len(table)))


def confusions_of(scores: pd.DataFrame) -> pd.DataFrame:
    cells = scores[["model", "pretune", "trained_on", "dataset", "seed"]]
    pairs = pd.MultiIndex.from_product([EMOTIONS, EMOTIONS], names=["emotion", "predicted"]).to_frame(index=False)
    table = cells.merge(pairs, how="cross")
    return table.assign(count=np.where(table["emotion"] == table["predicted"], 6, 1))


def test_the_whole_report(painter, tmp_path):
    scores = published.rebuild_scores()
    scores = scores[scores["seed"] < 20]
    random = np.random.default_rng(1)
    groups = [
        scores.assign(group=g, value=scores["value"] + random.normal(0, 0.01, len(scores))) for g in ("female", "male")
    ]
    everything = pd.concat([scores, *groups, scores.assign(metric="uar")], ignore_index=True)
    files = report.write(
        "paper",
        everything,
        confusions_of(scores),
        NO_FAILURES,
        settings(reference="paper"),
        tmp_path / "report",
        painter,
    )
    assert files[0].name == "report.html"
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == sorted(path.name for path in files)
    assert all(path.stat().st_size > 0 for path in files)
    html = files[0].read_text(encoding="utf-8")
    well_formed(html)
    assert 'src="data:image/svg+xml;base64,' in html
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)  # nothing outside the file
    markdown = files[1].read_text(encoding="utf-8")
    for name in re.findall(r"\]\(([\w.]+)\)", markdown):
        assert (tmp_path / "report" / name).is_file()
    assert "nan" not in markdown.lower().replace("female", "")
    for name in ("anova", "repeated", "mixed", "contrasts_within_seeds", "equivalence", "power", "groups", "published"):
        assert (tmp_path / "report" / f"{name}.csv").is_file()
    for picture in (tmp_path / "report").glob("*.svg"):
        ElementTree.parse(picture)
    for table in (tmp_path / "report").glob("*.tex"):
        text = table.read_text(encoding="utf-8")
        assert r"\toprule" in text
        assert text.isascii(), table.name  # so that any LaTeX takes it
        assert text.count("{") == text.count("}")


def test_the_same_scores_give_the_same_files(quick, painter, tmp_path):
    scores = noisy(grid(LEVELS, 4))
    for name in ("a", "b"):
        report.write("same", scores, confusions_of(scores), NO_FAILURES, settings(), tmp_path / name, painter)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    selected = select(noisy(grid(LEVELS, 5)), list(LEVELS))
    cells = describe(selected, list(LEVELS))
    first = [
        path.read_bytes() for path in style.save(raincloud(selected, cells, list(LEVELS), "uar"), tmp_path, "cells")
    ]
    paths = style.save(raincloud(selected, cells, list(LEVELS), "uar"), tmp_path, "cells")
    assert [path.suffix for path in paths] == [".png", ".svg", ".pdf"]
    assert [path.read_bytes() for path in paths] == first


def test_single_cell(notes):
    said = notes(noisy(grid({"model": ["hubert"]}, 10)))
    assert "No factor varies: model, pretune, dataset have one level each" in said["In short"]
    assert "pretune has one level (none), so it is left out of the tests." in said["Scores"]
    assert said["Contrasts"] == 'Not possible, for the reason given under "In short".'


def test_one_seed(notes):
    said = notes(noisy(grid(LEVELS, 1)))
    assert "Nothing can be said about these speakers either: 1 seed(s): whether another training" in said["In short"]
    assert "1 of 1 seeds" in said["Within seeds: repeated measures"]
    assert "One seed only" in said["Within seeds: repeated measures"]


@pytest.mark.parametrize("value", [0.5, 1.0])
def test_constant_metric(value, notes):
    said = notes(grid(LEVELS, 5).assign(value=value))
    assert f"Every score is {value:g}: without spread there is nothing to test" in said["In short"]


def test_no_spread_within_cells(notes):
    table = grid(LEVELS, 5)
    said = notes(table.assign(value=np.where(table["model"] == "hubert", 0.5, 0.6)))
    assert "Every score equals its cell's mean" in said["The published design: between groups"]


def test_no_spread_within_one_cell(notes):
    table = noisy(grid(LEVELS, 5))
    flat = (table["model"] == "hubert") & (table["dataset"] == "emovo")
    said = notes(table.assign(value=table["value"].where(~flat, 0.5)))
    assert "No spread within model=hubert, pretune=none, dataset=emovo;" in said["Assumptions, and tests without them"]
    assert said["The published design: between groups"] == ""


def test_nan_scores_are_counted(notes, tmp_path):
    table = noisy(grid(LEVELS, 6))
    table.loc[[0, 1, 7], "value"] = [np.nan, np.nan, np.nan]
    said = notes(table)
    assert "3 of 48 scores are missing: 3 are not a number, 0 are absent" in said["Scores"]
    counts = pd.read_csv(tmp_path / "counts.csv", keep_default_na=False)
    assert counts["n"].sum() == 45
    assert set(pd.read_csv(tmp_path / "mixed.csv")["n"]) == {45}
    assert set(pd.read_csv(tmp_path / "repeated.csv")["n_seeds"]) == {4}
    assert "over the 4 of 6 seeds" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_only_nan(notes):
    said = notes(grid(LEVELS, 3).assign(value=np.nan))
    assert said["In short"] == "No score is a number, so there is nothing to analyse"
    assert "24 of 24 scores are missing" in said["Scores"]


def test_a_level_without_a_number(notes):
    table = noisy(grid(LEVELS | {"pretune": ["none", "it", "it_1h"]}, 5))
    said = notes(table.assign(value=table["value"].where(table["pretune"] != "it_1h")))
    assert "pretune=it_1h has no accuracy that is a number, so it is left out of the tests." in said["Scores"]
    assert said["The published design: between groups"] == ""


def test_failed_cells(notes, tmp_path):
    table = noisy(grid(LEVELS, 5))
    lost = (table["model"] == "hubert") & (table["pretune"] == "it") & (table["seed"] > 2)
    failures = pd.DataFrame(
        {
            "model": "hubert",
            "pretune": "it",
            "trained_on": "emodb",
            "seed": [3, 4],
            "error": ["out of memory\nat line 7", "not finished (running)"],
        }
    )
    said = notes(table[~lost], failures)
    assert "4 are absent, 4 of them from trainings that failed" in said["Scores"]
    assert "2 training(s) failed or have not ended." in said["Scores"]
    assert pd.read_csv(tmp_path / "failures.csv")["error"].tolist() == ["out of memory", "not finished (running)"]


def test_an_empty_cell_is_named(notes):
    table = noisy(grid(LEVELS, 5))
    lost = (table["model"] == "hubert") & (table["pretune"] == "it")
    said = notes(table[~lost])
    assert "model=hubert, pretune=it, dataset=emovo" in said["The published design: between groups"]
    assert said["Contrasts"] == ""  # the cells that are there can still be compared


def test_seeds_that_no_two_models_share(notes, tmp_path):
    table = noisy(grid(LEVELS, 8))
    said = notes(table[(table["model"] == "hubert") == (table["seed"] < 4)])
    assert "0 of 8 seeds have a score in all 8 cells" in said["Within seeds: repeated measures"]
    assert "random effects: seed = seed x model, " in read(tmp_path, "Within seeds: repeated measures")
    assert "seed = seed x model" in read(tmp_path, "Methods")
    assert said["The published design: between groups"] == ""


def test_one_score(notes):
    said = notes(noisy(grid(LEVELS, 8)).iloc[:1])
    assert "No factor varies" in said["In short"]


def test_one_factor_of_three_levels(notes):
    said = notes(noisy(grid({"pretune": ["none", "it", "it_1h"]}, 6)))
    assert said["Within seeds: repeated measures"] == ""


def test_split_varied_apart(notes, tmp_path):
    tables = [noisy(grid(LEVELS, 3), split).assign(**{"seed.split": split}) for split in range(3)]
    said = notes(pd.concat(tables))
    assert "The sweep varied seed.split beside the seed" in said["Scores"]
    assert pd.read_csv(tmp_path / "variance_mean.csv")["component"].tolist() == ["split", "training seed", "rest"]


def test_names_that_markdown_html_and_latex_do_not_like(notes, tmp_path):
    table = noisy(
        grid({"model": ["a_b & c%", "$x^2$ {y}"], "pretune": ["none", "<it>"], "dataset": ["emo|db", "b"]}, 4)
    )
    notes(table)
    well_formed((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert '<td class="text">&lt;it&gt;</td>' in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert r"emo\|db" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert r"a\_b \& c\%" in (tmp_path / "cells.tex").read_text(encoding="utf-8")


def test_another_swept_key_as_a_factor(notes, tmp_path):
    tables = [
        noisy(grid(LEVELS, 6), i).assign(**{"training.learning_rate": rate}) for i, rate in enumerate((1e-5, 5e-5))
    ]
    notes(pd.concat(tables), factors=("model", "dataset", "pretune", "training.learning_rate"))
    for name in ("repeated", "mixed"):
        assert "training.learning_rate" in pd.read_csv(tmp_path / f"{name}.csv")["effect"].tolist()


def test_published_labels_that_are_not_there(notes):
    said = notes(noisy(grid({"model": ["wavlm", "xls-r"]}, 4)), reference="paper")
    assert "No cell of the sweep has the labels of the published ones" in said[PUBLISHED]
    assert PUBLISHED not in notes(noisy(grid({"model": ["wavlm", "xls-r"]}, 4)))


def test_metric_that_is_not_there_writes_nothing(painter, tmp_path):
    with pytest.raises(ScoresError, match="no score of metric 'f1'; there are accuracy"):
        report.write(
            "x",
            noisy(grid(LEVELS, 2)),
            pd.DataFrame(),
            NO_FAILURES,
            settings(metric="f1"),
            tmp_path / "report",
            painter,
        )
    assert not (tmp_path / "report").exists()


def read(folder, *titles: str) -> str:
    """Give the text of sections of a report."""
    chapters = re.split(r"^## ", (folder / "report.md").read_text(encoding="utf-8"), flags=re.M)
    return "\n".join(chapter for chapter in chapters if chapter.split("\n")[0] in titles)


def test_where_most_seeds_lack_a_cell_the_mixed_model_is_read_first(notes, tmp_path):
    table = noisy(grid(LEVELS, 30))
    kept = table[np.random.default_rng(3).random(len(table)) > 0.25]
    notes(kept)
    short = read(tmp_path, "Where the designs disagree")
    complete = int((kept.groupby("seed").size() == 8).sum())
    assert f"(mixed model: type III, {len(kept)} scores of 30 seeds; alpha = 0.05): none significant." in short
    assert "Where seeds lack a cell, they rest on different scores or weigh them differently (between" in short
    assert f"within seeds: {complete} of 30 seeds" in short
    notes(table)
    short = read(tmp_path, "Where the designs disagree")
    assert "(within seeds: 30 of 30 seeds; alpha = 0.05)" in short
    assert "Where seeds lack a cell" not in short
    notes(table[table["seed"] != 3], pd.DataFrame({"model": ["hubert"], "seed": [3], "error": ["out of memory"]}))
    assert "Where seeds lack a cell" not in read(tmp_path, "Where the designs disagree")


def test_a_metric_that_some_cells_lack(notes):
    table = noisy(grid(LEVELS, 6))
    said = notes(pd.concat([table, table[table["seed"] < 4].assign(metric="uar")]), metric="uar")
    assert "16 of 48 scores are missing: 0 are not a number, 16 are absent" in said["Scores"]
    said = notes(pd.concat([table, table[table["model"] == "hubert"].assign(metric="uar")]), metric="uar")
    assert "24 of 48 scores are missing" in said["Scores"]
    assert "model=wav2vec2 has no uar that is a number, so it is left out of the tests." in said["Scores"]


def test_what_failed_everywhere_is_missing(notes):
    table = noisy(grid(LEVELS, 5))
    failures = pd.DataFrame(product(["hubert", "wav2vec2"], ["none", "it"], [5]), columns=["model", "pretune", "seed"])
    said = notes(table, failures.assign(trained_on="emodb", error="planned, but not in the tracker"))
    assert "8 of 48 scores are missing: 0 are not a number, 8 are absent, 8 of them from trainings" in said["Scores"]


def test_one_seed_claims_nothing(notes, tmp_path):
    said = notes(noisy(grid(LEVELS, 1)))
    assert "so none can be tested within seeds" in said["Contrasts"]
    assert "Not possible" in said["Differences that do not matter: equivalence"]
    methods = read(tmp_path, "Methods")
    assert "1 seed for each of 8 cells." in methods
    for claim in (
        "repeated measures",
        "mixed model",
        "t-tests",
        "Equivalence",
        "Shapiro",
        "permutations",
        "analysis of",
    ):
        assert claim not in methods
    assert pd.read_csv(tmp_path / "power_planned.csv")["seeds_medium"].tolist() == [16] * 7
    assert not {"contrasts.svg", "equivalence.csv", "designs.csv"} & {path.name for path in tmp_path.iterdir()}


def test_reasons_for_dependence_are_those_of_the_sweep(notes, tmp_path):
    notes(noisy(grid({"model": LEVELS["model"], "pretune": LEVELS["pretune"]}, 6)))
    text = read(tmp_path, "Where the designs disagree", "Methods")
    assert "All cells of one seed share its split, so" in text
    assert "every test set" not in text
    corpora = [noisy(grid(LEVELS, 6), i).assign(trained_on=name) for i, name in enumerate(("emodb", "emovo"))]
    notes(pd.concat(corpora), factors=("model", "dataset", "trained_on", "pretune"))
    assert "all cells of one seed that train on one corpus share its split" in read(tmp_path, "Methods")


def test_split_sweep(notes, tmp_path):
    swept = pd.concat([noisy(grid(LEVELS, 3), split).assign(**{"seed.split": split}) for split in range(3)])
    lost = (swept["model"] == "hubert") & (swept["pretune"] == "it") & (swept["seed"] > 0)
    failures = swept[lost & (swept["dataset"] == "emovo")][["model", "pretune", "trained_on", "seed", "seed.split"]]
    said = notes(swept[~lost], failures.assign(error="out of memory"))
    assert "12 are absent, 12 of them from trainings that failed" in said["Scores"]
    assert "analyse one level at a time: only={seed.split:0}" in said["Scores"]
    spread = said["Spread of the split and of the initialisation"]
    assert "Left out: model=hubert, pretune=it, dataset=emodb: no split was trained with two seeds" in spread
    assert len(pd.read_csv(tmp_path / "variance.csv")) == 6 * 3
    assert "variance |" not in read(tmp_path, "Spread of the split and of the initialisation")
    assert "9 combinations of seeds" in read(tmp_path, "Methods")
    said = notes(swept, only={"seed.split": 1})
    assert said["Scores"] == "Only scores with seed.split=1 are analysed."
    assert "only seed.split=1, 3 seeds for each of 8 cells" in read(tmp_path, "Methods")


def test_groups_that_are_missing_are_counted(notes, tmp_path):
    table = noisy(grid(LEVELS, 6))
    groups = [noisy(grid(LEVELS, 6), i).assign(group=group) for i, group in enumerate(("female", "male", "other"), 1)]
    groups[2] = groups[2][groups[2]["dataset"] == "emovo"]
    groups[1].loc[0, "value"] = np.nan
    said = notes(pd.concat([table, *groups]))["Groups of speakers"]
    assert "Scores of the groups that are missing: male 1 of 48, other 24 of 48." in said
    assert "other is left out of the repeated measures below" in said
    assert set(pd.read_csv(tmp_path / "groups_anova.csv")["n_seeds"]) == {5}


def test_the_next_report_leaves_no_file_of_the_last(notes, tmp_path):
    table = noisy(grid(LEVELS, 4))
    groups = [table.assign(group=group) for group in ("female", "male")]
    notes(pd.concat([table, *groups, table.assign(metric="uar")]))
    (tmp_path / "notes of mine.txt").write_text("stay")
    assert (tmp_path / "groups.csv").is_file()
    notes(pd.concat([table, *groups, table.assign(metric="uar")]), metric="uar")
    assert not (tmp_path / "groups.csv").exists()
    listed = {OutputRecord.FILE, *OutputRecord.read(tmp_path).files}
    assert {path.name for path in tmp_path.iterdir()} - listed == {"notes of mine.txt"}


def test_a_report_overwrites_and_removes_no_file_of_the_user(notes, tmp_path):
    """Neither what an earlier version would have taken for its own (contents.txt), nor a name that it has itself."""
    mine = {"contents.txt": "paper.tex\n../paper.tex\n", "paper.tex": "mine", "anova.csv": "mine"}
    for name, text in mine.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=r"anova.csv is not known to be written by ser.analyze"):
        notes(noisy(grid(LEVELS, 4)))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == mine


def test_text_of_the_user_is_neither_html_nor_a_link_nor_a_formula(notes, tmp_path):
    table = noisy(grid(LEVELS, 4))
    names = {"hubert": "<img src=x onerror=alert(1)>", "wav2vec2": "=[a](javascript:b)|c"}
    failures = pd.DataFrame({"model": ["<b>x"], "seed": 9, "error": "<script>"})
    notes(table.assign(model=table["model"].map(names)), failures)
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "&lt;img src=x onerror" in markdown
    assert not re.search(r"<[a-zA-Z/!?]|\]\(javascript", markdown)
    assert "<img src=x" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not [path for path in tmp_path.glob("*.csv") if re.search(r"(^|,)\"?=", path.read_text("utf-8"), re.M)]


def test_the_published_cells_beside_a_further_factor(notes, tmp_path):
    scores = published.rebuild_scores()
    scores = scores[scores["seed"] < 5]
    swept = pd.concat([scores.assign(rate=rate) for rate in ("1e-05", "5e-05")])
    notes(swept, factors=(*LEVELS, "rate"), reference="paper")
    table = pd.read_csv(tmp_path / "published.csv", keep_default_na=False)
    assert len(table) == len(table[[*LEVELS, "rate"]].drop_duplicates()) == 16
    notes(scores[scores["dataset"] == "emovo"], factors=("model", "pretune"), reference="paper")
    assert set(pd.read_csv(tmp_path / "published.csv")["dataset"]) == {"emovo"}
    said = notes(scores.assign(trained_on="emodb"), reference="paper")
    assert "trained on emozionalmente, these on emodb" in said[PUBLISHED]


def test_corrected_p_is_named_so(notes, tmp_path):
    notes(noisy(grid(LEVELS, 5)))
    table = pd.read_csv(tmp_path / "simple_effects.csv")
    assert [name for name in table if name.startswith("p")] == ["p_holm_pooled", "p_holm_Welch", "p_holm_seeds"]
    assert "uncorrected" in read(tmp_path, "Differences that do not matter: equivalence")


def well_formed(html: str) -> None:
    """Check that every tag is closed in its turn."""
    open_tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag not in ("meta", "img"):
                open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    Reader().feed(html)
    assert not open_tags


def hardware_of(scores: pd.DataFrame, precision: Callable[[pd.Series], str]) -> pd.DataFrame:
    cells = scores[["model", "pretune", "seed"]].drop_duplicates()
    return cells.assign(device="GPU", precision=cells.apply(precision, axis=1))


@pytest.mark.parametrize(
    ("precision", "said"),
    [
        (lambda cell: "32-true", ""),
        (lambda cell: "32-true" if cell["seed"] else "bf16-mixed", "were trained with different precisions: "),
        (lambda cell: "32-true" if cell["model"] == "hubert" else "bf16-mixed", "precision changes with model, so"),
        (lambda cell: "" if cell["seed"] else "bf16-mixed", ""),
    ],
    ids=["one", "by seed", "by model", "not known"],
)
def test_a_sweep_that_mixes_precisions_says_so(quick, painter, tmp_path, precision, said):
    scores = noisy(grid(LEVELS, 4)).reset_index(drop=True)
    hardware = hardware_of(scores, precision)
    report.write("mixed", scores, pd.DataFrame(), NO_FAILURES, settings(), tmp_path, painter, hardware)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert (said in text) if said else "were trained with different" not in text
    assert ("precision changes with" in text) == ("model" in said)


def test_what_is_unusual_about_a_corpus_is_in_the_report(quick, painter, tmp_path):
    scores = noisy(grid(LEVELS, 4)).reset_index(drop=True)
    note = "emodb: 428 clips, where 535 are published: is it a part, or another version?"
    hardware = hardware_of(scores, lambda cell: "32-true")
    hardware = hardware.assign(notes=[note] + [f"{note}\nemovo: 1 speaker(s)"] * (len(hardware) - 1))
    report.write("part", scores, pd.DataFrame(), NO_FAILURES, settings(), tmp_path, painter, hardware)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert f"\n> **Note.** {note}\n" in text
    assert f"emovo: 1 speaker(s) ({len(hardware) - 1} of {len(hardware)} cells)" in text


def test_what_is_not_tested_is_not_called_not_significant(notes, tmp_path):
    """A difference of models that is the same in every seed has no error term."""
    table = noisy(grid({"model": LEVELS["model"], "pretune": LEVELS["pretune"]}, 6))
    same = table.groupby(["seed", "pretune"])["value"].transform("mean") + 0.1 * (table["model"] == "hubert")
    notes(table.assign(value=same))
    short = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "Not tested, for want of spread: model; model x pretune." in short
    assert not re.search("Not significant: [^.]*model", short)
    assert "agree on every effect" not in short


def test_one_seed_has_no_post_hoc_tests(notes, tmp_path):
    notes(noisy(grid(LEVELS, 1)))
    assert not (tmp_path / "posthoc.csv").exists()


@pytest.mark.parametrize(("seeds", "impossible"), [(5, True), (6, False)])
def test_sign_flips_say_what_is_impossible(seeds, impossible, notes, tmp_path):
    said = notes(noisy(grid(LEVELS, seeds)))["Assumptions, and tests without them"]
    assert ("With 5 seeds no p of the sign flips can be below 0.0625: p < 0.05 is impossible with fewer" in said) == (
        impossible
    )
    methods = read(tmp_path, "Methods")
    assert "without normality and equal variances" not in methods
    assert "without equal variances (Welch and James), without normality (4999 permutations" in methods


def test_what_says_that_a_difference_is_small_is_said_of_both_verdicts(notes, tmp_path):
    table = noisy(grid({"model": LEVELS["model"]}, 8))
    small = with_values(
        table, 0.6 + 0.004 * (table["model"] == "hubert") + np.random.default_rng(0).normal(0, 0.001, 16)
    )
    notes(small)
    assert pd.read_csv(tmp_path / "equivalence.csv")["verdict"].tolist() == ["different, but within the margin"]
    assert 'only "equivalent" says' not in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_the_mixed_model_on_few_seeds_is_not_to_be_trusted(notes):
    assert (
        "not to be trusted here: fewer than 6 seeds" in notes(noisy(grid(LEVELS, 5)))["Within seeds: repeated measures"]
    )


def test_the_human_ceiling_stands_beside_the_scores(notes, tmp_path):
    scores = noisy(grid(LEVELS, seeds=3))
    human = {"human_accuracy": 0.7, "human_accuracy_low": 0.6, "human_accuracy_high": 0.8, "human_clips": 40}
    human |= {"human_uar": 0.65, "human_uar_low": 0.55, "human_uar_high": 0.75}
    emovo = scores[scores["dataset"] == "emovo"]
    rated = pd.concat(
        [
            scores,
            emovo.assign(metric="uar"),
            *(emovo.assign(metric=metric, value=value) for metric, value in human.items()),
        ],
        ignore_index=True,
    )
    notes(rated)
    table = pd.read_csv(tmp_path / "human_ceiling.csv")
    assert table[["dataset", "metric"]].values.tolist() == [["emovo", "accuracy"], ["emovo", "uar"]]
    np.testing.assert_allclose(
        table[["human", "ci_low", "ci_high", "clips"]], [[0.7, 0.6, 0.8, 40], [0.65, 0.55, 0.75, 40]]
    )
    assert table["models"].tolist() == pytest.approx([emovo["value"].mean()] * 2)
    assert "one rater against the majority of the other raters" in (tmp_path / "report.md").read_text()
    notes(rated[rated["metric"] != "uar"])
    assert pd.read_csv(tmp_path / "human_ceiling.csv")["metric"].tolist() == ["accuracy"]
    notes(scores)
    assert not (tmp_path / "human_ceiling.csv").exists()
