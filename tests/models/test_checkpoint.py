import contextlib
import functools
import hashlib
import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ser.errors import CheckpointError
from ser.models.checkpoint import check_folder, fingerprint, parse
from ser.models.checkpoint_files import extractor_of
from ser.models.loading import load


def test_revision_stands_behind_the_id():
    assert parse("facebook/wav2vec2-base") == ("facebook/wav2vec2-base", None)
    assert parse("facebook/wav2vec2-base@v1") == ("facebook/wav2vec2-base", "v1")


def test_folder_has_no_revision(tmp_path):
    folder = tmp_path / "model@home"
    folder.mkdir()
    assert parse(str(folder)) == (str(folder), None)


@pytest.mark.parametrize("checkpoint", ["nowhere", "/nowhere/at/all", "./owner/name", "~/model", "../name", "a/b/c"])
def test_what_is_neither_folder_nor_id_is_said_to_be_so(checkpoint):
    with pytest.raises(CheckpointError, match=rf"^checkpoint {checkpoint}: no such folder, and no hub id either"):
        check_folder(checkpoint)


def test_folder_must_hold_configuration_and_weights(copied):
    folder = copied()
    check_folder(str(folder))
    (folder / "model.safetensors").rename(folder / "weights.safetensors")
    with pytest.raises(CheckpointError, match="no weights in it; expected one of model"):
        check_folder(str(folder))
    (folder / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"no config.json in it"):
        check_folder(str(folder))


def test_fingerprint_is_of_the_content_and_not_of_the_place(copied, tmp_path):
    folder = copied()
    before = fingerprint(str(folder))
    os.utime(folder / "config.json", (0, 0))
    assert fingerprint(str(folder)) == before
    assert fingerprint(str(folder.rename(tmp_path / "elsewhere"))) == before


@pytest.mark.parametrize("nested", [[1], "16 kHz", 0])
def test_extractor_that_is_no_mapping_has_no_settings(copied, nested):
    folder = copied()
    (folder / "processor_config.json").write_text(json.dumps({"feature_extractor": nested}))
    assert extractor_of(folder) == {}


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "preprocessor_config.json"])
def test_fingerprint_changes_with_every_file(copied, file):
    folder = copied()
    before = fingerprint(str(folder))
    content = bytearray((folder / file).read_bytes())
    content[-3] ^= 1
    (folder / file).write_bytes(content)
    os.utime(folder / file, (1, 1))  # a clock that is too coarse to see it
    assert fingerprint(str(folder)) != before


def save_the_extractor_in_the_processor(folder: Path) -> None:
    """As newer checkpoints of the hub have it: `preprocessor_config.json` beside it is not read."""
    extractor = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "processor_config.json").write_text(json.dumps({"feature_extractor": extractor, "sampling_rate": 8000}))


def save_a_processor_without_an_extractor(folder: Path) -> None:
    (folder / "processor_config.json").write_text('{"processor_class": "Wav2Vec2Processor"}')


def save_as_pickle(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def save_in_shards(folder: Path, suffix: str = "safetensors", name: str = "shard{}") -> None:
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = {weight: f"{name.format(number % 2)}.{suffix}" for number, weight in enumerate(weights)}
    for shard in set(names.values()):
        part = {weight: weights[weight] for weight in weights if names[weight] == shard}
        (folder / shard).parent.mkdir(exist_ok=True)
        if suffix == "bin":
            torch.save(part, folder / shard)
        else:
            save_file(part, folder / shard, metadata={"format": "pt"})
    index = "pytorch_model.bin" if suffix == "bin" else "model.safetensors"
    content = {"metadata": {"total_size": 1}, "weight_map": names}
    (folder / f"{index}.index.json").write_text(json.dumps(content))


DECOYS = (
    *("README.md", "vocab.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json"),
    *("model.fp16.safetensors", "model-00001-of-00001.safetensors", "pytorch_model.bin", "pytorch_model-x.bin"),
    *("training_args.bin", "optimizer.pt", "preprocessor.json", "model.safetensors.index.json.bak"),
)
"""Files that people have beside a checkpoint."""
LAYOUTS = {
    "usual": lambda folder: None,
    "processor": save_the_extractor_in_the_processor,
    "processor without extractor": save_a_processor_without_an_extractor,
    "pickle": save_as_pickle,
    "shards": save_in_shards,
    "shards in a folder": lambda folder: save_in_shards(folder, name="parts/model{}"),
    "shards as pickles": lambda folder: save_in_shards(folder, "bin"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_fingerprint_is_of_the_files_that_transformers_reads_and_of_no_others(copied, layout):
    """A file is read if transformers cannot load the checkpoint when that file is damaged."""
    folder = copied()
    LAYOUTS[layout](folder)
    for name in DECOYS:
        if not (folder / name).exists() and not (name == "pytorch_model.bin" and "pickle" in layout):
            (folder / name).write_bytes(b"{}")
    load(str(folder), "sdpa")
    before = fingerprint(str(folder))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    read = []
    for path in files:
        content = path.read_bytes()
        path.write_bytes(b"{damaged")
        with contextlib.suppress(CheckpointError):
            load(str(folder), "sdpa")
            assert fingerprint(str(folder)) == before, f"{path.name} is not read"
            path.write_bytes(content)
            continue
        assert fingerprint(str(folder)) != before, f"{path.name} is read"
        path.write_bytes(content)
        read.append(path.name)
    assert 3 <= len(read) <= 5, read


def test_fingerprint_of_a_usual_checkpoint_is_that_of_earlier_versions(tmp_path):
    """Hash of the names, sizes and contents in order of the names, so that finished cells keep their signatures."""
    files = {"config.json": b"{}", "model.safetensors": b"weights", "preprocessor_config.json": b"[]"}
    digest = hashlib.blake2b(digest_size=16)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    assert fingerprint(str(tmp_path)) == digest.hexdigest()


def name_a_shard_outside(folder: Path, _: Path, name: str = "../outside") -> None:
    outside = folder.parent / "outside.safetensors"
    save_in_shards(folder)
    (folder / "shard1.safetensors").rename(outside)
    (folder / "link.safetensors").symlink_to(outside)
    index = folder / "model.safetensors.index.json"
    index.write_text(index.read_text().replace("shard1", name.format(folder=folder)))


@pytest.mark.parametrize("name", ["../outside", "{folder}/../outside", "link"])
def test_shard_outside_the_folder_is_refused(copied, name):
    folder = copied()
    name_a_shard_outside(folder, folder, name)
    for refuse in (check_folder, lambda checkpoint: load(checkpoint, "sdpa")):
        with pytest.raises(
            CheckpointError, match=r"model.safetensors.index.json names .*, which is outside the folder"
        ):
            refuse(str(folder))
    fingerprint(str(folder))


def test_shard_that_is_a_link_into_the_cache_of_the_hub_is_loaded(copied, tmp_path):
    folder = copied()
    save_in_shards(folder)
    snapshot = tmp_path / "models--owner--name/snapshots/0123"
    snapshot.parent.mkdir(parents=True)
    folder.rename(snapshot)
    blobs = tmp_path / "models--owner--name/blobs"
    blobs.mkdir()
    (snapshot / "shard1.safetensors").rename(blobs / "abc")
    (snapshot / "shard1.safetensors").symlink_to("../../blobs/abc")
    load(str(snapshot), "sdpa")


def break_the_index(folder: Path) -> None:
    save_in_shards(folder)
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a":')


def name_no_files_in_the_index(folder: Path) -> None:
    save_in_shards(folder)
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": 1}}')


def lose_a_shard(folder: Path) -> None:
    save_in_shards(folder)
    (folder / "shard0.safetensors").unlink()


def point_to(name: str, folder: Path) -> None:
    (folder / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")


def point_to_a_shard(folder: Path) -> None:
    save_in_shards(folder)
    point_to("shard1.safetensors", folder)


def configure(key: str, value: object, folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {key: value}))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (break_the_index, "model.safetensors.index.json is damaged"),
        (name_no_files_in_the_index, "model.safetensors.index.json is damaged"),
        (lose_a_shard, "shard0.safetensors, which model.safetensors.index.json names, is missing"),
        (functools.partial(point_to, "model.safetensors"), "model.safetensors is a pointer of Git LFS.* lfs pull"),
        (functools.partial(point_to, "config.json"), "config.json is a pointer of Git LFS.* lfs pull"),
        (point_to_a_shard, "shard1.safetensors is a pointer of Git LFS.* lfs pull"),
        (lambda folder: (folder / "adapter_config.json").write_text("{}"), "adapter_config.json names another"),
        (functools.partial(configure, "transformers_weights", "other.safetensors"), "transformers_weights in config"),
        (functools.partial(configure, "configuration_files", ["config.4.0.0.json"]), "configuration_files in config"),
    ],
)
def test_folder_that_does_not_hold_its_own_files_is_refused_before_it_is_loaded(copied, harm, message):
    folder = copied()
    harm(folder)
    with pytest.raises(CheckpointError, match=message) as raised:
        check_folder(str(folder))
    assert str(raised.value).startswith(f"checkpoint {folder}: ")
    fingerprint(str(folder))
