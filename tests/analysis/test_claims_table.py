"""The table of claims: the right population for each number, from clips, speakers, and nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import f1_score, recall_score

from ser.analysis.claims import claims, group_claims, speaker_scores, tables_of
from ser.analysis.claims.clips import over_clips
from ser.analysis.claims.crossed import crossed
from ser.analysis.claims.files import join, read_cells, read_clips, read_speakers, write_speakers
from ser.analysis.claims.progress import hint
from ser.analysis.claims.sentences import three_way, three_way_uneven
from ser.analysis.claims.table import CORPUS, POPULATIONS, SENTENCES, SPEAKERS, THESE
from ser.errors import ScoresError
from ser.metrics import calibration
from ser.metrics.concordance import ccc
from tests.analysis.studies import study

MODELS = {"model": ["hubert", "wav2vec2"]}
BOTH = MODELS | {"dataset": ["emodb", "emovo"]}
SPREADS = (0.02, 0.07, 0.05)


def of(table: pd.DataFrame, population: str, kind: str = "main", factor: str = "model") -> pd.Series:
    rows = table[(table["population"] == population) & (table["kind"] == kind) & (table["factor"] == factor)]
    return rows.iloc[0]


def differences(speakers: pd.DataFrame, names=("seed", "speaker")) -> np.ndarray:
    cells = {m: t.groupby(list(names))["value"].mean() for m, t in speakers.groupby("model")}
    series = cells["wav2vec2"] - cells["hubert"]
    return series.to_xarray().to_numpy() if len(names) > 2 else series.unstack().to_numpy()


def test_each_population_has_its_own_error_term():
    scores, speakers = study(MODELS, 10, 6, SPREADS, {("wav2vec2",): 0.03})
    table = claims(scores, speakers)
    assert table["population"].tolist() == list(POPULATIONS)
    d = differences(speakers)
    t = stats.ttest_1samp(d.mean(axis=1), 0)
    these, new = of(table, THESE), of(table, SPEAKERS)
    assert [these["p"], these["df"]] == pytest.approx([t.pvalue, 9])
    expected = crossed(d, np.full(d.shape, 20.0))
    assert [new["estimate"], new["se"], new["df"]] == pytest.approx([expected.value, expected.se, expected.df])
    assert (new["seeds"], new["speakers"]) == (10, 6)
    assert new["p"] >= these["p"]
    assert of(table, SENTENCES)["note"] == "the predictions do not name the sentences"
    assert of(table, CORPUS)["verdict"] == "untested"


def test_wider_claims_are_never_narrower():
    for seed in range(10):
        table = claims(*study(MODELS, 3, 8, (0.05, 0.0, 0.05), {}, sentences=4, random_seed=seed))
        narrow, wide, widest = (of(table, name) for name in (THESE, SPEAKERS, SENTENCES))
        assert narrow["p"] <= wide["p"] <= widest["p"]
        halves = [(row["ci_high"] - row["ci_low"]) / 2 for row in (narrow, wide, widest)]
        assert halves == sorted(halves)


def test_sentences_are_a_third_crossed_effect():
    scores, speakers = study(MODELS, 4, 5, SPREADS, {}, sentences=6)
    row = of(claims(scores, speakers), SENTENCES)
    expected = three_way(differences(speakers, ("seed", "speaker", "sentence")).reshape(4, 5, 6))
    assert [row["estimate"], row["se"], row["df"]] == pytest.approx([expected.value, expected.se, expected.df])
    row = of(claims(scores, speakers.drop(index=3)), SENTENCES)
    values = differences(speakers, ("seed", "speaker", "sentence")).reshape(4, 5, 6)
    values.ravel()[3] = np.nan
    expected = three_way_uneven(values, np.full(values.shape, 20.0))
    assert [row["estimate"], row["se"], row["df"]] == pytest.approx([expected.value, expected.se, expected.df])
    assert row["method"].startswith("seeds x speakers x sentences, REML")


def test_new_sentences_by_the_bootstrap_where_no_likelihood_is_left():
    """Two seeds, speakers and sentences, one value lacking: six random effects cannot be told apart."""
    scores, speakers = study(MODELS, 2, 2, SPREADS, {}, sentences=2)
    row = of(claims(scores, speakers.drop(index=0)), SENTENCES)
    assert row["method"].startswith("pigeonhole bootstrap")


def test_another_corpus_of_the_kind_where_seeds_split_it_anew():
    scores, speakers = study(MODELS, 8, 20, SPREADS, {}, tested=4)
    row = of(claims(scores, speakers), CORPUS)
    d = scores[scores["group"] == "all"].pivot(index="seed", columns="model", values="value")
    spread = (d["wav2vec2"] - d["hubert"]).var(ddof=1)
    everybody = speakers["speaker"].nunique()
    assert row["se"] == pytest.approx((spread * (1 / 8 + 4 / (everybody - 4))) ** 0.5)


def test_a_contrast_over_test_sets_takes_the_speakers_of_each():
    scores, speakers = study(BOTH, 6, 8, SPREADS, {("wav2vec2", "emovo"): 0.1})
    table = claims(scores, speakers)
    for kind, factor in (("main", "model"), ("main", "dataset"), ("interaction", "model x dataset")):
        row = of(table, SPEAKERS, kind, factor)
        assert row["method"].startswith("speakers of each sample")
        assert row["speakers"] == 16
    assert of(table, SPEAKERS, "simple")["speakers"] == 8


def test_gaps_between_groups_rest_on_their_speakers():
    scores, speakers = study(MODELS, 30, 6, (0.01, 0.07, 0.02), {})
    row = of(group_claims(scores, speakers, ["model"]), SPEAKERS, "main", "group")
    assert 1 < row["df"] < 6
    assert of(group_claims(scores, None, ["model"]), SPEAKERS, "main", "group")["verdict"] == "untested"


def test_missing_cells_leave_the_pairs_that_there_are():
    scores, speakers = study(MODELS, 6, 6, SPREADS, {})
    lost = (speakers["model"] == "hubert") & (speakers["seed"] == 2)
    table = claims(scores[~((scores["model"] == "hubert") & (scores["seed"] == 2))], speakers[~lost])
    assert [of(table, name)["seeds"] for name in (THESE, SPEAKERS)] == [5, 5]


def test_without_predictions_nothing_is_claimed_about_new_speakers():
    table = claims(study(MODELS, 6, 6, SPREADS, {})[0], None)
    assert table["verdict"].tolist()[1:] == ["untested"] * 3
    assert "no predictions of single clips" in of(table, SPEAKERS)["note"]


def clips_of(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    emotions = np.array(["anger", "joy", "fear"])
    truth = emotions[random.choice(3, len(table), p=[0.5, 0.3, 0.2])]
    return table.assign(emotion=truth, predicted=np.where(random.random(len(table)) < 0.6, truth, emotions[0]))


@pytest.fixture
def clips() -> pd.DataFrame:
    random = np.random.default_rng(4)
    rows = [(m, s, k, i) for m in ("a", "b") for s in range(4) for k in range(5) for i in range(12)]
    return clips_of(pd.DataFrame(rows, columns=["system", "seed", "speaker", "clip_number"]), random).drop(
        columns="clip_number"
    )


def test_means_over_clips_are_those_of_scikit_learn(clips):
    part = clips[(clips["system"] == "a") & (clips["seed"] == 0)]
    truth, said = part["emotion"], part["predicted"]
    expected = {
        "accuracy": (truth == said).mean(),
        "uar": recall_score(truth, said, average="macro"),
        "recall_fear": recall_score(truth, said, labels=["fear"], average="macro"),
        "macro_f1": f1_score(truth, said, average="macro"),
        "weighted_f1": f1_score(truth, said, average="weighted"),
    }
    for metric, value in expected.items():
        assert over_clips(speaker_scores(part, metric), metric) == pytest.approx(value), metric


def test_calibration_is_that_of_the_metrics(clips):
    part = clips[(clips["system"] == "a") & (clips["seed"] == 0)].reset_index(drop=True)
    labels = ["anger", "fear", "joy"]
    logits = np.random.default_rng(1).normal(size=(len(part), 3))
    part = part.join(pd.DataFrame(logits, columns=[f"logit_{label}" for label in labels]))
    expected = calibration.scores(logits, part["emotion"].map(labels.index).to_numpy())
    for metric in ("ece", "brier", "nll"):
        assert over_clips(speaker_scores(part, metric), metric) == pytest.approx(expected[metric]), metric


def test_ccc_and_rmse_come_from_moments():
    random = np.random.default_rng(0)
    names = ("arousal", "valence", "dominance")
    truth, said = random.random((40, 3)), random.random((40, 3))
    clips = pd.DataFrame(truth, columns=names).join(pd.DataFrame(said, columns=[f"predicted_{n}" for n in names]))
    clips["speaker"] = np.arange(40) % 4
    assert over_clips(speaker_scores(clips, "ccc"), "ccc") == pytest.approx(ccc(said, truth).mean())
    rmse = np.sqrt(((said - truth) ** 2).mean(axis=0))
    assert over_clips(speaker_scores(clips, "rmse_valence"), "rmse_valence") == pytest.approx(rmse[1])


def test_f1_takes_the_bootstrap(clips):
    row = of(claims(*tables_of(clips, "macro_f1"), metric="macro_f1"), SPEAKERS, factor="system")
    assert row["method"].startswith("pigeonhole bootstrap")
    assert row["df"] == 3
    assert row["se"] > 0


def test_unknown_metrics_are_refused(clips):
    with pytest.raises(ScoresError, match="auc cannot be computed"):
        tables_of(clips, "auc")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_predictions_of_any_tool(clips, suffix, tmp_path):
    clips = clips.assign(hit=clips["emotion"] == clips["predicted"]).drop(columns=["emotion", "predicted"])
    path = tmp_path / f"clips.{suffix}"
    clips.to_csv(path, index=False) if suffix == "csv" else clips.to_parquet(path)
    scores, speakers = tables_of(read_clips(path))
    expected = clips[clips["system"] == "a"].groupby("seed")["hit"].mean()
    assert scores.query("system == 'a' and group == 'all'")["value"].tolist() == pytest.approx(expected.tolist())
    assert of(claims(scores, speakers), SPEAKERS, factor="system")["speakers"] == 5


def test_predictions_without_a_speaker_are_refused(clips):
    with pytest.raises(ScoresError, match=r"predictions: missing column\(s\) speaker; there are system, seed"):
        tables_of(clips.drop(columns="speaker"))


@pytest.mark.parametrize("metric", ["accuracy", "uar", "macro_f1"])
def test_speaker_scores_come_back_as_they_were(clips, metric, tmp_path):
    speakers = tables_of(clips.assign(speaker="0" + clips["speaker"].astype(str)), metric)[1]
    write_speakers(speakers, tmp_path / "speaker_scores.csv")
    found = read_speakers(tmp_path / "speaker_scores.csv")
    pd.testing.assert_frame_equal(found, speakers, check_exact=True, check_dtype=False)


def test_no_cells_have_no_predictions(tmp_path):
    assert join([read_cells([tmp_path], "accuracy")]) is None
    assert hint([tmp_path]) is None
