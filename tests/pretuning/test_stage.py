"""From transcribed speech to a checkpoint that anybody can load, interrupted or not."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from ser import records
from ser.errors import ConfigError, UserError
from ser.models.checkpoint import fingerprint
from ser.models.encoder import SpeechEncoder
from ser.models.pretraining_clips import read_pretraining, speaker_key
from ser.models.transcriber import Transcriber
from ser.pretune import pretune
from ser.pretuning.provenance import error_rates_of
from ser.pretuning.stage import TRANSCRIPTS, error_rates
from tests.pretuning.conftest import write_release

FILES = {
    *("config.json", "model.safetensors", "preprocessor_config.json", "processor_config.json", "tokenizer_config.json"),
    *("vocab.json", "README.md", "heard.json", "pretuning.json", "output.json"),
}


@pytest.fixture
def made(settings, tmp_path) -> Path:
    """A checkpoint, with the records beside it."""
    pretune(settings(), tmp_path / "records")
    return tmp_path / "made"


def test_a_checkpoint_is_a_folder_in_hub_layout_with_its_records_elsewhere(made, tmp_path):
    assert {path.name for path in made.iterdir()} == FILES
    assert [path.name for path in tmp_path.glob(".made*")] == []
    result = records.ResultRecord.read(tmp_path / "records")
    assert result.split == {"train": 32, "validation": 8, "unused": 0}
    assert [score.metric for score in result.scores] == ["cer", "wer"]
    assert not (tmp_path / "records" / records.CHECKPOINT).exists()
    heard = pd.read_parquet(tmp_path / "records" / TRANSCRIPTS)
    assert len(heard) == 8
    assert error_rates(heard) == result.scores
    assert error_rates_of(made).startswith("commonvoice CER ")
    assert len(records.read_curves(tmp_path / "records")) == 2


def test_it_transcribes_in_a_process_that_knows_transformers_alone(made, tmp_path, spelled):
    table = pd.read_parquet(tmp_path / "records" / TRANSCRIPTS)
    program = """
        import sys, json, soundfile, torch
        from transformers import AutoModelForCTC, AutoProcessor
        folder, clips = sys.argv[1], json.loads(sys.argv[2])
        model, processor = AutoModelForCTC.from_pretrained(folder), AutoProcessor.from_pretrained(folder)
        heard = []
        for clip in clips:
            inputs = processor(soundfile.read(clip)[0], sampling_rate=16000, return_tensors="pt")
            with torch.no_grad():
                heard += processor.batch_decode(model(**inputs).logits.argmax(-1))
        print(json.dumps([type(model).__name__, "ser" in sys.modules, heard]))
        """
    clips = json.dumps([str(spelled / path) for path in table["path"]])
    line = [sys.executable, "-c", textwrap.dedent(program), str(made), clips]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    kind, ours, heard = json.loads(done.stdout)
    assert (kind, ours) == ("Wav2Vec2ForCTC", False)
    assert heard == table["heard"].tolist()


def test_it_is_an_encoder_of_the_grid(made, tiny_checkpoint):
    encoder = SpeechEncoder(str(made), 16000)
    start = SpeechEncoder(str(tiny_checkpoint()), 16000)
    kernel, query = "feature_extractor.conv_layers.0.conv.weight", "encoder.layers.0.attention.q_proj.weight"
    assert torch.equal(encoder.model.get_parameter(kernel), start.model.get_parameter(kernel))
    assert not torch.equal(encoder.model.get_parameter(query), start.model.get_parameter(query))
    assert encoder.front_end.normalises == start.front_end.normalises


@pytest.mark.parametrize(("architecture", "norm"), [("hubert", "layer"), ("wav2vec2", "group"), ("wavlm", "layer")])
def test_every_architecture_is_made(settings, tmp_path, tiny_checkpoint, architecture, norm):
    start = tiny_checkpoint(architecture, "", norm)
    pretune(settings(f"model={architecture}", f"model.checkpoints.none={start}", "training.epochs=1"), tmp_path / "r")
    assert SpeechEncoder(str(tmp_path / "made"), 16000).model.config.model_type == architecture
    extractor = json.loads((tmp_path / "made" / "preprocessor_config.json").read_text())
    assert extractor["return_attention_mask"] == (norm == "layer")


def test_the_card_says_what_it_was_made_from(made):
    card = (made / "README.md").read_text()
    for told in ("language: it", "| commonvoice | CC0-1.0 | 40 |", "seed 0", "Trained on 0.01 h", "AutoModelForCTC"):
        assert told in card
    assert str(made.parent) not in card


def test_it_says_whom_it_has_heard(made):
    heard = read_pretraining(str(made))
    assert heard.speakers == {speaker_key("commonvoice", f"s{number}") for number in range(5)}
    assert len(heard.fingerprints) == 40


def test_what_the_start_had_heard_is_not_forgotten(made, settings, tmp_path):
    other = write_release(tmp_path / "other", [("s6", "abc"), ("s7", "cba dab"), ("s8", "hgf")])
    again = settings(
        *(f"model.checkpoints.none={made}", f"corpora.commonvoice.root={other}", f"output={tmp_path / 'again'}"),
        "training.validate_every_steps=2",
    )
    pretune(again, tmp_path / "records2")
    heard = read_pretraining(str(tmp_path / "again"))
    assert (len(heard.speakers), len(heard.fingerprints)) == (8, 43)


def test_the_same_again_is_the_same_checkpoint_and_another_seed_is_not(made, settings, tmp_path):
    prints = {fingerprint(str(made))}
    for name, seed in (("again", 0), ("other", 1)):
        pretune(settings(f"output={tmp_path / name}", f"seed.value={seed}"), tmp_path / f"records-{name}")
        prints.add(fingerprint(str(tmp_path / name)))
    assert len(prints) == 2


def test_what_is_made_is_not_made_again_and_what_has_changed_is_named(made, settings, tmp_path):
    before = {path.name: path.stat().st_mtime_ns for path in made.iterdir()}
    pretune(settings("trainer.evaluation_batch_size=4"), tmp_path / "records")
    assert {path.name: path.stat().st_mtime_ns for path in made.iterdir()} == before
    with pytest.raises(ConfigError, match=r"made from something else:\n *training.learning_rate: was 0.0001, is"):
        pretune(settings("training.learning_rate=1e-3"), tmp_path / "records")
    pretune(settings("training.learning_rate=1e-3", "on_change=rerun"), tmp_path / "records")
    parameters = records.ProvenanceRecord.read(made).parameters
    assert parameters["training.learning_rate"] == 1e-3
    assert {path.name for path in made.iterdir()} == FILES


def test_something_else_is_never_written_over(settings, tmp_path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="holds something that was not made here"):
        pretune(settings("on_change=rerun"), tmp_path / "records")
    assert (tmp_path / "made" / "thesis.txt").read_text() == "mine"


def test_a_file_that_was_edited_since_is_not_replaced(made, settings, tmp_path):
    (made / "README.md").write_text("# My own card")
    with pytest.raises(UserError, match=r"README.md has changed since ser.pretune wrote it"):
        pretune(settings("training.learning_rate=1e-3", "on_change=rerun"), tmp_path / "records")
    assert (made / "README.md").read_text() == "# My own card"


def test_a_checkpoint_that_is_made_anew_leaves_other_files(made, settings, tmp_path):
    (made / "thesis.txt").write_text("mine")
    pretune(settings("training.learning_rate=1e-3", "on_change=rerun"), tmp_path / "records")
    assert records.ProvenanceRecord.read(made).parameters["training.learning_rate"] == 1e-3
    assert (made / "thesis.txt").read_text() == "mine"


class KilledError(Exception):
    """Stands for SIGKILL: nothing after it runs."""


@pytest.mark.parametrize(("killed_at", "precision"), [(1, "32-true"), (3, "32-true"), (2, "bf16-mixed")])
def test_an_interrupted_one_goes_on_bit_for_bit(settings, tmp_path, monkeypatch, killed_at, precision):
    def run(name: str, last: int | None = None) -> Path:
        wanted = settings("training.epochs=4", f"output={tmp_path / name}", f"numerics.precision={precision}")

        def kill(module: Transcriber, *_: object) -> None:
            if len(records.read_curves(tmp_path / f"records-{name}")) == last:
                raise KilledError

        monkeypatch.setattr(Transcriber, "on_train_batch_start", kill, raising=False)
        pretune(wanted, tmp_path / f"records-{name}")
        return tmp_path / name

    one = run("one")
    with pytest.raises(KilledError):
        run("two", killed_at)
    assert (tmp_path / "records-two" / records.CHECKPOINT).is_file()
    assert not (tmp_path / "two").exists()
    two = run("two")
    assert fingerprint(str(one)) == fingerprint(str(two))
    curves = [[row["metrics"] for row in records.read_curves(tmp_path / f"records-{name}")] for name in ("one", "two")]
    assert curves[0] == curves[1]
    assert len(curves[0]) == 4


def test_a_failure_is_kept(settings, tmp_path):
    with pytest.raises(UserError, match="/not/there: no such folder"):
        pretune(settings("model.checkpoints.none=/not/there"), tmp_path / "records")
    assert records.state(tmp_path / "records") == "failed"


def test_clips_of_real_speech_are_transcribed_to_the_end(settings, tmp_path, real_corpora):
    root = tmp_path / "few"
    lines = (real_corpora / "CommonVoice-it" / "validated.tsv").read_text(encoding="utf-8").splitlines()[:9]
    root.mkdir()
    (root / "clips").symlink_to(real_corpora / "CommonVoice-it" / "clips")
    (root / "validated.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pretune(settings(f"corpora.commonvoice.root={root}", "training.validate_every_steps=1"), tmp_path / "records")
    losses = [row["metrics"]["validation/loss"] for row in records.read_curves(tmp_path / "records")]
    assert np.isfinite(losses).all()
    assert soundfile.info(next((root / "clips").iterdir())).samplerate >= 16000


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.learning_rate=1e25", r"training diverged at step \d+: .* lower training.learning_rate=1e\+25 or"),
        ("training.validate_every_steps=100000000", r"training has 8 steps \(2 epochs of 4\)"),
    ],
)
def test_no_checkpoint_is_made_of_a_training_without_a_result(settings, tmp_path, override, message):
    with pytest.raises(UserError, match=message):
        pretune(settings(override, "training.gradient_clip_norm=null"), tmp_path / "records")
    assert not (tmp_path / "made").exists()
    assert records.state(tmp_path / "records") == "failed"
