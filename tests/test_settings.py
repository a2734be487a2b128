import copy

import pytest
from omegaconf import OmegaConf, open_dict

from ser.command import check
from ser.errors import ConfigError
from ser.settings import TrainSettings
from tests.bad_input.configs import keys, whole
from tests.test_config import schema


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("+training.epoch=3", "unknown key training.epoch; did you mean training.epochs?"),
        ("+training.epoch=3", "allowed in training: epochs, batch_size, "),
        ("+surprise=1", "unknown key surprise\n       allowed keys: sweep, sweeps_dir, on_change, "),
        ("+model.checkpoint=x", "unknown key model.checkpoint; did you mean model.checkpoints?"),
        ("~training.epochs", "training.epochs is missing; give it: +training.epochs=..."),
        ("~tracker", "tracker is missing; choose tracker=mlflow|none"),
        ("training.epochs=many", "training.epochs=many: input should be a valid integer"),
        ("training.epochs=0", "training.epochs=0: input should be greater than 0"),
        ("training.epochs=1.5", "training.epochs=1.5: input should be a valid integer"),
        ("training.epochs=true", "training.epochs=True: true and false are values of other keys"),
        ("training.epochs=null", "training.epochs=None: input should be a valid integer"),
        ("training.epochs=1e20", "training.epochs=1e+20: a whole number is at most 4294967295"),
        ("training.learning_rate=1e300", "training.learning_rate=1e+300: a number is at most 1e+30"),
        ("training.learning_rate=1e-300", "training.learning_rate=1e-300: a number is 0, or at least 1e-12"),
        ("training.batch_seconds=1e-300", "training.batch_seconds=1e-300: a number is 0, or at least 1e-12"),
        ("head=dropout head.dropout=1e-300", "head.dropout=1e-300: a number is 0, or at least 1e-12"),
        (
            "split=folds split.file=a.csv split.fold=[1]",
            "split.fold=[1]: input should be a valid integer, or input should be a valid string",
        ),
        ("training.weight_decay=1e300", "training.weight_decay=1e+300: a number is at most 1e+30"),
        ("head=hidden head.hidden_width=1000000000000", "head.hidden_width=1000000000000: input should be less than"),
        ("trainer.threads=1000000000", "trainer.threads=1000000000: input should be less than or equal to 1024"),
        ("audio.sample_rate=1", "audio.sample_rate=1: input should be greater than or equal to 4000"),
        ("audio.sample_rate=1e12", "audio.sample_rate=1000000000000.0: input should be less than or equal to 192000"),
        ("audio.sample_rate=CD", "audio.sample_rate=CD: input should be a valid integer"),
        ("seed.value=1e23", "seed.value=1e+23: a whole number is at most 4294967295"),
        ("swept=[a]", "swept.0=a: string should match pattern"),
        (
            "augmentation=gain augmentation.transforms.0.gain_db=[0,1e308]",
            "augmentation.transforms.0.gain_db.1=1e+308: input should be less than or equal to 100",
        ),
        ("training.learning_rate=-1", "training.learning_rate=-1: input should be greater than 0"),
        ("training.learning_rate=inf", "training.learning_rate=inf: input should be a finite number"),
        ("training.learning_rate=nan", "training.learning_rate=nan: input should be a finite number"),
        ("numerics.precision=8", "numerics.precision=8: input should be 'auto', '32-true', 'bf16-mixed' or '16-mixed'"),
        ("trainer.accelerator=tpu", "trainer.accelerator=tpu: input should be 'auto', 'cpu', "),
        ("trainer.progress_bar=5", "trainer.progress_bar=5: input should be a valid boolean"),
        ("audio.loudness_lufs=3", "audio.loudness_lufs=3: input should be less than or equal to 0"),
        ("seed.value=-1", "seed.value=-1: input should be greater than or equal to 0"),
        ("seed.value=4294967296", "seed.value=4294967296: input should be less than 4294967296"),
        ("sweep=", "sweep=: string should have at least 1 character"),
        ("model.checkpoints.none=3", "model.checkpoints.none=3: input should be a valid string"),
        ("tracker.uri=foo://x", "tracker.uri=foo://x: the URI starts with one of http, https, sqlite, "),
        ("tracker.uri=file:///tmp/x", "tracker.uri=file:///tmp/x: the URI starts with one of http, https, sqlite, "),
        ("tracker.uri=sqlite:///a%20b.db", "tracker.uri=sqlite:///a%20b.db: SQLite cuts a path at ? and rewrites %20"),
        ("dataset.tests=[]", "dataset.tests=[]: list should have at least 1 item"),
        ("dataset.tests=[emodb]", "dataset: corpus 'emodb' is not among dataset.corpora: emozionalmente, emovo"),
        ("dataset.train=emodb", "dataset: corpus 'emodb' is not among dataset.corpora: emozionalmente, emovo"),
        ("dataset.corpora.emovo.channel=-1", "dataset.corpora.emovo.channel=-1: input should be greater than or equal"),
        (
            "dataset.corpora.emovo.outside=keep",
            "dataset.corpora.emovo.outside=keep: input should be 'drop' or 'refuse'",
        ),
        (
            "augmentation=gain augmentation.transforms.0.gain_db=[3,1]",
            "augmentation.transforms.0.gain_db=[3, 1]: the lower limit comes first",
        ),
        (
            "augmentation=gain augmentation.transforms.0.gain_db=[]",
            "augmentation.transforms.0.gain_db.0 is missing; give it",
        ),
        (
            "augmentation=gain +augmentation.transforms.0.gain_dB=3",
            "unknown key augmentation.transforms.0.gain_dB; did you mean augmentation.transforms.0.gain_db?\n"
            "       allowed in augmentation.transforms.0: type, probability, gain_db",
        ),
        ("augmentation.mode=both", "augmentation.mode=both: input should be 'on_the_fly' or 'union'"),
        ("training.sampling=fair", "training.sampling=fair: input should be 'every_clip' or 'balanced'"),
        ("layers=one layers.layer=-1", "layers.layer=-1: input should be greater than or equal to 0"),
        ("layers=one layers.layer=true", "layers.layer=True: input should be a valid integer"),
        ("pooling=ecapa_tdnn pooling.attention_width=0", "pooling.attention_width=0: input should be greater than 0"),
        (
            "pooling.name=median",
            "pooling.name=median: allowed are mean, max, sum, attentive_statistics, ecapa_tdnn",
        ),
        ("head.dropout=1", "head.dropout=1: input should be less than 1"),
        ("+head.width=3", "unknown key head.width"),
        ("freezing=at_first freezing.steps=0.5", "freezing.steps=0.5: input should be a valid integer"),
        ("freezing=lora freezing.rank=0", "freezing.rank=0: input should be greater than 0"),
        ("freezing=lora freezing.alpha=0", "freezing.alpha=0: input should be greater than 0"),
        ("freezing=lora freezing.dropout=1", "freezing.dropout=1: input should be less than 1"),
        ("freezing=lora freezing.target_modules=[]", "freezing.target_modules"),
        ("freezing=lora freezing.target_modules=[.*_proj]", "freezing.target_modules.0=.*_proj: "),
        ("training.accumulate=0", "training.accumulate=0: input should be greater than 0"),
        (
            "training.accumulate=4 task=dimensions",
            "training.accumulate=4: task.loss=ccc is computed over a whole batch, not as a mean over its parts",
        ),
        ("training.accumulate=2 head=batch_norm", "training.accumulate=2: head.batch_norm=true is computed over a"),
        ("training.accumulate=2 pooling=ecapa_tdnn", "training.accumulate=2: pooling=ecapa_tdnn is computed over a"),
        ("loss=focal loss.smoothing=0.1", "loss.focusing=2: smoothing and focusing are two losses: one of them is 0"),
        ("augmentation.transforms=[{type:echo}]", "augmentation.transforms.0.type=echo: allowed are "),
        (
            "model=wavlm pretune=it",
            "no checkpoint for model=wavlm pretune=it; there are wavlm x none."
            " Add one: +model.checkpoints.it=<hub id or folder>, or make checkpoints/wavlm-it: python -m ser.pretune"
            " model=wavlm pretune=it",
        ),
        (
            "dataset=manifest",
            "dataset.corpora.manifest.table has no value; give it one: dataset.corpora.manifest.table=",
        ),
        (
            "augmentation=impulse_response",
            "augmentation.transforms.0.folder has no value; give it one: augmentation.transforms.0.folder=...",
        ),
    ],
)
def test_mistake_is_named_with_what_is_allowed(compose, overrides, message):
    with pytest.raises(ConfigError) as raised:
        check(compose(*overrides.split(" ")), TrainSettings)
    assert message in str(raised.value)


@pytest.mark.parametrize("entry_point", ["train", "search", "pretune", "prepare", "probe", "audit", "synth"])
@pytest.mark.parametrize("value", [1e300, -1e300, 10**40, -(10**40), 1e-300, -1e-300])
def test_no_key_takes_a_number_of_any_size(entry_point, value):
    """Whatever the key means: numbers, texts, lists and folders."""
    taken = []
    for path in keys(whole(entry_point)):
        content = copy.deepcopy(whole(entry_point))
        inner = content
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        try:
            check(OmegaConf.create(content), schema(entry_point))
            taken.append(path)
        except ConfigError:
            continue
    assert taken == []


def test_key_that_yaml_does_not_read_as_text_is_named(compose):
    config = compose("dataset=manifest", "dataset.corpora.manifest.table=a.csv")
    with open_dict(config):
        config.dataset.corpora.manifest.labels = OmegaConf.create("{no: joy}")
    with pytest.raises(ConfigError, match=r"^dataset.corpora.manifest.labels: the key False is read as true or false;"):
        check(config, TrainSettings)


def test_labels_may_be_numbers(compose):
    """One that YAML reads as another number, 01 as 1, is refused when the labels are read (tests/test_labels.py)."""
    table = "dataset=manifest", "dataset.corpora.manifest.table=a.csv"
    settings = check(compose(*table, "dataset.corpora.manifest.labels={1: joy, 02: fear}"), TrainSettings)
    assert settings.dataset.corpora["manifest"].labels == {1: "joy", "02": "fear"}


def test_all_mistakes_are_named_at_once(compose):
    with pytest.raises(ConfigError) as raised:
        check(compose("training.epochs=0", "seed.split=-1", "+audio.channels=1"), TrainSettings)
    assert [line.strip().split(":")[0] for line in str(raised.value).splitlines()] == [
        "seed.split=-1",
        "unknown key audio.channels",
        "allowed in audio",
        "training.epochs=0",
    ]


def test_test_set_is_not_called_like_a_training_curve(compose):
    with pytest.raises(ConfigError, match="a test set cannot be called train"):
        check(compose("+corpus@dataset.corpora.train=emovo", "dataset.tests=[train]"), TrainSettings)


def test_a_pair_can_be_added_on_the_command_line(compose):
    settings = check(compose("model=wavlm", "pretune=it", "+model.checkpoints.it=owner/name"), TrainSettings)
    assert settings.checkpoint == "owner/name"


def test_settings_cannot_be_changed_after_the_check(compose):
    settings = check(compose(), TrainSettings)
    with pytest.raises(ValueError, match="frozen"):
        settings.training.epochs = 3


def test_options_of_a_reader_are_handed_on(compose):
    overrides = "dataset=manifest", "dataset.corpora.manifest.table=a.csv", "+dataset.corpora.manifest.votes=[joy]"
    corpus = check(compose(*overrides), TrainSettings).dataset.corpora["manifest"]
    assert {key: str(value) for key, value in corpus.options.items()} == {
        "table": "a.csv",
        "votes": "['joy']",
    }


@pytest.mark.parametrize(
    "override",
    [
        *("sweep=other", "sweeps_dir=elsewhere", "corpora_dir=elsewhere", "store_dir=elsewhere", "on_change=rerun"),
        *("trainer.accelerator=cpu", "trainer.threads=3", "trainer.evaluation_batch_size=1", "tracker=none"),
        *("seed=paper", "training.name=other", "dataset.corpora.emovo.root=elsewhere"),
        "training.gradient_checkpointing=true",
    ],
)
def test_where_and_how_a_cell_runs_is_no_science(compose, override):
    assert check(compose(override), TrainSettings).science() == check(compose(), TrainSettings).science()


@pytest.mark.parametrize(
    "override",
    [
        *("model=hubert", "pretune=it", "dataset=emodb", "dataset.tests=[emovo]", "seed.value=1", "seed.split=1"),
        *("audio.loudness_lufs=null", "augmentation=gain", "training.epochs=1", "numerics.precision=32-true"),
        *("augmentation.mode=union", "training.sampling=balanced", "pooling=max", "layers=one", "head=dropout"),
        *("freezing=lora", "training.accumulate=2"),
        *(
            "freezing=encoder",
            "loss=unweighted",
            "dataset.corpora.emovo.channel=1",
            "dataset.corpora.emovo.outside=refuse",
        ),
    ],
)
def test_what_changes_the_scores_is_science(compose, override):
    assert check(compose(override), TrainSettings).science() != check(compose(), TrainSettings).science()


def test_a_level_that_was_made_is_found_where_the_model_names_none(compose, tmp_path):
    made = tmp_path / "wavlm-it_1h"
    made.mkdir()
    settings = check(compose("model=wavlm", "pretune=it_1h", f"checkpoints_dir={tmp_path}"), TrainSettings)
    assert settings.checkpoint == str(made)


def test_a_checkpoint_that_the_model_names_comes_first(compose, tmp_path):
    (tmp_path / "hubert-it").mkdir()
    settings = check(compose("model=hubert", "pretune=it", f"checkpoints_dir={tmp_path}"), TrainSettings)
    assert settings.checkpoint == "jonatasgrosman/exp_w2v2t_it_hubert_s722"
