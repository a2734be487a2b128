"""Checkpoints that people have: a tiny good one, harmed."""

import functools
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.bad_input.case import Case
from tests.models import test_checkpoint as contents
from tests.models import test_loading as harms

GOOD: dict[str, Path] = {}
"""Set by the suite: a good checkpoint to copy."""


def _use(harm: Callable[[Path, Path], object], folder: Path) -> str:
    from ser.models.loading import load

    checkpoint, trap = folder / "encoder", folder / "trap"
    shutil.copytree(GOOD["wav2vec2"], checkpoint)
    harm(checkpoint, trap)
    try:
        load(str(checkpoint), "sdpa")
    finally:
        assert not trap.exists(), "code was run"
    return "loaded"


def _case(what: str, harm: Callable[[Path, Path], object]) -> Case:
    return Case("checkpoint", what, "refused", functools.partial(_use, harm), "encoder")


CASES = [
    _case("no folder", lambda folder, _: shutil.rmtree(folder)),
    _case("empty folder", lambda folder, _: (shutil.rmtree(folder), folder.mkdir())),
    _case("no weights", lambda folder, _: (folder / harms.WEIGHTS).unlink()),
    _case("weights that are cut (safetensors)", harms.cut_the_weights),
    _case("weights that are cut (.bin)", harms.cut_the_pickle),
    _case("config.json that is cut", harms.cut_the_configuration),
    _case("config.json of another size", harms.announce_more_layers),
    _case("a weight that is missing", harms.drop_a_weight),
    _case("a weight of another shape", harms.reshape_a_weight),
    _case("a weight that is NaN", harms.spoil_a_weight),
    _case("weights that Git LFS has not fetched", lambda folder, _: contents.point_to(harms.WEIGHTS, folder)),
    _case("an index that names a file elsewhere", contents.name_a_shard_outside),
    _case("another architecture", harms.save_another_architecture),
    _case("pickle with code in it", harms.put_code_in_the_pickle),
    _case("code beside the weights", harms.put_code_beside_the_weights),
]
