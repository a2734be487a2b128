from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from ser.audio.augmentation import build_augmentation
from ser.audio.settings import AugmentationSettings

FILES = sorted((Path(__file__).parents[2] / "conf" / "augmentation").glob("*.yaml"))
GAIN = {"type": "gain", "probability": 0.5, "gain_db": [-6, 6]}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_option_of_the_group_is_valid_and_named_as_its_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "recording.wav").touch()
    settings = AugmentationSettings.model_validate(yaml.safe_load(file.read_text().replace("???", str(tmp_path))))
    assert settings.name == file.stem
    assert (build_augmentation(settings, sample_rate=16000, seed=0) is None) == (file.stem == "none")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"gain_dB": [-6, 6]}, r"gain_dB\n\s+unknown key"),
        ({"probability": 1.5}, "less than or equal to 1"),
        ({"probability": 0}, "greater than 0"),
        ({"gain_db": [6, -6]}, r"lower limit comes first and is smaller.*got \[6.0, -6.0\]"),
        ({"gain_db": [0, float("inf")]}, "finite number"),
        ({"gain_db": 3}, "valid tuple"),
        ({"type": "reverb"}, "allowed are coloured_noise, pitch_shift, gain"),
        ({"type": "pitch_shift", "semitones": [-3, 13]}, "less than or equal to 12"),
        ({"type": "time_mask", "max_fraction": 1.0}, "less than 1"),
        ({"type": "background_noise", "snr_db": [3, 20]}, r"folder\n\s+Field required"),
    ],
)
def test_impossible_values_are_refused(changed: dict[str, Any], message: str) -> None:
    transform = GAIN | changed
    if transform["type"] != "gain":
        del transform["gain_db"]
    with pytest.raises(ValidationError, match=message):
        AugmentationSettings.model_validate({"name": "made", "mode": "on_the_fly", "transforms": [transform]})


def test_unknown_keys_of_the_group_are_refused() -> None:
    with pytest.raises(ValidationError, match="shuffle"):
        AugmentationSettings.model_validate(
            {"name": "made", "mode": "on_the_fly", "transforms": [GAIN], "shuffle": True}
        )
